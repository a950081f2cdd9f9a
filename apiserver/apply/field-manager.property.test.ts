import fc from "fast-check"
import { expect, test } from "vitest"
import type { Json, JsonObject, ManagedFieldsEntry } from "../../schemas/index.ts"
import type { MutableObject } from "../machinery.ts"
import { compileSchema } from "../schema/index.ts"
import { difference, intersection, isEmpty, sameSet, setOf, union } from "./field-set.ts"
import { fieldsV1Of, parseFieldsV1 } from "./fields-v1.ts"
import { fieldManager } from "./index.ts"

const string = { type: "string" }
const schema = compileSchema({
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        a: string,
        b: string,
        nested: { type: "object", properties: { a: string, b: string } },
        map: { type: "object", additionalProperties: string },
        items: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["k"],
          items: { type: "object", required: ["k"], properties: { k: string, v: string } },
        },
        set: { type: "array", items: string, "x-kubernetes-list-type": "set" },
        atomic: { type: "array", items: string },
      },
    },
  },
})

const text = fc.constantFrom("1", "2")
const partial = (shape: { readonly [key: string]: fc.Arbitrary<Json> }): fc.Arbitrary<JsonObject> =>
  fc.record(shape, { requiredKeys: [] }).map((made) => JSON.parse(JSON.stringify(made)) as JsonObject)
const specs: fc.Arbitrary<JsonObject> = partial({
  a: text,
  b: text,
  nested: partial({ a: text, b: text }),
  map: fc.dictionary(fc.constantFrom("x", "y", "z"), text),
  items: fc.uniqueArray(
    fc
      .tuple(fc.constantFrom("p", "q", "r"), fc.option(text))
      .map(([k, v]): { readonly [key: string]: string } => (v === null ? { k } : { k, v })),
    {
      selector: ({ k }) => k,
      maxLength: 3,
    },
  ),
  set: fc.uniqueArray(fc.constantFrom("p", "q", "r"), { maxLength: 3 }),
  atomic: fc.array(text, { maxLength: 2 }),
})

const object = (spec: JsonObject): MutableObject =>
  structuredClone({ apiVersion: "e.com/v1", kind: "W", metadata: { name: "w" }, spec }) as MutableObject
const apply = (live: MutableObject | undefined, manager: string, spec: JsonObject, force = true) =>
  fieldManager.apply({
    live,
    applied: object(spec),
    manager,
    force,
    subresource: "",
    schema,
    now: "2026-01-01T00:00:00Z",
  })
const entries = (from: MutableObject) =>
  ((from.metadata as MutableObject).managedFields ?? []) as unknown as ReadonlyArray<ManagedFieldsEntry>
const unordered = (value: Json): Json => {
  if (Array.isArray(value))
    return value.map(unordered).sort((x, y) => (JSON.stringify(x) < JSON.stringify(y) ? -1 : 1))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([key, item]) => [key, unordered(item)]),
  )
}

test("apply is idempotent", () => {
  fc.assert(
    fc.property(specs, specs, (before, spec) => {
      const once = apply(apply(undefined, "other", before), "me", spec)
      expect(JSON.stringify(apply(once, "me", spec))).toBe(JSON.stringify(once))
    }),
  )
})

test("what is applied is there, and is owned", () => {
  fc.assert(
    fc.property(specs, specs, (before, spec) => {
      const result = apply(apply(undefined, "other", before), "me", spec)
      const fresh = apply(undefined, "me", spec)
      const mine = entries(result).find(({ manager }) => manager === "me")?.fieldsV1
      expect(mine).toEqual(entries(fresh).find(({ manager }) => manager === "me")?.fieldsV1)
      expect(JSON.stringify(apply(result, "me", spec))).toBe(JSON.stringify(result))
    }),
  )
})

test("two managers of different fields may come in any order", () => {
  const mine = partial({
    a: text,
    nested: partial({ a: text }),
    map: fc.dictionary(fc.constant("x"), text),
  })
  const yours = partial({
    b: text,
    nested: partial({ b: text }),
    map: fc.dictionary(fc.constant("y"), text),
  })
  fc.assert(
    fc.property(mine, yours, (one, two) => {
      const oneTwo = apply(apply(undefined, "one", one, false), "two", two, false)
      const twoOne = apply(apply(undefined, "two", two, false), "one", one, false)
      expect(unordered(oneTwo)).toEqual(unordered(twoOne))
    }),
  )
})

test("a manager that leaves takes just what only it owned", () => {
  fc.assert(
    fc.property(specs, specs, (one, two) => {
      const alone = apply(undefined, "one", one)
      const both = apply(alone, "two", two)
      const left = apply(both, "two", {})
      const ones = parseFieldsV1(entries(both).find(({ manager }) => manager === "one")?.fieldsV1 ?? {})
      const after = parseFieldsV1(entries(left).find(({ manager }) => manager === "one")?.fieldsV1 ?? {})
      expect(after && ones && sameSet(after, ones)).toBe(true)
      expect(
        entries(left).every(
          ({ manager, fieldsV1 }) => manager === "one" || JSON.stringify(fieldsV1) === '{"f:spec":{}}',
        ),
      ).toBe(true)
      const remade = apply(left, "one", one)
      expect(unordered(remade.spec as Json)).toEqual(unordered(alone.spec as Json))
    }),
  )
})

const elements = fc.constantFrom("f:a", "f:b", 'k:{"n":1}', 'v:"x"', "i:0")
const sets = fc
  .array(fc.array(elements, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })
  .map((paths) => setOf(...paths))

test("field sets survive JSON", () => {
  fc.assert(
    fc.property(sets, (set) => {
      const json = fieldsV1Of(set)
      const back = parseFieldsV1(JSON.parse(JSON.stringify(json)))
      expect(back !== undefined && sameSet(back, set)).toBe(true)
      expect(JSON.stringify(back && fieldsV1Of(back))).toBe(JSON.stringify(json))
    }),
  )
})

test("field sets obey the laws of sets", () => {
  fc.assert(
    fc.property(sets, sets, (a, b) => {
      expect(sameSet(union(a, b), union(b, a))).toBe(true)
      expect(sameSet(union(difference(a, b), intersection(a, b)), a)).toBe(true)
      expect(isEmpty(intersection(difference(a, b), b))).toBe(true)
      expect(sameSet(intersection(a, union(a, b)), a)).toBe(true)
    }),
  )
})
