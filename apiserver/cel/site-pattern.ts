/** Regular expressions of the places in expressions that match texts. */
import { compilePattern, type Pattern, PatternError, patternProblem } from "../pattern/index.ts"
import { spend } from "./effort.ts"
import { EvaluationError } from "./evaluation-error.ts"
import type { Value } from "./value.ts"

/** What compiling an expression counts as. */
const COMPILE_STEPS = 10_000

/** Undefined for what is no pattern, or none that is known yet. */
const compiledAhead = (source: Value | undefined): Compiled | undefined => {
  if (typeof source !== "string" || patternProblem(source) !== undefined) return undefined
  return { source, pattern: compilePattern(source) }
}

interface Compiled {
  readonly source: string
  readonly pattern: Pattern
}

/**
 * Patterns for one place in an expression: a constant one is compiled ahead, of others the last is kept.
 * Fails with an evaluation error for what is no pattern.
 */
export const patterns = (constant: Value | undefined): ((source: string) => Pattern) => {
  let last = compiledAhead(constant)
  return (source) => {
    if (last?.source === source) return last.pattern
    spend(COMPILE_STEPS)
    try {
      last = { source, pattern: compilePattern(source) }
      return last.pattern
    } catch (error) {
      if (error instanceof PatternError) throw new EvaluationError(`error parsing regexp: ${error.message}`)
      throw error
    }
  }
}
