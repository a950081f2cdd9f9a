/**
 * Regular expressions from outside, safe to run on text from outside.
 *
 * Guarantees: RE2's syntax and meaning (schemas and rules are written for Go's); time linear in the text; memory
 * bounded. Start with {@link compilePattern}.
 */
import { Matcher } from "./matcher.ts"
import { parsePattern } from "./parser.ts"
import { programOf } from "./program.ts"
import { PatternError } from "./syntax.ts"

export interface Pattern {
  /** Whether the text has a match anywhere. */
  test(text: string): boolean
}

/** Fails with PatternError. */
export const compilePattern = (source: string): Pattern => new Matcher(programOf(parsePattern(source)))

/** What is wrong with an expression, undefined when it compiles. */
export const patternProblem = (source: string): string | undefined => {
  try {
    programOf(parsePattern(source))
    return undefined
  } catch (error) {
    if (error instanceof PatternError) return error.message
    throw error
  }
}
