/**
 * Regular expressions from outside, safe to run on text from outside.
 *
 * Guarantees: RE2's syntax and meaning (schemas and rules are written for Go's); time linear in the text; memory
 * bounded. Start with {@link compilePattern}.
 */
import { Finder, type Match } from "./finder.ts"
import { Matcher } from "./matcher.ts"
import { parsePattern } from "./parser.ts"
import { programOf } from "./program.ts"
import { PatternError } from "./syntax.ts"

export interface Pattern {
  /** Whether the text has a match anywhere. */
  test(text: string): boolean
  /** The leftmost match at or behind an offset: of several that begin there, the one that Perl would find. */
  find(text: string, from?: number): Match | undefined
}

/** Fails with PatternError. */
export const compilePattern = (source: string): Pattern => {
  const program = programOf(parsePattern(source))
  const matcher = new Matcher(program)
  let finder: Finder | undefined
  return {
    test: (text) => matcher.test(text),
    find: (text, from = 0) => {
      finder ??= new Finder(program)
      return finder.find(text, from)
    },
  }
}

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
