/** What stands behind a backslash. Source: RE2's syntax. */
import { type CharSet, CODE_POINT_MAX, category, complement, digit, space, word } from "./char-set.ts"
import { PatternError } from "./syntax.ts"

export interface Escape {
  readonly set: CharSet
  /** Where the text goes on. */
  readonly end: number
}

const classes: ReadonlyMap<string, CharSet> = new Map([
  ["d", digit],
  ["D", complement(digit)],
  ["s", space],
  ["S", complement(space)],
  ["w", word],
  ["W", complement(word)],
])

const controls: ReadonlyMap<string, number> = new Map([
  ["a", 7],
  ["f", 12],
  ["n", 10],
  ["r", 13],
  ["t", 9],
  ["v", 11],
])

const one = (point: number, end: number): Escape => {
  if (!(point <= CODE_POINT_MAX)) throw new PatternError("an escape is beyond the last code point")
  return { set: [[point, point]], end }
}

const unicodeClass = (source: string, at: number): Escape => {
  const match = /^[pP](?:\{(\^?)([A-Za-z]{1,20})\}|([A-Za-z]))/.exec(source.slice(at, at + 25))
  const name = match?.[2] ?? match?.[3]
  const set = name === undefined ? undefined : category(name)
  if (match === null || set === undefined) {
    throw new PatternError("only general categories are supported in \\p{...}")
  }
  const negated = (source.charAt(at) === "P") !== (match[1] === "^")
  return { set: negated ? complement(set) : set, end: at + match[0].length }
}

/** The escape whose letter is at `at`. Fails with PatternError. */
export const escapeAt = (source: string, at: number): Escape => {
  const char = String.fromCodePoint(source.codePointAt(at) ?? 0)
  const known = classes.get(char)
  if (known !== undefined) return { set: known, end: at + 1 }
  const control = controls.get(char)
  if (control !== undefined) return one(control, at + 1)
  if (char === "p" || char === "P") return unicodeClass(source, at)
  if (char === "x") {
    const hex = /^x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,8})\})/.exec(source.slice(at, at + 11))
    if (hex === null) throw new PatternError("\\x needs two hexadecimal digits, or braces")
    return one(Number.parseInt(hex[1] ?? hex[2] ?? "", 16), at + hex[0].length)
  }
  const octal = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(source.slice(at, at + 3))
  if (octal !== null) return one(Number.parseInt(octal[0], 8), at + octal[0].length)
  if (at >= source.length) throw new PatternError("a backslash ends the expression")
  if (/[A-Za-z0-9]/.test(char)) throw new PatternError(`\\${char} is not supported`)
  return one(char.codePointAt(0) ?? 0, at + char.length)
}
