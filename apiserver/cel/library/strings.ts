/** Positions, parts and cases of texts. Source: cel-go's strings extension. */
import { lengthOf, pointIndex, unitOffset } from "../code-points.ts"
import { ArrayList } from "../collection.ts"
import { spendOnText } from "../effort.ts"
import { type Functions, member, overload } from "../environment.ts"
import { EvaluationError } from "../evaluation-error.ts"
import { listOfValue, offsetOf, textOf } from "../narrowing.ts"
import * as t from "../type.ts"
import type { Value } from "../value.ts"
import { formatText } from "./text-format.ts"

const outOfRange = (index: number): EvaluationError => new EvaluationError(`index out of range: ${index}`)

/** The offset in units of an index that may be the text's length, no more. */
const offsetIn = (text: string, index: Value | undefined): number => {
  const at = offsetOf(index)
  if (at < 0 || at > lengthOf(text)) throw outOfRange(at)
  return unitOffset(text, at)
}

const charAt = (text: string, index: Value | undefined): string => {
  const offset = offsetIn(text, index)
  const point = text.codePointAt(offset)
  return point === undefined ? "" : String.fromCodePoint(point)
}

const indexOf = (text: string, part: string, from?: Value): number =>
  pointIndex(text, text.indexOf(part, from === undefined ? 0 : offsetIn(text, from)))

const lastIndexOf = (text: string, part: string, from?: Value): number => {
  const offset = from === undefined ? text.length : offsetIn(text, from)
  return pointIndex(text, text.lastIndexOf(part, offset))
}

const substring = (text: string, start: Value | undefined, end?: Value): string => {
  const from = offsetIn(text, start)
  if (end === undefined) return text.slice(from)
  const to = offsetIn(text, end)
  if (from > to) {
    throw new EvaluationError(`invalid substring range. start: ${offsetOf(start)}, end: ${offsetOf(end)}`)
  }
  return text.slice(from, to)
}

/** Replaces the first `limit` occurrences, all when it is negative; an empty part occurs before each code point. */
const replace = (text: string, [part, by]: readonly [string, string], limit: number): string => {
  const places = part === "" ? text.length + 1 : text.split(part).length - 1
  spendOnText(text.length + (limit < 0 ? places : Math.min(places, limit)) * by.length)
  if (limit < 0)
    return part === "" ? [...text].map((char) => by + char).join("") + by : text.replaceAll(part, () => by)
  if (part === "") {
    const chars = [...text]
    const head = chars.slice(0, limit).map((char) => by + char)
    return head.join("") + (limit > chars.length ? by : chars.slice(limit).join(""))
  }
  const pieces = text.split(part)
  const joined = pieces.slice(0, limit + 1).join(by)
  return pieces.length > limit + 1 ? [joined, ...pieces.slice(limit + 1)].join(part) : joined
}

/** Splits into at most `limit` pieces, any number when it is negative. */
const split = (text: string, separator: string, limit: number): ReadonlyArray<string> => {
  if (limit === 0) return []
  if (limit === 1) return [text]
  const pieces = separator === "" ? [...text] : text.split(separator)
  if (limit < 0 || pieces.length <= limit) return pieces
  return [...pieces.slice(0, limit - 1), pieces.slice(limit - 1).join(separator)]
}

const join = (list: Value | undefined, separator: string): string => {
  const texts: string[] = []
  for (const item of listOfValue(list)) {
    const text = textOf(item)
    spendOnText(text.length + separator.length)
    texts.push(text)
  }
  return texts.join(separator)
}

const reverse = (text: string): string => {
  spendOnText(text.length)
  return [...text].reverse().join("")
}

/** White space as Unicode has it, which is less than what JavaScript trims. */
const trim = (text: string): string =>
  text.replace(/^[\p{White_Space}]+/u, "").replace(/(?<![\p{White_Space}])[\p{White_Space}]+$/u, "")

const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
const upperAscii = (text: string): string => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())

const escapes: ReadonlyMap<string, string> = new Map([
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
  ['"', '\\"'],
])

const quote = (text: string): string =>
  `"${[...text.toWellFormed()].map((char) => escapes.get(char) ?? char).join("")}"`

const { string, int } = t
const texts = t.listOf(string)
const textList = (items: ReadonlyArray<string>): Value => new ArrayList(items)

export const strings: Functions = {
  charAt: [member("string_char_at_int", [string, string, int], (text, index) => charAt(textOf(text), index))],
  indexOf: [
    member("string_index_of_string", [int, string, string], (text, part) =>
      indexOf(textOf(text), textOf(part)),
    ),
    member("string_index_of_string_int", [int, string, string, int], (text, part, from) =>
      indexOf(textOf(text), textOf(part), from),
    ),
  ],
  lastIndexOf: [
    member("string_last_index_of_string", [int, string, string], (text, part) =>
      lastIndexOf(textOf(text), textOf(part)),
    ),
    member("string_last_index_of_string_int", [int, string, string, int], (text, part, from) =>
      lastIndexOf(textOf(text), textOf(part), from),
    ),
  ],
  substring: [
    member("string_substring_int", [string, string, int], (text, start) => substring(textOf(text), start)),
    member("string_substring_int_int", [string, string, int, int], (text, start, end) =>
      substring(textOf(text), start, end),
    ),
  ],
  replace: [
    member("string_replace_string_string", [string, string, string, string], (text, part, by) =>
      replace(textOf(text), [textOf(part), textOf(by)], -1),
    ),
    member(
      "string_replace_string_string_int",
      [string, string, string, string, int],
      (text, part, by, limit) => replace(textOf(text), [textOf(part), textOf(by)], offsetOf(limit)),
    ),
  ],
  split: [
    member("string_split_string", [texts, string, string], (text, separator) =>
      textList(split(textOf(text), textOf(separator), -1)),
    ),
    member("string_split_string_int", [texts, string, string, int], (text, separator, limit) =>
      textList(split(textOf(text), textOf(separator), offsetOf(limit))),
    ),
  ],
  join: [
    member("list_join", [string, texts], (list) => join(list, "")),
    member("list_join_string", [string, texts, string], (list, separator) => join(list, textOf(separator))),
  ],
  lowerAscii: [member("string_lower_ascii", [string, string], (text) => lowerAscii(textOf(text)))],
  upperAscii: [member("string_upper_ascii", [string, string], (text) => upperAscii(textOf(text)))],
  trim: [member("string_trim", [string, string], (text) => trim(textOf(text)))],
  reverse: [member("string_reverse", [string, string], (text) => reverse(textOf(text)))],
  format: [
    member("string_format", [string, string, t.listOf(t.dyn)], (text, args) =>
      formatText(textOf(text), listOfValue(args)),
    ),
  ],
  "strings.quote": [overload("strings_quote", [string, string], (text) => quote(textOf(text)))],
}
