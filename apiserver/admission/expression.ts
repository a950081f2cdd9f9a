/**
 * The seam to CEL: expressions of admission, compiled once, evaluated with a budget. What admission knows of the language
 * is here.
 */
import type { Json } from "../../schemas/index.ts"

/** An object whose fields are computed when they are asked for. */
export class LazyFields {
  readonly names: ReadonlyArray<string>
  readonly field: (name: string, budget: Budget) => Evaluated
  constructor(names: ReadonlyArray<string>, field: (name: string, budget: Budget) => Evaluated) {
    this.names = names
    this.field = field
  }
}

/** The values of variables by name, made when they are asked for. */
export type Bindings = (variable: string) => Json | LazyFields | undefined

/** What several expressions may cost together. */
export interface Budget {
  remaining: number
}

export type Evaluated =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly error: string }

export interface Expression {
  readonly source: string
  evaluate(bindings: Bindings, budget: Budget): Evaluated
}

/** An expression that could not be compiled is one that fails. */
const broken = (source: string, error: string): Expression => ({
  source,
  evaluate: () => ({ ok: false, error }),
})

export type ResultKind = "bool" | "string" | "stringOrNull" | "any"

export interface ExpressionSource {
  readonly source: string
  readonly variables: ReadonlyArray<string>
  /** The fields of `variables`, where there is one. */
  readonly composed?: ReadonlyArray<string>
  readonly result: ResultKind
}

export type Compiled =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly error: string }

export const compileExpression = ({ source }: ExpressionSource): Compiled => ({
  ok: false,
  error: `compilation failed: ${source}`,
})

/** The expression, compiled; one that cannot be fails whenever it is evaluated. */
export const expressionOf = (source: ExpressionSource): Expression => {
  const compiled = compileExpression(source)
  return compiled.ok ? compiled.expression : broken(source.source, compiled.error)
}
