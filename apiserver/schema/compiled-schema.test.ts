import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import type { MutableObject } from "../machinery.ts"
import { checkStructural, compileSchema } from "./index.ts"

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: "object",
  properties,
  ...more,
})
const string = { type: "string" }
const spec = (properties: JsonObject, more: JsonObject = {}) =>
  compileSchema(object({ spec: object(properties, more) }))
const copy = (value: JsonObject): MutableObject => structuredClone(value) as MutableObject

describe("pruning", () => {
  const open = { "x-kubernetes-preserve-unknown-fields": true }
  test.each<[string, JsonObject, JsonObject, JsonObject, ReadonlyArray<string>]>([
    ["drops undeclared fields", object({ a: string }), { a: "x", b: 1 }, { a: "x" }, ["b"]],
    [
      "keeps what every resource has",
      object({}),
      { apiVersion: "v1", kind: "K", metadata: { name: "n", labels: { a: "b" } } },
      { apiVersion: "v1", kind: "K", metadata: { name: "n", labels: { a: "b" } } },
      [],
    ],
    [
      "names unknown metadata",
      object({}),
      { metadata: { name: "n", x: 1 } },
      { metadata: { name: "n" } },
      ["metadata.x"],
    ],
    [
      "names unknown metadata under preserve-unknown-fields too",
      { type: "object", ...open },
      { metadata: { x: 1 }, any: { y: 1 } },
      { metadata: {}, any: { y: 1 } },
      ["metadata.x"],
    ],
    [
      "reaches into lists",
      object({ list: { type: "array", items: object({ a: string }) } }),
      { list: [{ a: "x" }, { a: "y", b: 1 }] },
      { list: [{ a: "x" }, { a: "y" }] },
      ["list[1].b"],
    ],
    [
      "reaches into maps and keeps their keys",
      object({ map: { type: "object", additionalProperties: object({ a: string }) } }),
      { map: { k: { a: "x", b: 1 } } },
      { map: { k: { a: "x" } } },
      ["map.k.b"],
    ],
    [
      "keeps unknown fields where told, yet types declared ones below",
      object({ o: object({ inner: object({ a: string }) }, open) }),
      { o: { z: { deep: 1 }, inner: { a: "x", b: 1 } } },
      { o: { z: { deep: 1 }, inner: { a: "x" } } },
      ["o.inner.b"],
    ],
    [
      "knows embedded resources",
      object({ t: object({ spec: object({}) }, { "x-kubernetes-embedded-resource": true }) }),
      { t: { apiVersion: "v1", kind: "K", metadata: { name: "a", x: 1 }, spec: { y: 1 }, z: 1 } },
      { t: { apiVersion: "v1", kind: "K", metadata: { name: "a" }, spec: {} } },
      ["t.metadata.x", "t.spec.y", "t.z"],
    ],
    [
      "leaves int-or-string alone",
      object({ p: { "x-kubernetes-int-or-string": true } }),
      { p: 1 },
      { p: 1 },
      [],
    ],
  ])("%s", (_, schema, given, kept, paths) => {
    const value = copy(given)
    expect(compileSchema(schema).prune(value)).toEqual(paths)
    expect(value).toEqual(kept)
  })

  test("drops an own __proto__", () => {
    const value: MutableObject = JSON.parse('{"spec":{"__proto__":{"x":1}}}')
    expect(spec({}).prune(value)).toEqual(["spec.__proto__"])
    expect(JSON.stringify(value)).toBe('{"spec":{}}')
  })
})

