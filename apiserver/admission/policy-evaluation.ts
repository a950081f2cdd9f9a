/** One policy evaluated for one request with one object of parameters. Source: policy/validating/validator. */
import type { Attributes, VersionedObjects } from "./attributes.ts"
import { type Bindings, type Budget, type Evaluated, type Expression, LazyFields } from "./expression.ts"
import { limits } from "./limits.ts"
import type { Policy, Validation } from "./policy.ts"

/** A rule that is false, or could not be evaluated where that refuses. */
export interface Violation {
  /** Of the validation in the policy. */
  readonly index: number
  readonly message: string
  readonly reason: string
}

export interface Annotation {
  readonly key: string
  readonly value: string
}

export interface PolicyOutcome {
  readonly violations: ReadonlyArray<Violation>
  readonly annotations: ReadonlyArray<Annotation>
  /** Refuses whatever the binding's actions are. */
  readonly failures: ReadonlyArray<string>
}

const nothing: PolicyOutcome = { violations: [], annotations: [], failures: [] }

/** `variables`: each evaluated at most once, when it is first asked for. */
const variablesOf = ({ variables }: Policy, bindings: () => Bindings): LazyFields => {
  const known = new Map<string, Evaluated>()
  const evaluate = (name: string, budget: Budget): Evaluated => {
    const variable = variables.find((candidate) => candidate.name === name)
    if (variable === undefined) return { ok: false, error: `no such key: ${name}` }
    return variable.expression.evaluate(bindings(), budget)
  }
  return new LazyFields(
    variables.map(({ name }) => name),
    (name, budget) => {
      const before = known.get(name)
      if (before !== undefined) return before
      const outcome = evaluate(name, budget)
      const told: Evaluated = outcome.ok
        ? outcome
        : { ok: false, error: `composited variable "${name}" fails to evaluate: ${outcome.error}` }
      known.set(name, told)
      return told
    },
  )
}

const errorText = ({ source }: Expression, error: string): string =>
  `expression '${source}' resulted in error: ${error}`

const messageOf = (validation: Validation, bindings: Bindings, budget: Budget): string => {
  const outcome = validation.messageExpression?.evaluate(bindings, budget)
  if (outcome?.ok === true && typeof outcome.value === "string") {
    const text = outcome.value.trim()
    if (text !== "" && text.length <= limits.messageCharactersMax && !text.includes("\n")) return text
  }
  return validation.message === ""
    ? `failed expression: ${validation.expression.source.trim()}`
    : validation.message
}

/** The variables of one evaluation: those of the request, `params`, and `variables`. */
const bindingsFor = (policy: Policy, request: Bindings, params: ReturnType<Bindings>): Bindings => {
  const own: Bindings = (name) => {
    if (name === "variables") return variables
    return name === "params" ? params : request(name)
  }
  const variables = variablesOf(policy, () => own)
  return own
}

export interface PolicyInput {
  readonly attributes: Attributes
  readonly objects: VersionedObjects
  readonly request: Bindings
  readonly params: ReturnType<Bindings>
}

export const evaluatePolicy = (policy: Policy, input: PolicyInput): PolicyOutcome => {
  const bindings = bindingsFor(policy, input.request, input.params)
  const fails = policy.failurePolicy === "Fail"
  const condition = policy.conditions.evaluate(input.attributes, input.objects, bindings)
  if (condition === false) return nothing
  if (condition !== true) {
    return fails ? { ...nothing, violations: [{ index: 0, message: condition.error, reason: "" }] } : nothing
  }
  const budget: Budget = { remaining: limits.policyBudget }
  const violations: Violation[] = []
  for (const [index, validation] of policy.validations.entries()) {
    const outcome = validation.expression.evaluate(bindings, budget)
    if (!outcome.ok) {
      if (fails)
        violations.push({ index, message: errorText(validation.expression, outcome.error), reason: "" })
    } else if (outcome.value !== true) {
      violations.push({ index, message: messageOf(validation, bindings, budget), reason: validation.reason })
    }
  }
  return { violations, ...annotationsOf(policy, bindings, fails) }
}

const annotationsOf = (
  policy: Policy,
  bindings: Bindings,
  fails: boolean,
): Pick<PolicyOutcome, "annotations" | "failures"> => {
  const budget: Budget = { remaining: limits.policyBudget }
  const annotations: Annotation[] = []
  const failures: string[] = []
  for (const { key, expression } of policy.auditAnnotations) {
    const outcome = expression.evaluate(bindings, budget)
    if (!outcome.ok) {
      if (fails) failures.push(errorText(expression, outcome.error))
    } else if (typeof outcome.value === "string" && outcome.value.trim() !== "") {
      annotations.push({ key, value: outcome.value.trim().slice(0, limits.auditAnnotationCharactersMax) })
    }
  }
  return { annotations, failures }
}
