import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { applyMergePatch } from "./index.ts"

describe("a merge patch (RFC 7386, appendix A)", () => {
  test.each<[JsonObject, JsonObject, JsonObject]>([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{ a: "foo" }, { a: { b: 1, c: null } }, { a: { b: 1 } }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])("%j with %j is %j", (document, patch, result) => {
    const before = structuredClone([document, patch])
    expect(applyMergePatch(document, patch)).toEqual(result)
    expect([document, patch]).toEqual(before)
  })
})

test.each([null, 1, "x", [[1]]])("that is not an object (%j) is a BadRequest", (patch) => {
  expect(() => applyMergePatch({}, patch)).toThrowError(expect.objectContaining({ reason: "BadRequest" }))
})

test("a patch nested too deep is a BadRequest", () => {
  const deep = JSON.parse(`${'{"a":'.repeat(9_999)}1${"}".repeat(9_999)}`)
  expect(() => applyMergePatch({}, deep)).toThrowError(expect.objectContaining({ reason: "BadRequest" }))
})

test("__proto__ is a key like any other", () => {
  const result = applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":true},"constructor":{"a":1}}'))
  expect(Object.keys(result)).toEqual(["__proto__", "constructor"])
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false)
})

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, 1, "s"),
    fc.array(tie("value"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value")),
  ),
})).value
const objects = fc.dictionary(fc.constantFrom("a", "b", "c"), json)

test("merging twice is merging once", () => {
  fc.assert(
    fc.property(objects, objects, (document, patch) => {
      const once = applyMergePatch(document, patch)
      expect(applyMergePatch(once, patch)).toEqual(once)
    }),
  )
})

test("the result shares nothing with what it was made of", () => {
  const document = { keep: { a: [1] } }
  const patch = { add: { b: [1] } }
  const result = applyMergePatch(document, patch)
  expect(result.keep).not.toBe(document.keep)
  expect(result.add).not.toBe(patch.add)
})
