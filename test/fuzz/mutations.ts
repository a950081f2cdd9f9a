/** Values that nobody expects, and documents with some of them in place of what was there. */
import fc from "fast-check"
import type { Json } from "../../schemas/index.ts"

/** A number as JSON text that no JavaScript number holds: written out by {@link jsonText}. */
const raw = (text: string): string => `@@raw:${text}@@`

export const jsonText = (value: unknown): string =>
  JSON.stringify(value).replace(/"@@raw:([^"@]*)@@"/g, (_, text: string) => text.replaceAll("'", '"'))

const nested = (depth: number): Json => {
  let value: Json = "x"
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? { a: value } : [value]
  return value
}

const oddStrings = [
  "",
  " ",
  "a",
  "A",
  "x y",
  "a_b",
  "a..b",
  "-a",
  "a/b",
  "a/b/c",
  "*",
  "../..",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\udfff\ud800",
  "\u202e",
  "é",
  "😀",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "true",
  "0",
  "-1",
  "1e999",
  "100m",
  "1Ki",
  "1E",
  "9223372036854775807",
  "9223372036854775808",
  "2030-01-01T00:00:00Z",
  "2030-13-99T99:99:99.123456Z",
  "10.0.0.1",
  "::ffff:1",
  "v1",
  "default",
  "example.com/a",
  "$patch",
  "replace",
  "(a+)+$",
  "[",
  "\\",
  "{{",
  "a\nb",
  "eA==",
  "====",
  "%00",
  "%",
]
const longStrings = [63, 64, 253, 254, 1_025, 5_000].map((length) => "x".repeat(length))

const oddNumbers = [
  0, 1, -1, 2, 1.5, -0.1, 80, 65_535, 65_536, 2_147_483_647, 2_147_483_648, -2_147_483_649, 4_294_967_296,
  9_007_199_254_740_991, 9_007_199_254_740_992, 9_223_372_036_854_776_000, 1e21, 1e308, -1e308, 5e-324,
]
const rawNumbers = [
  "1e999",
  "-1e999",
  "123456789012345678901234567890",
  "-0",
  "0.0",
  "1E400",
  "9223372036854775808",
]

/** Of any code points, lone surrogates too. */
const anyText = fc.array(fc.nat(0x10ffff), { maxLength: 12 }).map((codes) => String.fromCodePoint(...codes))

export const oddString: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...oddStrings) },
  { weight: 2, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 1, arbitrary: anyText },
  { weight: 1, arbitrary: fc.constantFrom(...longStrings) },
)

const oddStructures: ReadonlyArray<Json> = [
  null,
  [],
  {},
  [null],
  [[]],
  [{}],
  { "": "" },
  { a: null },
  ["a", "a"],
  [1, "a", null, {}],
  { constructor: 1, toString: "x" },
  [raw("{'__proto__':{'a':1}}")],
  raw("{'__proto__':1}"),
  raw("{'a':1,'a':2}"),
  nested(6),
  nested(60),
  nested(199),
]
const bigStructures: ReadonlyArray<Json> = [
  raw(`${"[".repeat(5_000)}${"]".repeat(5_000)}`),
  raw(`${"{'a':".repeat(3_000)}1${"}".repeat(3_000)}`),
  Array.from({ length: 2_000 }, (_, index) => index),
  Array.from({ length: 300 }, () => ({ name: "a" })),
  Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`k${index}`, "v"])),
  "y".repeat(100_000),
]

export const oddValue: fc.Arbitrary<Json> = fc.oneof(
  { weight: 8, arbitrary: oddString },
  { weight: 4, arbitrary: fc.constantFrom<Json>(...oddNumbers) },
  { weight: 2, arbitrary: fc.constantFrom<Json>(...rawNumbers.map(raw)) },
  { weight: 2, arbitrary: fc.boolean() },
  { weight: 4, arbitrary: fc.constantFrom(...oddStructures) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json> },
)
/** The same, and now and then something large: for slices that can afford it. */
export const oddOrLargeValue: fc.Arbitrary<Json> = fc.oneof(
  { weight: 60, arbitrary: oddValue },
  { weight: 1, arbitrary: fc.constantFrom(...bigStructures) },
)

type Deed = "replace" | "remove" | "add" | "rename" | "double" | "swap"

interface Mutation {
  readonly deed: Deed
  readonly place: number
  readonly other: number
  readonly key: string
  readonly value: Json
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  deed: fc.constantFrom<Deed>("replace", "replace", "replace", "remove", "add", "rename", "double", "swap"),
  place: fc.nat(999),
  other: fc.nat(999),
  key: oddString,
  value: oddOrLargeValue,
})

type Holder = Record<string, unknown> | unknown[]

const placesOf = (root: unknown): Array<readonly [Holder, string]> => {
  const places: Array<readonly [Holder, string]> = []
  const walk = (node: unknown, depth: number): void => {
    if (typeof node !== "object" || node === null || depth > 12 || places.length > 2_000) return
    for (const key of Object.keys(node)) {
      places.push([node as Holder, key])
      walk((node as Record<string, unknown>)[key], depth + 1)
    }
  }
  walk(root, 0)
  return places
}

const put = (holder: Holder, key: string, value: unknown): void => {
  // Assigning `__proto__` would not make a field.
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
}

