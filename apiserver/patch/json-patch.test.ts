import fc from "fast-check"
import fastJsonPatch from "fast-json-patch"
import { describe, expect, test } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { applyJsonPatch } from "./index.ts"

const refusal = (reason: string) => expect.objectContaining({ name: "MachineryError", reason })

describe("a JSON patch", () => {
  test.each<[string, JsonObject, Json, Json]>([
    ["adds a member", { a: 1 }, [{ op: "add", path: "/b", value: 2 }], { a: 1, b: 2 }],
    ["adds over a member", { a: 1 }, [{ op: "add", path: "/a", value: null }], { a: null }],
    ["inserts into a list", { a: [1, 3] }, [{ op: "add", path: "/a/1", value: 2 }], { a: [1, 2, 3] }],
    ["appends to a list", { a: [1] }, [{ op: "add", path: "/a/-", value: 2 }], { a: [1, 2] }],
    ["replaces the root", { a: 1 }, [{ op: "replace", path: "", value: { b: 1 } }], { b: 1 }],
    ["removes from a list", { a: [1, 2] }, [{ op: "remove", path: "/a/0" }], { a: [2] }],
    ["moves", { a: { b: 1 }, c: {} }, [{ op: "move", from: "/a/b", path: "/c/d" }], { a: {}, c: { d: 1 } }],
    ["moves onto itself", { a: 1 }, [{ op: "move", from: "/a", path: "/a" }], { a: 1 }],
    ["copies", { a: { b: 1 } }, [{ op: "copy", from: "/a", path: "/c" }], { a: { b: 1 }, c: { b: 1 } }],
    [
      "tests deeply and regardless of key order",
      { a: { x: 1, y: [2] } },
      [{ op: "test", path: "/a", value: { y: [2], x: 1 } }],
      { a: { x: 1, y: [2] } },
    ],
    ["unescapes ~1 and ~0", { "a/b~": 1 }, [{ op: "replace", path: "/a~1b~0", value: 2 }], { "a/b~": 2 }],
    ["treats an empty key as a key", { "": 1 }, [{ op: "remove", path: "/" }], {}],
  ])("%s", (_, document, patch, result) => {
    const before = structuredClone(document)
    expect(applyJsonPatch(document, patch)).toEqual(result)
    expect(document).toEqual(before)
  })

  test.each<[string, Json]>([
    ["a failed test", [{ op: "test", path: "/a", value: 2 }]],
    ["a missing parent", [{ op: "add", path: "/x/y", value: 2 }]],
    ["removing what is not there", [{ op: "remove", path: "/x" }]],
    ["replacing what is not there", [{ op: "replace", path: "/x", value: 1 }]],
    ["an index out of bounds", [{ op: "add", path: "/list/5", value: 1 }]],
    ["an index with a leading zero", [{ op: "replace", path: "/list/00", value: 1 }]],
    ["a move into its own child", [{ op: "move", from: "/o", path: "/o/p" }]],
    ["an inherited member", [{ op: "test", path: "/constructor/name", value: "Object" }]],
    ["a result that is no object", [{ op: "replace", path: "", value: 1 }]],
    ["removing the root", [{ op: "remove", path: "" }]],
  ])("is Invalid for %s", (_, patch) => {
    expect(() => applyJsonPatch({ a: 1, list: [1], o: { p: 1 } }, patch)).toThrowError(refusal("Invalid"))
  })

  test.each<[string, unknown]>([
    ["no array", { op: "add" }],
    ["an operation that is no object", [1]],
    ["an unknown op", [{ op: "inc", path: "/a" }]],
    ["no path", [{ op: "remove" }]],
    ["no value", [{ op: "add", path: "/a" }]],
    ["no from", [{ op: "move", path: "/a" }]],
    ["a path that is no pointer", [{ op: "remove", path: "a" }]],
    ["a bad escape", [{ op: "remove", path: "/~2" }]],
    [
      "a value nested too deep",
      [{ op: "add", path: "/x", value: JSON.parse("[".repeat(9999) + "]".repeat(9999)) }],
    ],
  ])("is a BadRequest with %s", (_, patch) => {
    expect(() => applyJsonPatch({ a: 1 }, patch)).toThrowError(refusal("BadRequest"))
  })

  test("of too many operations is RequestEntityTooLarge", () => {
    const patch = Array.from({ length: 10_001 }, () => ({ op: "test", path: "/a", value: 1 }))
    expect(() => applyJsonPatch({ a: 1 }, patch)).toThrowError(refusal("RequestEntityTooLarge"))
  })

  test("cannot double the document without bound", () => {
    const doubling = Array.from({ length: 60 }, (_, index) => ({ op: "copy", from: "", path: `/${index}` }))
    expect(() => applyJsonPatch({ a: 1 }, doubling)).toThrowError(refusal("RequestEntityTooLarge"))
    const long = Array.from({ length: 60 }, () => ({ op: "copy", from: "/a/0", path: "/a/-" }))
    expect(() => applyJsonPatch({ a: ["x".repeat(100_000)] }, long)).toThrowError(
      refusal("RequestEntityTooLarge"),
    )
  })

  test("leaves prototypes alone", () => {
    const result = applyJsonPatch({}, [{ op: "add", path: "/__proto__", value: { polluted: true } }])
    expect(Object.keys(result)).toEqual(["__proto__"])
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false)
  })
})

