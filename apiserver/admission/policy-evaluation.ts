/** One policy evaluated for one request with one object of parameters. Source: policy/validating/validator. */
import { type Bindings, ComputedValues, OBJECT_COST_MAX } from "../cel/index.ts"
import { withBindings } from "./bindings.ts"
import { type Budget, evaluate } from "./expression.ts"
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
  /** Annotations that could not be made, where that refuses: whatever the binding's actions are. */
  readonly failures: ReadonlyArray<string>
}

const nothing: PolicyOutcome = { violations: [], annotations: [], failures: [] }

/** The bindings with `variables`: each evaluated at most once, when it is first asked for. */
const withVariables = ({ variables }: Policy, bindings: Bindings, budget: Budget): Bindings => {
  const computed: ComputedValues = new ComputedValues((name) =>
    variables.find((variable) => variable.name === name)?.expression.run(all, budget),
  )
  const all = withBindings(bindings, { variables: computed })
  return all
}

const messageOf = (validation: Validation, bindings: Bindings, budget: Budget): string => {
  const { message, messageExpression, expression } = validation
  if (messageExpression !== undefined) {
    const outcome = evaluate(messageExpression, bindings, budget)
    const text = outcome.ok && typeof outcome.value === "string" ? outcome.value.trim() : ""
    if (text !== "" && text.length <= limits.messageCharactersMax && !text.includes("\n")) return text
  }
  return message === "" ? `failed expression: ${expression.source.trim()}` : message
}

const violationsOf = (policy: Policy, bindings: Bindings, budget: Budget): ReadonlyArray<Violation> =>
  policy.validations.flatMap((validation, index): ReadonlyArray<Violation> => {
    const outcome = evaluate(validation.expression, bindings, budget)
    if (outcome.ok) {
      if (outcome.value === true) return []
      return [{ index, message: messageOf(validation, bindings, budget), reason: validation.reason }]
    }
    return policy.failurePolicy === "Fail" ? [{ index, message: outcome.error, reason: "" }] : []
  })

const annotationsOf = (
  policy: Policy,
  bindings: Bindings,
  budget: Budget,
): Pick<PolicyOutcome, "annotations" | "failures"> => {
  const annotations: Annotation[] = []
  const failures: string[] = []
  for (const { key, expression } of policy.auditAnnotations) {
    const outcome = evaluate(expression, bindings, budget)
    if (!outcome.ok) {
      if (policy.failurePolicy === "Fail") failures.push(outcome.error)
    } else if (typeof outcome.value === "string" && outcome.value.trim() !== "") {
      annotations.push({ key, value: outcome.value.trim().slice(0, limits.auditAnnotationCharactersMax) })
    }
  }
  return { annotations, failures }
}

/** What a policy finds; the bindings are those of the request, and `params`. */
export const evaluatePolicy = (policy: Policy, given: Bindings): PolicyOutcome => {
  const condition = policy.conditions.hold(() => given)
  if (condition === false) return nothing
  if (condition !== true) {
    if (policy.failurePolicy === "Ignore") return nothing
    return { ...nothing, violations: [{ index: 0, message: condition.error, reason: "" }] }
  }
  const budget: Budget = { remaining: OBJECT_COST_MAX }
  const bindings = withVariables(policy, given, budget)
  return {
    violations: violationsOf(policy, bindings, budget),
    ...annotationsOf(policy, bindings, { remaining: OBJECT_COST_MAX }),
  }
}
