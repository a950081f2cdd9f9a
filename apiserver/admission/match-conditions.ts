/** Conditions in CEL that must all hold for a webhook or a policy to be asked. Source: webhook/matchconditions. */
import { type Bindings, MATCH_CONDITIONS_COST_MAX } from "../cel/index.ts"
import type { MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import { type Budget, type Expression, type ExpressionScope, evaluate, expressionOf } from "./expression.ts"

/** Whether all conditions hold; an error when none is false and one could not be evaluated. */
export type Held = boolean | { readonly error: string }

export interface MatchConditions {
  /** Bindings are made only where there are conditions. */
  hold(bindings: () => Bindings): Held
}

/** What the conditions of webhooks and policies may name. */
export const conditionScope = (hasParams: boolean): ExpressionScope => ({
  hasParams,
  hasAuthorizer: true,
  variables: undefined,
})

const always: MatchConditions = { hold: () => true }

const holds = (expression: Expression, bindings: Bindings, budget: Budget): Held => {
  const outcome = evaluate(expression, bindings, budget)
  return outcome.ok ? outcome.value === true : { error: outcome.error }
}

export const matchConditionsOf = (
  conditions: ReadonlyArray<MutableObject>,
  scope: ExpressionScope,
): MatchConditions => {
  if (conditions.length === 0) return always
  const expressions = conditions.map((condition) =>
    expressionOf(stringOf(condition, "expression").trim(), scope, "bool"),
  )
  return {
    hold: (make) => {
      const bindings = make()
      const budget = { remaining: MATCH_CONDITIONS_COST_MAX }
      const outcomes = expressions.map((expression) => holds(expression, bindings, budget))
      if (outcomes.includes(false)) return false
      return outcomes.find((outcome) => typeof outcome === "object") ?? true
    },
  }
}
