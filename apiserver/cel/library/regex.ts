/** `find` and `findAll`. Source: Kubernetes' regex library. */
import { ArrayList } from "../collection.ts"
import { spendOnText } from "../effort.ts"
import type { Call, Functions, Overload } from "../environment.ts"
import { offsetOf, textOf } from "../narrowing.ts"
import { patterns } from "../site-pattern.ts"
import type { Type } from "../type.ts"
import * as t from "../type.ts"
import type { Value } from "../value.ts"

type Constants = ReadonlyArray<Value | undefined>

const find = (constants: Constants = []): Call => {
  const patternOf = patterns(constants[1])
  return (value, source) => {
    const text = textOf(value)
    const match = patternOf(textOf(source)).find(text)
    return match === undefined ? "" : text.slice(match.start, match.end)
  }
}

/** Matches from left to right; an empty one counts unless it touches the one before. */
const findAll = (constants: Constants = []): Call => {
  const patternOf = patterns(constants[1])
  return (value, source, limit) => {
    const text = textOf(value)
    const pattern = patternOf(textOf(source))
    const most = limit === undefined ? -1 : offsetOf(limit)
    const found: string[] = []
    let lastEnd = -1
    for (let from = 0; from <= text.length && (most < 0 || found.length < most); ) {
      const match = pattern.find(text, from)
      if (match === undefined) break
      spendOnText(match.read - from)
      const { start, end } = match
      if (end > start || start !== lastEnd) found.push(text.slice(start, end))
      lastEnd = end
      from = end > start ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1)
    }
    return new ArrayList(found)
  }
}

const site = (
  id: string,
  [result, ...params]: readonly [Type, ...Type[]],
  bind: (constants?: Constants) => Call,
): Overload => ({
  id,
  member: true,
  params,
  result,
  call: bind(),
  bind,
})

export const regex: Functions = {
  find: [site("string_find_string", [t.string, t.string, t.string], find)],
  findAll: [
    site("string_find_all_string", [t.listOf(t.string), t.string, t.string], findAll),
    site("string_find_all_string_int", [t.listOf(t.string), t.string, t.string, t.int], findAll),
  ],
}
