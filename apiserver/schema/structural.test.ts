import { describe, expect, test } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { checkStructural } from "./index.ts"

const string = { type: "string" }
const root = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: "object",
  properties,
  ...more,
})
const list = (items: Json, more: JsonObject): JsonObject => ({ type: "array", items, ...more })
const map = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"] }

describe("a schema is structural", () => {
  test.each<[string, JsonObject]>([
    [
      "with a type everywhere",
      root({ a: string, l: list(string, {}), m: { type: "object", additionalProperties: string } }),
    ],
    [
      "with int-or-string spelt out",
      root({ p: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] } }),
    ],
    ["with an open field without type", root({ p: { "x-kubernetes-preserve-unknown-fields": true } })],
    [
      "with value validation in junctors",
      root({ a: string }, { anyOf: [{ required: ["a"] }, { properties: { a: { minLength: 1 } } }] }),
    ],
    [
      "with restricted names",
      root({ metadata: { type: "object", properties: { name: { type: "string", maxLength: 5 } } } }),
    ],
    [
      "with a map of items that have their key",
      root({ l: list(root({ k: string }, { required: ["k"] }), map) }),
    ],
    ["with a key that has a default", root({ l: list(root({ k: { type: "string", default: "x" } }), map) })],
    [
      "with a set of atomic objects",
      root({
        l: list(root({ k: string }, { "x-kubernetes-map-type": "atomic" }), {
          "x-kubernetes-list-type": "set",
        }),
      }),
    ],
    [
      "with valid defaults",
      root({
        a: { type: "integer", default: 1 },
        o: { ...root({ b: { type: "string", default: "x" } }, { required: ["b"] }), default: {} },
      }),
    ],
    [
      "with an embedded resource",
      root({
        t: {
          type: "object",
          "x-kubernetes-embedded-resource": true,
          "x-kubernetes-preserve-unknown-fields": true,
        },
      }),
    ],
  ])("%s", (_, schema) => {
    expect(checkStructural(schema)).toEqual([])
  })
})

describe("a schema is not structural", () => {
  test.each<[string, Json, string]>([
    ["if it is no object", "x", ""],
    ["without a type at the root", { properties: {} }, ".type"],
    ["with another type at the root", { type: "array", items: string }, ".type"],
    ["with a field without type", root({ a: {} }), ".properties[a].type"],
    ["with items without type", root({ l: list({}, {}) }), ".properties[l].items.type"],
    ["with a list without items", root({ l: { type: "array" } }), ".properties[l].items"],
    ["with a list of item schemas", root({ l: list([string], {}) }), ".properties[l].items"],
    ["with a type of null", root({ a: { type: "null" } }), ".properties[a].type"],
    ["with an unknown type", root({ a: { type: "text" } }), ".properties[a].type"],
    ["with a $ref", root({ a: { ...string, $ref: "#/x" } }), ".properties[a].$ref"],
    ["with uniqueItems", root({ l: list(string, { uniqueItems: true }) }), ".properties[l].uniqueItems"],
    [
      "with properties and additionalProperties",
      root({ a: root({ b: string }, { additionalProperties: string }) }),
      ".properties[a].additionalProperties",
    ],
    [
      "with additionalProperties of false",
      root({ a: { type: "object", additionalProperties: false } }),
      ".properties[a].additionalProperties",
    ],
    ["with a type in a junctor", root({ a: string }, { allOf: [{ type: "object" }] }), ".allOf[0].type"],
    [
      "with a default in a junctor",
      root({ a: string }, { not: { properties: { a: { default: "x" } } } }),
      ".not.properties[a].default",
    ],
    [
      "with a field declared in a junctor only",
      root({ a: string }, { oneOf: [{ properties: { b: { minLength: 1 } } }] }),
      ".properties[b]",
    ],
    [
      "with anything else about metadata",
      root({ metadata: { type: "object", properties: { labels: { type: "object" } } } }),
      ".properties[metadata]",
    ],
    [
      "with a typed int-or-string",
      root({ p: { type: "string", "x-kubernetes-int-or-string": true } }),
      ".properties[p].type",
    ],
    [
      "with preserve-unknown-fields of false",
      root({ p: { ...string, "x-kubernetes-preserve-unknown-fields": false } }),
      ".properties[p].x-kubernetes-preserve-unknown-fields",
    ],
    [
      "with a closed embedded resource without properties",
      root({ p: { type: "object", "x-kubernetes-embedded-resource": true } }),
      ".properties[p].properties",
    ],
    [
      "with a map without keys",
      root({ l: list(root({ k: string }), { "x-kubernetes-list-type": "map" }) }),
      ".properties[l].x-kubernetes-list-map-keys",
    ],
    [
      "with keys that items lack",
      root({ l: list(root({ z: string }), map) }),
      ".properties[l].x-kubernetes-list-map-keys",
    ],
    [
      "with keys that may be absent",
      root({ l: list(root({ k: string }), map) }),
      ".properties[l].items.properties[k].default",
    ],
    [
      "with keys that are objects",
      root({ l: list(root({ k: root({}) }, { required: ["k"] }), map) }),
      ".properties[l].items.properties[k].type",
    ],
    [
      "with keys but no map",
      root({ l: list(string, { "x-kubernetes-list-map-keys": ["k"] }) }),
      ".properties[l].x-kubernetes-list-map-keys",
    ],
    [
      "with a set of open objects",
      root({ l: list(root({ k: string }), { "x-kubernetes-list-type": "set" }) }),
      ".properties[l].items.x-kubernetes-map-type",
    ],
    [
      "with a list-type on no list",
      root({ l: { ...string, "x-kubernetes-list-type": "set" } }),
      ".properties[l].type",
    ],
    [
      "with a map-type on no object",
      root({ l: { ...string, "x-kubernetes-map-type": "atomic" } }),
      ".properties[l].type",
    ],
    ["with a default of the wrong type", root({ a: { ...string, default: 1 } }), ".properties[a].default"],
    [
      "with a default that would be pruned",
      root({ o: { ...root({ a: string }), default: { b: 1 } } }),
      ".properties[o].default.b",
    ],
    [
      "with a default that lacks a required field",
      root({ o: { ...root({ a: string }, { required: ["a"] }), default: {} } }),
      ".properties[o].default.a",
    ],
    ["with a default at the root", root({ a: string }, { default: {} }), ".default"],
    [
      "with a default in metadata",
      root({ metadata: { type: "object", properties: { name: { ...string, default: "x" } } } }),
      ".properties[metadata].properties[name].default",
    ],
    ["with a bad pattern", root({ a: { ...string, pattern: "(" } }), ".properties[a].pattern"],
    ["with a bad keyword value", root({ a: { ...string, maxLength: -1 } }), ".properties[a].maxLength"],
    [
      "with a rule without text",
      root({ a: string }, { "x-kubernetes-validations": [{}] }),
      ".x-kubernetes-validations[0].rule",
    ],
  ])("%s", (_, schema, path) => {
    const errors = checkStructural(schema)
    expect(errors.map(({ field }) => field)).toContain(`openAPIV3Schema${path}`)
  })

  test("when nested too deep, however it nests", () => {
    const deep = (wrap: (inner: JsonObject) => JsonObject) => {
      let schema: JsonObject = string
      for (let level = 0; level < 5_000; level++) schema = wrap(schema)
      return root({ a: schema })
    }
    expect(checkStructural(deep((inner) => root({ a: inner })))).not.toEqual([])
    expect(checkStructural(deep((inner) => list(inner, {})))).not.toEqual([])
    expect(checkStructural(deep((inner) => ({ type: "object", allOf: [inner] })))).not.toEqual([])
  })
})
