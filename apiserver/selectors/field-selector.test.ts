import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { matchFields, parseFieldSelector } from "./index.ts"

test.each([
  ["", []],
  ["metadata.name=a", [{ path: "metadata.name", operator: "=", value: "a" }]],
  ["metadata.name==a", [{ path: "metadata.name", operator: "=", value: "a" }]],
  [
    "type!=Normal,reason=",
    [
      { path: "type", operator: "!=", value: "Normal" },
      { path: "reason", operator: "=", value: "" },
    ],
  ],
  ["a=b\\,c\\=d\\\\", [{ path: "a", operator: "=", value: "b,c=d\\" }]],
])("%j parses", (text, requirements) => {
  expect(parseFieldSelector(text)).toEqual(requirements)
})

test.each(["a", "a,b=c", "a=b=c", "a=\\x", "a=b\\", "x".repeat(70_000)])(
  "malformed selector %# is refused as BadRequest",
  (text) => {
    expect(() => parseFieldSelector(text)).toThrowError(expect.objectContaining({ reason: "BadRequest" }))
  },
)

describe("fields match", () => {
  const fields = new Map([["metadata.name", "a"]])
  const get = (path: string) => fields.get(path)
  test.each([
    ["metadata.name=a", true],
    ["metadata.name!=a", false],
    ["metadata.namespace=", true],
    ["metadata.namespace!=x", true],
    ["metadata.name=a,metadata.namespace=x", false],
  ])("%j: %s", (text, matches) => {
    expect(matchFields(parseFieldSelector(text), get)).toBe(matches)
  })
})

test("escaping any value gets it back", () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const escaped = value.replaceAll(/[\\,=]/g, (char) => `\\${char}`)
      expect(parseFieldSelector(`a=${escaped}`)).toEqual([{ path: "a", operator: "=", value }])
    }),
  )
})
