/** An expression as a non-deterministic automaton: a flat list of instructions. */
import type { CharSet } from "./char-set.ts"
import { PROGRAM_LENGTH_MAX } from "./limits.ts"
import { type Assertion, type Expression, PatternError } from "./syntax.ts"

/** Of a split, `next` is preferred to `other`: that tells which of several matches is the match. */
export type Instruction =
  | { readonly op: "chars"; readonly set: CharSet; next: number }
  | { readonly op: "assert"; readonly assertion: Assertion; next: number }
  | { readonly op: "split"; next: number; other: number }
  | { readonly op: "match" }

export interface Program {
  readonly instructions: ReadonlyArray<Instruction>
  readonly start: number
}

/** Emits backwards: each piece is told where to go on, and answers where it begins. */
class Emitter {
  readonly instructions: Instruction[] = []

  emit(instruction: Instruction): number {
    if (this.instructions.length >= PROGRAM_LENGTH_MAX)
      throw new PatternError("it is too large when written out")
    return this.instructions.push(instruction) - 1
  }

  expression(expression: Expression, next: number): number {
    switch (expression.kind) {
      case "empty":
        return next
      case "chars":
        return this.emit({ op: "chars", set: expression.set, next })
      case "assert":
        return this.emit({ op: "assert", assertion: expression.assertion, next })
      case "sequence":
        return expression.parts.reduceRight((after, part) => this.expression(part, after), next)
      case "choice":
        return this.#choice(expression.options, next)
      case "repeat":
        return this.#repeat(expression, next)
    }
  }

  #choice(options: ReadonlyArray<Expression>, next: number): number {
    const starts = options.map((option) => this.expression(option, next))
    return starts.reduceRight((other, start) => this.emit({ op: "split", next: start, other }))
  }

  #repeat({ body, min, max, lazy }: Expression & { readonly kind: "repeat" }, next: number): number {
    let start = next
    if (max === Number.POSITIVE_INFINITY) {
      const loop: Instruction = { op: "split", next, other: next }
      start = this.emit(loop)
      loop[lazy ? "other" : "next"] = this.expression(body, start)
    } else {
      for (let count = min; count < max; count++) {
        const before = this.instructions.length
        const once = this.expression(body, start)
        start = this.emit(
          lazy ? { op: "split", next, other: once } : { op: "split", next: once, other: next },
        )
        if (this.instructions.length === before + 1) break
      }
    }
    for (let count = 0; count < min; count++) {
      const before = this.instructions.length
      start = this.expression(body, start)
      if (this.instructions.length === before) break
    }
    return start
  }
}

/** Fails with PatternError when the program gets too long. */
export const programOf = (expression: Expression): Program => {
  const emitter = new Emitter()
  const match = emitter.emit({ op: "match" })
  return { start: emitter.expression(expression, match), instructions: emitter.instructions }
}
