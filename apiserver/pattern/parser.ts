/**
 * Regular expressions in RE2's syntax, read into a tree. Look-around and back-references do not exist in it, which
 * is what makes matching linear. Source: RE2's syntax as Go's `regexp` accepts it.
 */

import { charClassAt } from "./char-class.ts"
import { any, anyButNewline, type CharSet, foldCase } from "./char-set.ts"
import { escapeAt } from "./escapes.ts"
import { GROUP_DEPTH_MAX, PATTERN_LENGTH_MAX, REPEAT_MAX } from "./limits.ts"
import { type Assertion, type Expression, PatternError } from "./syntax.ts"

interface Flags {
  readonly ignoreCase: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
}

const noFlags: Flags = { ignoreCase: false, multiline: false, dotAll: false }
const empty: Expression = { kind: "empty" }

const assertions: ReadonlyMap<string, Assertion> = new Map([
  ["A", "textStart"],
  ["z", "textEnd"],
  ["b", "wordBoundary"],
  ["B", "noWordBoundary"],
])

const flagsFrom = (flags: Flags, text: string): Flags => {
  let [ignoreCase, multiline, dotAll] = [flags.ignoreCase, flags.multiline, flags.dotAll]
  let value = true
  for (const char of text) {
    if (char === "-") value = false
    else if (char === "i") ignoreCase = value
    else if (char === "m") multiline = value
    else if (char === "s") dotAll = value
  }
  return { ignoreCase, multiline, dotAll }
}

class Parser {
  readonly #source: string
  #at = 0
  #flags = noFlags
  #depth = 0

  constructor(source: string) {
    this.#source = source
  }

  whole(): Expression {
    const expression = this.#choice()
    if (this.#at < this.#source.length) throw new PatternError("a ) closes nothing")
    return expression
  }

  get #char(): string {
    return this.#source.charAt(this.#at)
  }

  #choice(): Expression {
    const options = [this.#sequence()]
    while (this.#char === "|") {
      this.#at++
      options.push(this.#sequence())
    }
    return options.length === 1 ? (options[0] ?? empty) : { kind: "choice", options }
  }

  #sequence(): Expression {
    const parts: Expression[] = []
    while (this.#at < this.#source.length && this.#char !== "|" && this.#char !== ")") {
      parts.push(this.#repeated(this.#atom()))
    }
    return parts.length === 1 ? (parts[0] ?? empty) : { kind: "sequence", parts }
  }

  #repeated(body: Expression): Expression {
    const bounds = this.#bounds()
    if (bounds === undefined) return body
    const lazy = this.#char === "?"
    if (lazy) this.#at++
    if (this.#bounds() !== undefined) throw new PatternError("a repetition repeats a repetition")
    return { kind: "repeat", body, min: bounds.min, max: bounds.max, lazy }
  }

  #bounds(): { readonly min: number; readonly max: number } | undefined {
    switch (this.#char) {
      case "*":
        this.#at++
        return { min: 0, max: Number.POSITIVE_INFINITY }
      case "+":
        this.#at++
        return { min: 1, max: Number.POSITIVE_INFINITY }
      case "?":
        this.#at++
        return { min: 0, max: 1 }
      case "{":
        return this.#counts()
      default:
        return undefined
    }
  }

  /** `{2}`, `{2,}` or `{2,5}`; any other brace is a literal. */
  #counts(): { readonly min: number; readonly max: number } | undefined {
    const match = /^\{(\d{1,9})(,(\d{0,9}))?\}/.exec(this.#source.slice(this.#at, this.#at + 22))
    if (match === null) return undefined
    this.#at += match[0].length
    const min = Number(match[1])
    const open = match[2] !== undefined && match[3] === ""
    const max = match[2] === undefined ? min : open ? Number.POSITIVE_INFINITY : Number(match[3])
    if (min > REPEAT_MAX || (!open && max > REPEAT_MAX)) {
      throw new PatternError(`a repetition counts beyond ${REPEAT_MAX}`)
    }
    if (max < min) throw new PatternError("a repetition ends before it begins")
    return { min, max }
  }

  #chars(set: CharSet): Expression {
    return { kind: "chars", set: this.#flags.ignoreCase ? foldCase(set) : set }
  }

  #atom(): Expression {
    const char = String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0)
    switch (char) {
      case "(":
        return this.#group()
      case "[": {
        const { set, end } = charClassAt(this.#source, this.#at, this.#flags.ignoreCase)
        this.#at = end
        return { kind: "chars", set }
      }
      case "\\":
        return this.#escape()
      case "*":
      case "+":
      case "?":
        throw new PatternError(`${char} has nothing to repeat`)
    }
    this.#at += char.length
    switch (char) {
      case ".":
        return { kind: "chars", set: this.#flags.dotAll ? any : anyButNewline }
      case "^":
        return { kind: "assert", assertion: this.#flags.multiline ? "lineStart" : "textStart" }
      case "$":
        return { kind: "assert", assertion: this.#flags.multiline ? "lineEnd" : "textEnd" }
      default: {
        const point = char.codePointAt(0) ?? 0
        return this.#chars([[point, point]])
      }
    }
  }

  #escape(): Expression {
    const letter = this.#source.charAt(this.#at + 1)
    const assertion = assertions.get(letter)
    if (assertion !== undefined) {
      this.#at += 2
      return { kind: "assert", assertion }
    }
    if (letter === "Q") return this.#literal()
    const { set, end } = escapeAt(this.#source, this.#at + 1)
    this.#at = end
    return this.#chars(set)
  }

  /** `\Q...\E`: as it stands. */
  #literal(): Expression {
    const start = this.#at + 2
    const found = this.#source.indexOf("\\E", start)
    const end = found < 0 ? this.#source.length : found
    this.#at = found < 0 ? end : end + 2
    const parts = [...this.#source.slice(start, end)].map((char): Expression => {
      const point = char.codePointAt(0) ?? 0
      return this.#chars([[point, point]])
    })
    return { kind: "sequence", parts }
  }

  #group(): Expression {
    const outer = this.#flags
    this.#at++
    if (this.#char === "?") {
      const head = /^\?(?:P?<[A-Za-z_][A-Za-z0-9_]*>|([imsU]*(?:-[imsU]+)?)([:)]))/.exec(
        this.#source.slice(this.#at, this.#at + 200),
      )
      if (head === null) throw new PatternError("a group of this kind is not supported")
      this.#at += head[0].length
      if (head[1] !== undefined) this.#flags = flagsFrom(outer, head[1])
      if (head[2] === ")") return empty
    }
    if (++this.#depth > GROUP_DEPTH_MAX) throw new PatternError(`groups nest deeper than ${GROUP_DEPTH_MAX}`)
    const inner = this.#choice()
    if (this.#char !== ")") throw new PatternError("a ( is not closed")
    this.#at++
    this.#depth--
    this.#flags = outer
    return inner
  }
}

/** The tree of an expression. Fails with PatternError. */
export const parsePattern = (source: string): Expression => {
  if (source.length > PATTERN_LENGTH_MAX) {
    throw new PatternError(`it is longer than ${PATTERN_LENGTH_MAX} characters`)
  }
  return new Parser(source).whole()
}
