/** The standard functions of texts and sizes. */
import { lengthOf } from "../code-points.ts"
import { type Call, type Functions, member, type Overload, overload } from "../environment.ts"
import { noSuchOverload } from "../evaluation-error.ts"
import { textOf } from "../narrowing.ts"
import { patterns } from "../site-pattern.ts"
import type { Type } from "../type.ts"
import * as t from "../type.ts"
import { CelList, CelMap, type Value } from "../value.ts"

const a = t.parameter("A")
const b = t.parameter("B")

const size = (value: Value): Value => {
  if (typeof value === "string") return lengthOf(value)
  if (value instanceof CelList || value instanceof CelMap) return value.size
  if (value instanceof Uint8Array) return value.length
  throw noSuchOverload()
}

const sizes: ReadonlyArray<readonly [string, Type]> = [
  ["string", t.string],
  ["bytes", t.bytes],
  ["list", t.listOf(a)],
  ["map", t.mapOf(a, b)],
]

type Constants = ReadonlyArray<Value | undefined>

const matching = (constants: Constants = []): Call => {
  const patternOf = patterns(constants[1])
  return (text, pattern) => patternOf(textOf(pattern)).test(textOf(text))
}

const matches = (id: string, isMember: boolean): Overload => ({
  id,
  member: isMember,
  params: [t.string, t.string],
  result: t.bool,
  call: matching(),
  bind: matching,
})

const textTest = (id: string, test: (text: string, part: string) => boolean): Overload =>
  member(id, [t.bool, t.string, t.string], (text, part) => test(textOf(text), textOf(part)))

export const texts: Functions = {
  size: sizes.flatMap(([suffix, type]) => [
    overload(`size_${suffix}`, [t.int, type], size),
    member(`${suffix}_size`, [t.int, type], size),
  ]),
  contains: [textTest("contains_string", (text, part) => text.includes(part))],
  startsWith: [textTest("starts_with_string", (text, part) => text.startsWith(part))],
  endsWith: [textTest("ends_with_string", (text, part) => text.endsWith(part))],
  matches: [matches("matches", false), matches("matches_string", true)],
}