describe("defaulting", () => {
  const withDefault = { type: "string", default: "d" }
  test.each<[string, JsonObject, JsonObject, JsonObject]>([
    ["fills what is absent", object({ a: withDefault }), {}, { a: "d" }],
    ["leaves what is there", object({ a: withDefault }), { a: "x" }, { a: "x" }],
    ["replaces a null that may not be", object({ a: withDefault }), { a: null }, { a: "d" }],
    ["keeps a null that may be", object({ a: { ...withDefault, nullable: true } }), { a: null }, { a: null }],
    ["drops other nulls", object({ a: string }), { a: null }, {}],
    ["does not invent parents", object({ o: object({ a: withDefault }) }), {}, {}],
    [
      "fills below a default",
      object({ o: { ...object({ a: withDefault }), default: {} } }),
      {},
      { o: { a: "d" } },
    ],
    [
      "fills items and map values",
      object({
        list: { type: "array", items: object({ a: withDefault }) },
        map: { type: "object", additionalProperties: object({ a: withDefault }) },
      }),
      { list: [{}], map: { k: {} } },
      { list: [{ a: "d" }], map: { k: { a: "d" } } },
    ],
    [
      "drops a null creationTimestamp",
      object({}),
      { metadata: { creationTimestamp: null } },
      { metadata: {} },
    ],
  ])("%s", (_, schema, given, filled) => {
    const value = copy(given)
    compileSchema(schema).applyDefaults(value)
    expect(value).toEqual(filled)
  })

  test("never hands out the same default twice", () => {
    const schema = compileSchema(object({ o: { type: "object", default: { list: [] } } }))
    const [a, b]: MutableObject[] = [{}, {}]
    schema.applyDefaults(a ?? {})
    schema.applyDefaults(b ?? {})
    expect(a?.o).not.toBe(b?.o)
  })
})

