/** Regular expressions of the places in expressions that match texts. */
import { compilePattern, type Pattern, PatternError } from "../pattern/index.ts"
import { EvaluationError } from "./evaluation-error.ts"

/** Patterns for one place in an expression: the last one is kept, since most places have but one. */
export const patterns = (): ((source: string) => Pattern) => {
  let last: { readonly source: string; readonly pattern: Pattern } | undefined
  return (source) => {
    if (last?.source === source) return last.pattern
    try {
      last = { source, pattern: compilePattern(source) }
      return last.pattern
    } catch (error) {
      if (error instanceof PatternError) throw new EvaluationError(`error parsing regexp: ${error.message}`)
      throw error
    }
  }
}
