/** Sets of code points as sorted, disjoint, inclusive ranges. */
export type CharSet = ReadonlyArray<readonly [number, number]>

export const CODE_POINT_MAX = 0x10ffff

/** Any ranges, made sorted and disjoint. */
export const charSet = (ranges: CharSet): CharSet => {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0])
  const merged: [number, number][] = []
  for (const [from, to] of sorted) {
    const last = merged.at(-1)
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged
}

export const complement = (set: CharSet): CharSet => {
  const rest: [number, number][] = []
  let next = 0
  for (const [from, to] of set) {
    if (from > next) rest.push([next, from - 1])
    next = to + 1
  }
  if (next <= CODE_POINT_MAX) rest.push([next, CODE_POINT_MAX])
  return rest
}

const code = (char: string): number => char.codePointAt(0) ?? 0
const range = (from: string, to: string): readonly [number, number] => [code(from), code(to)]

export const digit: CharSet = [range("0", "9")]
export const word: CharSet = [range("0", "9"), range("A", "Z"), range("_", "_"), range("a", "z")]
export const space: CharSet = [range("\t", "\n"), range("\f", "\r"), range(" ", " ")]
export const newline: CharSet = [range("\n", "\n")]
export const any: CharSet = [[0, CODE_POINT_MAX]]
export const anyButNewline = complement(newline)

export const posix: ReadonlyMap<string, CharSet> = new Map([
  ["alnum", [range("0", "9"), range("A", "Z"), range("a", "z")]],
  ["alpha", [range("A", "Z"), range("a", "z")]],
  ["ascii", [[0, 0x7f]]],
  ["blank", [range("\t", "\t"), range(" ", " ")]],
  [
    "cntrl",
    [
      [0, 0x1f],
      [0x7f, 0x7f],
    ],
  ],
  ["digit", digit],
  ["graph", [range("!", "~")]],
  ["lower", [range("a", "z")]],
  ["print", [range(" ", "~")]],
  ["punct", [range("!", "/"), range(":", "@"), range("[", "`"), range("{", "~")]],
  ["space", [range("\t", "\r"), range(" ", " ")]],
  ["upper", [range("A", "Z")]],
  ["word", word],
  ["xdigit", [range("0", "9"), range("A", "F"), range("a", "f")]],
] satisfies ReadonlyArray<readonly [string, CharSet]>)

const categories = new Map<string, CharSet>()

/** The code points of a Unicode general category (`L`, `Lu`); undefined when there is no such. */
export const category = (name: string): CharSet | undefined => {
  if (!/^[CLMNPSZ][a-z]?$/.test(name)) return undefined
  const known = categories.get(name)
  if (known !== undefined) return known
  let member: RegExp
  try {
    member = new RegExp(`^\\p{${name}}$`, "u")
  } catch {
    return undefined
  }
  const ranges: [number, number][] = []
  for (let point = 0; point <= CODE_POINT_MAX; point++) {
    if (!member.test(String.fromCodePoint(point))) continue
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === point - 1) last[1] = point
    else ranges.push([point, point])
  }
  categories.set(name, ranges)
  return ranges
}

const FOLDED_RANGE_MAX = 1_000

/** The set with the other case of each of its letters; of very large ranges only ASCII's. */
export const foldCase = (set: CharSet): CharSet => {
  const folded: [number, number][] = []
  for (const [from, to] of set) {
    folded.push([from, to])
    const last = to - from > FOLDED_RANGE_MAX ? Math.min(to, 0x7f) : to
    for (let point = from; point <= last; point++) {
      const char = String.fromCodePoint(point)
      for (const other of [char.toLowerCase(), char.toUpperCase()]) {
        const [single, ...more] = other
        if (single !== undefined && more.length === 0) folded.push([code(single), code(single)])
      }
    }
  }
  return charSet(folded)
}
