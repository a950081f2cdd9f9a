/** The seam to CEL: expressions of admission, compiled once, evaluated within a budget that several share. */
import {
  admissionVariables,
  type Bindings,
  CALL_COST_MAX,
  compileExpression,
  type Evaluation,
  type Type,
  type Value,
  type VariableType,
} from "../cel/index.ts"

/** What several expressions may still cost together. */
export interface Budget {
  remaining: number
}

export type Evaluated =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: string }

export interface Expression {
  readonly source: string
  /** Of what it gives; undefined when it could not be compiled. */
  readonly type: Type | undefined
  /** Why it cannot be used; undefined when it can. */
  readonly problem: string | undefined
  run(bindings: Bindings, budget: Budget): Evaluation
}

export type ResultKind = "bool" | "string" | "stringOrNull" | "any"

export interface ExpressionScope {
  readonly hasParams: boolean
  readonly hasAuthorizer: boolean
  /** Types of the policy's own variables; undefined where it cannot have any. */
  readonly variables: { readonly [name: string]: Type } | undefined
  /** Better types of what the scope has. */
  readonly typed?: { readonly [name: string]: VariableType }
}

const resultProblem = (type: Type, result: ResultKind): string | undefined => {
  if (result === "any" || type.kind === "dyn" || type.kind === result) return undefined
  if (result !== "stringOrNull") return `must evaluate to ${result}`
  return type.kind === "string" || type.kind === "null"
    ? undefined
    : "must evaluate to one of [string null_type]"
}

const broken = (source: string, problem: string): Expression => ({
  source,
  type: undefined,
  problem,
  run: () => ({ kind: "error", message: problem, cost: 0 }),
})

/** The expression, compiled. One that has a problem fails whenever it is run. */
export const expressionOf = (source: string, scope: ExpressionScope, result: ResultKind): Expression => {
  const { hasParams, hasAuthorizer, variables, typed } = scope
  const options = { hasParams, hasAuthorizer, ...(variables === undefined ? {} : { variables }) }
  const compiled = compileExpression({ source, variables: { ...admissionVariables(options), ...typed } })
  if (compiled.kind === "error") return broken(source, compiled.message)
  const problem = resultProblem(compiled.resultType, result)
  if (problem !== undefined) return broken(source, problem)
  return {
    source,
    type: compiled.resultType,
    problem: undefined,
    run: (bindings, budget) => {
      const outcome = compiled.evaluate(bindings, Math.min(CALL_COST_MAX, budget.remaining))
      budget.remaining = Math.max(0, budget.remaining - outcome.cost)
      return outcome
    },
  }
}

/** Runs it; the error says which expression failed. Source: admission/plugin/cel, ForInput. */
export const evaluate = (expression: Expression, bindings: Bindings, budget: Budget): Evaluated => {
  const outcome = expression.run(bindings, budget)
  if (outcome.kind === "value") return { ok: true, value: outcome.value }
  if (outcome.kind === "exceeded" && budget.remaining === 0)
    return {
      ok: false,
      error: "validation failed due to running out of cost budget, no further validation rules will be run",
    }
  return { ok: false, error: `expression '${expression.source}' resulted in error: ${outcome.message}` }
}