describe("validation says in Kubernetes' words", () => {
  const list = (more: JsonObject, items: JsonObject = string) => ({ type: "array", items, ...more })
  test.each<[string, JsonObject, Json, ReadonlyArray<string>]>([
    [
      "a wrong type",
      { type: "integer" },
      "a",
      ['spec.x: Invalid value: "string": spec.x in body must be of type integer: "string"'],
    ],
    [
      "a null",
      { type: "integer" },
      null,
      ['spec.x: Invalid value: "null": spec.x in body must be of type integer: "null"'],
    ],
    [
      "an unsupported value",
      { type: "string", enum: ["b", "c"] },
      "a",
      ['spec.x: Unsupported value: "a": supported values: "b", "c"'],
    ],
    [
      "a low number",
      { type: "integer", minimum: 1 },
      0,
      ["spec.x: Invalid value: 0: spec.x in body should be greater than or equal to 1"],
    ],
    [
      "an excluded bound",
      { type: "integer", maximum: 5, exclusiveMaximum: true },
      5,
      ["spec.x: Invalid value: 5: spec.x in body should be less than 5"],
    ],
    [
      "a long string",
      { type: "string", maxLength: 2 },
      "abc",
      ["spec.x: Too long: may not be more than 2 bytes"],
    ],
    [
      "a short string",
      { type: "string", minLength: 2 },
      "a",
      ['spec.x: Invalid value: "a": spec.x in body should be at least 2 chars long'],
    ],
    [
      "a mismatch",
      { type: "string", pattern: "^a+$" },
      "b",
      [`spec.x: Invalid value: "b": spec.x in body should match '^a+$'`],
    ],
    [
      "a bad format",
      { type: "string", format: "date-time" },
      "now",
      ['spec.x: Invalid value: "now": spec.x in body must be of type date-time: "now"'],
    ],
    [
      "a number too large",
      { type: "integer", format: "int32" },
      2 ** 31,
      ["spec.x: Invalid value: 2147483648: spec.x in body must be of type int32: 2147483648"],
    ],
    [
      "too many items",
      list({ maxItems: 2 }),
      ["a", "b", "c"],
      ["spec.x: Too many: 3: must have at most 2 items"],
    ],
    [
      "too few items",
      list({ minItems: 2 }),
      ["a"],
      ["spec.x: Invalid value: 1: spec.x in body should have at least 2 items"],
    ],
    [
      "a duplicate in a set",
      list({ "x-kubernetes-list-type": "set" }),
      ["a", "b", "a"],
      ['spec.x[2]: Duplicate value: "a"'],
    ],
    [
      "a duplicate in a map",
      list(
        { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["n"] },
        object({ n: string, v: string }),
      ),
      [
        { n: "a", v: "1" },
        { n: "a", v: "2" },
      ],
      ['spec.x[1]: Duplicate value: {"n":"a"}'],
    ],
    [
      "neither int nor string",
      { "x-kubernetes-int-or-string": true },
      true,
      ['spec.x: Invalid value: "boolean": spec.x in body must be of type integer or string: "boolean"'],
    ],
    [
      "no branch of anyOf",
      { type: "integer", anyOf: [{ minimum: 5 }, { maximum: 1 }] },
      3,
      ['spec.x: Invalid value: "": "spec.x" must validate at least one schema (anyOf)'],
    ],
    [
      "an item",
      list({}, { type: "integer" }),
      [1, "a"],
      ['spec.x[1]: Invalid value: "string": spec.x[1] in body must be of type integer: "string"'],
    ],
    [
      "an embedded resource without its parts",
      {
        type: "object",
        "x-kubernetes-embedded-resource": true,
        "x-kubernetes-preserve-unknown-fields": true,
      },
      { kind: "K" },
      [
        "spec.x.apiVersion: Required value: must not be empty",
        "spec.x.metadata: Required value: must not be empty",
      ],
    ],
  ])("%s", (_, schema, x, said) => {
    const errors = spec({ x: schema }).validate({ spec: { x: structuredClone(x) as never } })
    expect(errors.map(({ field, detail }) => `${field}: ${detail}`)).toEqual(said)
  })

  test("a missing field", () => {
    const errors = spec({ image: string }, { required: ["image"] }).validate({ spec: {} })
    expect(errors).toEqual([{ field: "spec.image", type: "FieldValueRequired", detail: "Required value" }])
  })

  test.each<[JsonObject, Json]>([
    [{ "x-kubernetes-int-or-string": true }, 1],
    [{ "x-kubernetes-int-or-string": true }, "1%"],
    [{ type: "string", nullable: true }, null],
    [{ type: "string", nullable: true, enum: ["a", null] }, null],
    [{ type: "string", format: "unheard-of" }, "x"],
    [{ type: "integer" }, 1.0],
    [{ "x-kubernetes-preserve-unknown-fields": true }, [{ a: 1 }]],
    [object({ constructor: string }), {}],
    [object({ constructor: string }, { required: ["constructor"] }), { constructor: "x" }],
  ])("nothing of %j with %j", (schema, x) => {
    expect(spec({ x: schema }).validate({ spec: { x: structuredClone(x) as never } })).toEqual([])
  })

  test("a required inherited name is still missing", () => {
    const schema = spec({ x: object({ constructor: string }, { required: ["constructor"] }) })
    expect(schema.validate({ spec: { x: {} } })).toHaveLength(1)
  })

  test("errors come in document order", () => {
    const schema = spec({ a: string, b: string, c: string })
    expect(schema.validate({ spec: { c: 1, a: 1, b: 1 } }).map(({ field }) => field)).toEqual([
      "spec.c",
      "spec.a",
      "spec.b",
    ])
  })

  test("each field by its own pattern", () => {
    const schema = spec({ a: { type: "string", pattern: "^a$" }, b: { type: "string", pattern: "^b$" } })
    expect(schema.validate({ spec: { a: "a", b: "b" } })).toEqual([])
    expect(schema.validate({ spec: { a: "b", b: "a" } })).toHaveLength(2)
  })

  test("at most a hundred errors are reported", () => {
    const schema = spec({ x: { type: "array", items: string } })
    expect(schema.validate({ spec: { x: Array.from({ length: 5_000 }, () => 1) } })).toHaveLength(100)
    expect(schema.validate({ spec: { x: Array.from({ length: 500_000 }, () => 1) } })).toHaveLength(100)
  })
})

