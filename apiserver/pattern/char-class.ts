/** Bracketed classes: `[a-z\d[:alpha:]]`. */
import { type CharSet, charSet, complement, foldCase, posix } from "./char-set.ts"
import { type Escape, escapeAt } from "./escapes.ts"
import { PatternError } from "./syntax.ts"

const unclosed = (): PatternError => new PatternError("a [ is not closed")

const elementAt = (source: string, at: number): Escape => {
  const point = source.codePointAt(at)
  if (point === undefined) throw unclosed()
  const char = String.fromCodePoint(point)
  return char === "\\" ? escapeAt(source, at + 1) : { set: [[point, point]], end: at + char.length }
}

const posixAt = (source: string, at: number): Escape | undefined => {
  const match = /^\[:(\^?)([a-z]{1,10}):\]/.exec(source.slice(at, at + 16))
  if (match === null) return undefined
  const set = posix.get(match[2] ?? "")
  if (set === undefined) throw new PatternError(`there is no class ${match[0]}`)
  return { set: match[1] === "^" ? complement(set) : set, end: at + match[0].length }
}

const single = (set: CharSet): number => {
  const [only, ...more] = set
  if (only === undefined || more.length > 0 || only[0] !== only[1]) {
    throw new PatternError("a class cannot be the end of a range")
  }
  return only[0]
}

/** The class whose `[` is at `at`. Fails with PatternError. */
export const charClassAt = (source: string, at: number, ignoreCase: boolean): Escape => {
  const negated = source.charAt(at + 1) === "^"
  const ranges: (readonly [number, number])[] = []
  const first = at + (negated ? 2 : 1)
  let next = first
  while (source.charAt(next) !== "]" || next === first) {
    if (next >= source.length) throw unclosed()
    const named = posixAt(source, next)
    const element = named ?? elementAt(source, next)
    next = element.end
    const dash = source.charAt(next) === "-" && source.charAt(next + 1) !== "]"
    if (!dash || named !== undefined) {
      ranges.push(...element.set)
      continue
    }
    const from = single(element.set)
    const end = elementAt(source, next + 1)
    const to = single(end.set)
    if (to < from) throw new PatternError("a range in a class ends before it begins")
    ranges.push([from, to])
    next = end.end
  }
  const set = charSet(ranges)
  const folded = ignoreCase ? foldCase(set) : set
  return { set: negated ? complement(folded) : folded, end: next + 1 }
}