const read = (holder: Holder, key: string): unknown => (holder as Record<string, unknown>)[key]

const removeAt = (holder: Holder, key: string): void => {
  if (Array.isArray(holder)) holder.splice(Number(key), 1)
  else delete holder[key]
}

const perform = (root: unknown, { deed, place, other, key, value: given }: Mutation): void => {
  // Values are shared between documents: what is altered later must be this document's own.
  const value: unknown = structuredClone(given)
  const places = placesOf(root)
  const found = places[place % Math.max(places.length, 1)]
  if (found === undefined) return
  const [holder, name] = found
  switch (deed) {
    case "replace":
      put(holder, name, value)
      return
    case "remove":
      removeAt(holder, name)
      return
    case "add":
      if (Array.isArray(holder)) holder.push(value)
      else put(holder, key, value)
      return
    case "rename": {
      if (Array.isArray(holder)) return
      const moved = holder[name]
      delete holder[name]
      put(holder, key, moved)
      return
    }
    case "double":
      if (Array.isArray(holder)) holder.push(structuredClone(holder[Number(name)]))
      else put(holder, `${name}2`, structuredClone(holder[name]))
      return
    case "swap": {
      const [otherHolder, otherName] = places[other % places.length] ?? found
      put(holder, name, structuredClone(read(otherHolder, otherName)))
    }
  }
}

/** As many as one of the counts says. */
const several = <T>(one: fc.Arbitrary<T>, counts: ReadonlyArray<number>): fc.Arbitrary<ReadonlyArray<T>> =>
  fc.oneof(...counts.map((count) => fc.array(one, { minLength: count, maxLength: count })))

const usual: ReadonlyArray<number> = [0, 0, 0, 1, 1, 1, 2, 3]
const alterations = new Map<string, fc.Arbitrary<(document: Json) => Json>>()

/** What makes of a document another one, with so many of its parts altered. */
export const alteration = (counts: ReadonlyArray<number> = usual): fc.Arbitrary<(document: Json) => Json> => {
  const key = counts.join()
  const known = alterations.get(key)
  if (known !== undefined) return known
  const made = several(mutation, counts).map((mutations) => (original: Json): Json => {
    if (mutations.length === 0) return original
    const copy: unknown = structuredClone(original)
    for (const each of mutations) perform(copy, each)
    return copy as Json
  })
  alterations.set(key, made)
  return made
}

/** The document with so many of its parts altered. */
export const mutated = (
  document: fc.Arbitrary<Json>,
  counts: ReadonlyArray<number> = usual,
): fc.Arbitrary<Json> => fc.tuple(document, alteration(counts)).map(([original, alter]) => alter(original))

interface ByteDeed {
  readonly at: number
  readonly deed: "cut" | "flip" | "insert" | "repeat"
  readonly bytes: Uint8Array
}

const byteDeed: fc.Arbitrary<ByteDeed> = fc.record({
  at: fc.nat(100_000),
  deed: fc.constantFrom<ByteDeed["deed"]>("cut", "flip", "flip", "insert", "insert", "repeat"),
  bytes: fc.oneof(
    fc.constantFrom(
      ...[
        "\u0000",
        '"',
        "{",
        "}",
        "[",
        ",",
        ":",
        "\\u0000",
        "\\ud800",
        "1e999",
        "&a",
        "*a",
        "\n",
        "- ",
        "%",
        "\ufeff",
      ].map((text) => Buffer.from(text, "utf8")),
      Buffer.from([0xff]),
      Buffer.from([0xc0, 0x80]),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7f]),
    ),
    fc.uint8Array({ minLength: 1, maxLength: 6 }),
  ),
})

const performBytes = (bytes: Uint8Array, { at, deed, bytes: more }: ByteDeed): Uint8Array => {
  const place = at % (bytes.length + 1)
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)]
  switch (deed) {
    case "cut":
      return before
    case "flip":
      return Buffer.concat([before, more.subarray(0, 1), after.subarray(1)])
    case "insert":
      return Buffer.concat([before, more, after])
    case "repeat":
      return Buffer.concat([before, after, after.subarray(0, 64)])
  }
}

const usualBytes: ReadonlyArray<number> = [0, 1, 1, 2, 3]
const byteAlterations = new Map<string, fc.Arbitrary<ReadonlyArray<ByteDeed>>>()
const byteDeeds = (counts: ReadonlyArray<number>): fc.Arbitrary<ReadonlyArray<ByteDeed>> => {
  const key = counts.join()
  const known = byteAlterations.get(key) ?? several(byteDeed, counts)
  byteAlterations.set(key, known)
  return known
}

/** What makes of bytes others, with so many of them altered. */
export const byteAlteration = (
  counts: ReadonlyArray<number> = usualBytes,
): fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> =>
  byteDeeds(counts).map((deeds) => (bytes: Uint8Array) => deeds.reduce(performBytes, bytes))

/** The bytes with so many of them altered. */
export const mutatedBytes = (
  document: fc.Arbitrary<Uint8Array>,
  counts: ReadonlyArray<number> = usualBytes,
): fc.Arbitrary<Uint8Array> =>
  fc.tuple(document, byteDeeds(counts)).map(([bytes, deeds]) => deeds.reduce(performBytes, bytes))