describe("ratcheting", () => {
  const schema = compileSchema(
    object({
      spec: object({
        name: { type: "string", maxLength: 3 },
        other: string,
        set: { type: "array", items: string, "x-kubernetes-list-type": "set" },
        list: {
          type: "array",
          items: object({ k: string, v: { type: "integer", minimum: 1 } }, { required: ["k"] }),
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["k"],
        },
        plain: { type: "array", items: { type: "integer", minimum: 1 } },
        choice: object({ a: string, b: string }, { oneOf: [{ required: ["a"] }, { required: ["b"] }] }),
      }),
    }),
  )
  const fields = (object: JsonObject, old: JsonObject) =>
    schema.validate({ spec: copy(object) }, { spec: copy(old) }).map(({ field }) => field)

  test.each<[string, JsonObject, JsonObject, ReadonlyArray<string>]>([
    ["keeps an invalid field", { name: "long!", other: "b" }, { name: "long!", other: "a" }, []],
    ["refuses a changed one", { name: "long?" }, { name: "long!" }, ["spec.name"]],
    ["keeps duplicates in a list", { set: ["a", "a"], other: "b" }, { set: ["a", "a"] }, []],
    ["refuses new duplicates", { set: ["a", "a", "a"] }, { set: ["a", "a"] }, ["spec.set[1]", "spec.set[2]"]],
    [
      "finds items of a map by key",
      {
        list: [
          { k: "new", v: 1 },
          { k: "x", v: 0 },
        ],
      },
      { list: [{ k: "x", v: 0 }] },
      [],
    ],
    ["not items by index", { plain: [0, 1] }, { plain: [0] }, ["spec.plain[0]"]],
    ["keeps an unchanged choice", { choice: {}, other: "b" }, { choice: {} }, []],
    [
      "refuses a changed one that is still no choice",
      { choice: { a: "x", b: "y" } },
      { choice: {} },
      ["spec.choice"],
    ],
  ])("%s", (_, object, old, expected) => {
    expect(fields(object, old)).toEqual(expected)
  })
})

describe("rules", () => {
  const schema = object({
    spec: object({ x: string }, { "x-kubernetes-validations": [{ rule: "self.x != ''" }] }),
  })
  test("are warned of while nobody evaluates them", () => {
    expect(checkStructural(schema)).toEqual([])
    expect(compileSchema(schema).warnings).toEqual([expect.stringContaining("spec")])
    expect(compileSchema(schema).validate({ spec: { x: "" } })).toEqual([])
  })

  test("are evaluated only on objects that are otherwise valid", () => {
    const broken = { field: "spec", type: "FieldValueInvalid", detail: "failed rule" } as const
    const compiled = compileSchema(schema, { rules: () => () => [broken] })
    expect(compiled.warnings).toEqual([])
    expect(compiled.validate({ spec: { x: "" } })).toEqual([broken])
    expect(compiled.validate({ spec: { x: 1 } }).map(({ field }) => field)).toEqual(["spec.x", "<nil>"])
  })
})

test("any JSON goes through pruning, defaulting and validation without surprise", () => {
  const schema = compileSchema(
    object({
      spec: object({
        a: { type: "string", default: "d" },
        l: {
          type: "array",
          items: object({ a: string }),
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["a"],
        },
        m: { type: "object", additionalProperties: { type: "integer" } },
        e: {
          type: "object",
          "x-kubernetes-embedded-resource": true,
          "x-kubernetes-preserve-unknown-fields": true,
        },
      }),
    }),
  )
  const key = fc.constantFrom("a", "l", "m", "e", "spec", "metadata", "__proto__", "constructor", "labels")
  const json = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom<Json>(null, true, 1, "s"),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.array(fc.tuple(key, tie("value")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
    ),
  })).value
  fc.assert(
    fc.property(json, json, (spec, metadata) => {
      const value: MutableObject = JSON.parse(JSON.stringify({ spec, metadata }))
      schema.prune(value)
      schema.applyDefaults(value)
      const once = JSON.stringify(value)
      expect(schema.prune(value)).toEqual([])
      schema.applyDefaults(value)
      expect(JSON.stringify(value)).toBe(once)
      schema.validate(value, value)
    }),
  )
})
