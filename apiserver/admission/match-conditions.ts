/** Conditions in CEL that must all hold for a webhook or a policy to be asked. Source: webhook/matchconditions. */
import type { MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import type { Attributes, VersionedObjects } from "./attributes.ts"
import { requestBindings } from "./bindings.ts"
import { type Bindings, type Budget, type Expression, expressionOf } from "./expression.ts"
import { limits } from "./limits.ts"

export interface MatchConditions {
  /** Whether all hold; an error when none is false and one could not be evaluated. */
  evaluate(attributes: Attributes, objects: VersionedObjects, given?: Bindings): Outcome
}

/** The variables of the conditions of webhooks, and of policies. */
export const conditionVariables = {
  webhook: ["object", "oldObject", "request", "authorizer"],
  policy: ["object", "oldObject", "request", "authorizer", "namespaceObject"],
  policyWithParams: ["object", "oldObject", "request", "authorizer", "namespaceObject", "params"],
} as const

const always: MatchConditions = { evaluate: () => true }

type Outcome = boolean | { readonly error: string }

const holds = (expression: Expression, bindings: Bindings, budget: Budget): Outcome => {
  const outcome = expression.evaluate(bindings, budget)
  if (outcome.ok) return outcome.value === true
  return { error: `expression '${expression.source}' resulted in error: ${outcome.error}` }
}

export const matchConditionsOf = (
  conditions: ReadonlyArray<MutableObject>,
  owner: keyof typeof conditionVariables,
): MatchConditions => {
  if (conditions.length === 0) return always
  const variables = conditionVariables[owner]
  const expressions = conditions.map((condition) =>
    expressionOf({ source: stringOf(condition, "expression"), variables, result: "bool" }),
  )
  return {
    evaluate: (attributes, objects, given) => {
      const budget = { remaining: limits.conditionsBudget }
      const bindings = given ?? requestBindings(attributes, objects)
      const outcomes = expressions.map((expression) => holds(expression, bindings, budget))
      if (outcomes.includes(false)) return false
      return outcomes.find((outcome) => typeof outcome === "object") ?? true
    },
  }
}
