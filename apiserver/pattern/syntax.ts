/** The syntax tree of a regular expression. */
import type { CharSet } from "./char-set.ts"

export type Assertion = "textStart" | "textEnd" | "lineStart" | "lineEnd" | "wordBoundary" | "noWordBoundary"

export type Expression =
  | { readonly kind: "empty" }
  | { readonly kind: "chars"; readonly set: CharSet }
  | { readonly kind: "assert"; readonly assertion: Assertion }
  | { readonly kind: "sequence"; readonly parts: ReadonlyArray<Expression> }
  | { readonly kind: "choice"; readonly options: ReadonlyArray<Expression> }
  | {
      readonly kind: "repeat"
      readonly body: Expression
      readonly min: number
      readonly max: number
      /** Prefers fewer; matters only for where a match ends. */
      readonly lazy: boolean
    }

/** What is wrong with an expression, in one sentence. */
export class PatternError extends Error {
  override readonly name = "PatternError"
}
