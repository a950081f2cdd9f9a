import fc from "fast-check"
import { expect, test } from "vitest"
import { scanJson } from "./json-scan.ts"

test.each([
  ['{"a":1,"a":2}', ["a"]],
  ['{"a":{"b":1,"c":[{"d":1,"d":2}],"b":3}}', ["a.c[0].d", "a.b"]],
  ['[{"x":1},{"x":1},{"y":1,"y":2}]', ["[2].y"]],
  ['{"a\\u0062":1,"ab":2}', ["ab"]],
  ['{"a":"\\"a\\":1,{","b":"a"}', []],
  ['{"a":{},"b":{"a":1}}', []],
])("%s repeats %j", (text, duplicates) => {
  expect(scanJson(text, 100).duplicates).toEqual(duplicates)
})

test.each([
  ['{"a":{"__proto__":1}}', "a.__proto__"],
  ['{"\\u005f_proto__":1}', "__proto__"],
  ['{"a":"__proto__"}', undefined],
])("%s has the forbidden key %s", (text, forbidden) => {
  expect(scanJson(text, 100).forbidden).toBe(forbidden)
})

const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0

test("a document that JSON.stringify wrote has no duplicates, and its own depth", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const scan = scanJson(JSON.stringify(value), 1000)
      expect(scan.duplicates).toEqual([])
      expect(scan.depth).toBe(depthOf(value))
    }),
  )
})

test("any text is scanned to an end, and no deeper than asked", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\a1 ') }), (text) => {
      expect(scanJson(text, 3).depth).toBeLessThanOrEqual(4)
    }),
  )
})
