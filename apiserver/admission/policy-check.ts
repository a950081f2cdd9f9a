/** All policies that a request concerns, and what becomes of it. Source: policy/validating/dispatcher. */
import type { Authorizer } from "../authorizer.ts"
import type { RegistryContext } from "../registry/context.ts"
import type { Attributes, VersionedObjects } from "./attributes.ts"
import { annotateAudit } from "./audit-annotations.ts"
import { requestBindings, withBindings } from "./bindings.ts"
import { type ConstraintMatch, matchObject } from "./constraint.ts"
import { paramsOf } from "./params.ts"
import type { Binding, Policy } from "./policy.ts"
import { evaluatePolicy, type Violation } from "./policy-evaluation.ts"
import { policyDenied } from "./refusal.ts"

/** A policy that is about a kind of request, with the bindings that put it in force for it. */
export interface MatchedPolicy {
  readonly policy: Policy
  readonly match: ConstraintMatch
  readonly bindings: ReadonlyArray<{ readonly binding: Binding; readonly match: ConstraintMatch }>
}

interface Denial {
  readonly message: string
  readonly reason: string
}

const failureKey = "validation.policy.admission.k8s.io/validation_failure"

/** What is gathered over the bindings of one policy. */
class PolicyRun {
  readonly denials: Denial[] = []
  readonly #policy: Policy
  readonly #attributes: Attributes
  readonly #notes = new Map<string, Set<string>>()

  constructor(policy: Policy, attributes: Attributes) {
    this.#policy = policy
    this.#attributes = attributes
  }

  deny(binding: Binding | undefined, { message, reason }: Denial): void {
    const where = binding === undefined ? "" : ` with binding '${binding.name}'`
    this.denials.push({
      message: `ValidatingAdmissionPolicy '${this.#policy.name}'${where} denied request: ${message}`,
      reason,
    })
  }

  violated(binding: Binding, violation: Violation): void {
    const { call } = this.#attributes.request
    for (const action of binding.actions) {
      if (action === "Deny") this.deny(binding, violation)
      else if (action === "Warn") {
        call.warnings.push(
          `Validation failed for ValidatingAdmissionPolicy '${this.#policy.name}' with binding '${binding.name}': ` +
            violation.message,
        )
      } else if (action === "Audit")
        annotateAudit(call.request, failureKey, this.#failure(binding, violation))
    }
  }

  #failure(binding: Binding, { message, index }: Violation): string {
    return JSON.stringify([
      {
        message,
        policy: this.#policy.name,
        binding: binding.name,
        expressionIndex: index,
        validationActions: binding.actions,
      },
    ])
  }

  note(key: string, value: string): void {
    const known = this.#notes.get(key)
    if (known === undefined) this.#notes.set(key, new Set([value]))
    else known.add(value)
  }

  publish(): void {
    for (const [key, values] of this.#notes) {
      const { request } = this.#attributes.request.call
      annotateAudit(request, `${this.#policy.name}/${key}`, [...values].join(", "))
    }
  }
}

export interface PolicyCheckOptions {
  readonly context: RegistryContext
  readonly authorizer: Authorizer
}

const runBinding = async (
  { context, authorizer }: PolicyCheckOptions,
  run: PolicyRun,
  input: {
    readonly policy: Policy
    readonly binding: Binding
    readonly attributes: Attributes
    readonly objects: VersionedObjects
  },
): Promise<void> => {
  const { policy, binding, attributes, objects } = input
  const found = await paramsOf(context, { policy, binding }, attributes.request.target.namespace)
  if (!found.ok) {
    if (policy.failurePolicy === "Ignore") return
    const message = `failed to configure ${found.owner}: ${found.error}`
    run.deny(found.owner === "policy" ? undefined : binding, { message, reason: "" })
    return
  }
  const request = requestBindings(authorizer, attributes, objects)
  for (const params of found.params) {
    const outcome = evaluatePolicy(policy, withBindings(request, { params }))
    for (const violation of outcome.violations) run.violated(binding, violation)
    for (const message of outcome.failures) run.deny(binding, { message, reason: "" })
    for (const { key, value } of outcome.annotations) run.note(key, value)
  }
}

/** Rejects with the first denial. */
export const checkPolicies = async (
  options: PolicyCheckOptions,
  policies: ReadonlyArray<MatchedPolicy>,
  attributes: Attributes,
): Promise<void> => {
  const denials: Denial[] = []
  for (const { policy, match, bindings } of policies) {
    if (!matchObject(policy.constraint, match, attributes)) continue
    const run = new PolicyRun(policy, attributes)
    const objects = await attributes.in(match.version)
    for (const bound of bindings) {
      if (!matchObject(bound.binding.constraint, bound.match, attributes)) continue
      await runBinding(options, run, { policy, binding: bound.binding, attributes, objects })
    }
    run.publish()
    denials.push(...run.denials)
  }
  const [first] = denials
  if (first !== undefined) throw policyDenied(attributes, first.message, first.reason)
}