const names = fc.constantFrom("a", "b", "c", "0", "1", "-")
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom(null, true, "s"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value")),
  ),
})).value
const documents = fc.dictionary(fc.constantFrom("a", "b", "c"), json).map((made) => structuredClone(made))
const pointers = fc.array(names, { minLength: 1, maxLength: 3 }).map((tokens) => `/${tokens.join("/")}`)

test("the difference of two documents, applied to the one, is the other", () => {
  fc.assert(
    fc.property(documents, documents, (before, after) => {
      expect(applyJsonPatch(before, fastJsonPatch.compare(before, after))).toEqual(after)
    }),
  )
})

test("one operation does what fast-json-patch does under validation", () => {
  const operations = fc.oneof(
    fc.record({ op: fc.constantFrom("add", "replace", "test"), path: pointers, value: json }),
    fc.record({ op: fc.constant("remove"), path: pointers }),
    fc
      .record({ op: fc.constantFrom("move", "copy"), path: pointers, from: pointers })
      .filter(({ path, from }) => !`${path}/`.startsWith(`${from}/`)),
  )
  const outcome = (apply: () => unknown): unknown => {
    try {
      return apply()
    } catch {
      return "refused"
    }
  }
  // RFC 6902 says that a move is a removal and an addition, and a copy an addition. The oracle is asked so, for of these two
  // it takes an index past the end of a list, which it refuses of an addition.
  const spelledOut = (document: object, operation: { op: string; path: string; from?: string }) => {
    if (operation.from === undefined) return [operation]
    const value: unknown = structuredClone(fastJsonPatch.getValueByPointer(document, operation.from))
    const removed = { op: "remove", path: operation.from }
    const added = { op: "add", path: operation.path, value }
    if (operation.op === "move") return [removed, added]
    // What can be copied is what could be removed: the oracle also reads letters of a string as its members.
    fastJsonPatch.applyPatch(structuredClone(document), [removed] as fastJsonPatch.Operation[], true)
    return [added]
  }
  fc.assert(
    fc.property(documents, operations, (document, operation) => {
      const expected = outcome(
        () =>
          fastJsonPatch.applyPatch(
            structuredClone(document),
            spelledOut(document as object, operation) as fastJsonPatch.Operation[],
            true,
          ).newDocument,
      )
      expect(outcome(() => applyJsonPatch(document, [operation]))).toEqual(expected)
    }),
    { numRuns: 1_000 },
  )
})
