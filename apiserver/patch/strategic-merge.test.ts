import { describe, expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { strategicMerge } from "./index.ts"

const string = { type: "string" }
const schema: JsonObject = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        containers: {
          type: "array",
          "x-kubernetes-patch-merge-key": "name",
          "x-kubernetes-patch-strategy": "merge",
          items: {
            type: "object",
            properties: {
              name: string,
              image: string,
              ports: {
                type: "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["port", "protocol"],
                items: {
                  type: "object",
                  properties: {
                    port: { type: "integer" },
                    protocol: { type: "string", default: "TCP" },
                    name: string,
                  },
                },
              },
            },
          },
        },
        tags: { type: "array", items: string, "x-kubernetes-list-type": "set" },
        plain: { type: "array", items: string },
        strategy: { type: "object", properties: { type: string, rolling: { type: "object" } } },
      },
    },
  },
}
const spec = (document: JsonObject, patch: JsonObject) =>
  strategicMerge({ spec: document }, { spec: patch }, schema).spec

describe("a strategic merge patch", () => {
  test.each<[string, JsonObject, JsonObject, JsonObject]>([
    [
      "merges objects and drops nulls",
      { strategy: { type: "a" }, x: 1 },
      { strategy: { rolling: {} }, x: null },
      { strategy: { type: "a", rolling: {} } },
    ],
    [
      "merges list items by key",
      {
        containers: [
          { name: "a", image: "1" },
          { name: "b", image: "1" },
        ],
      },
      { containers: [{ name: "b", image: "2" }] },
      {
        containers: [
          { name: "a", image: "1" },
          { name: "b", image: "2" },
        ],
      },
    ],
    [
      "puts new items first, as kubectl's users know it",
      { containers: [{ name: "a" }] },
      { containers: [{ name: "b", image: null }] },
      { containers: [{ name: "b" }, { name: "a" }] },
    ],
    [
      "merges by several keys, with their defaults",
      {
        containers: [
          {
            name: "a",
            ports: [
              { port: 1, protocol: "TCP" },
              { port: 1, protocol: "UDP" },
            ],
          },
        ],
      },
      { containers: [{ name: "a", ports: [{ port: 1, name: "x" }] }] },
      {
        containers: [
          {
            name: "a",
            ports: [
              { port: 1, protocol: "TCP", name: "x" },
              { port: 1, protocol: "UDP" },
            ],
          },
        ],
      },
    ],
    [
      "deletes an item",
      { containers: [{ name: "a" }, { name: "b" }] },
      { containers: [{ name: "a", $patch: "delete" }] },
      { containers: [{ name: "b" }] },
    ],
    [
      "replaces a list",
      { containers: [{ name: "a" }, { name: "b" }] },
      { containers: [{ name: "c" }, { $patch: "replace" }] },
      { containers: [{ name: "c" }] },
    ],
    [
      "replaces an object",
      { strategy: { type: "a", rolling: {} } },
      { strategy: { $patch: "replace", type: "b" } },
      { strategy: { type: "b" } },
    ],
    ["empties an object", { strategy: { type: "a" } }, { strategy: { $patch: "delete" } }, { strategy: {} }],
    [
      "retains keys",
      { strategy: { type: "a", rolling: { x: 1 } } },
      { strategy: { $retainKeys: ["type"], type: "b" } },
      { strategy: { type: "b" } },
    ],
    ["unites sets", { tags: ["a", "b"] }, { tags: ["c", "a"] }, { tags: ["c", "a", "b"] }],
    ["deletes from sets", { tags: ["a", "b"] }, { "$deleteFromPrimitiveList/tags": ["a"] }, { tags: ["b"] }],
    ["replaces plain lists", { plain: ["a"] }, { plain: ["b"] }, { plain: ["b"] }],
    [
      "orders items as asked",
      { containers: [{ name: "a" }, { name: "b" }, { name: "c" }] },
      {
        "$setElementOrder/containers": [{ name: "c" }, { name: "a" }],
        containers: [{ name: "c", image: "2" }],
      },
      { containers: [{ name: "b" }, { name: "c", image: "2" }, { name: "a" }] },
    ],
    [
      "orders items without changing any",
      { tags: ["a", "b"] },
      { "$setElementOrder/tags": ["b", "a"] },
      { tags: ["b", "a"] },
    ],
    [
      "keeps directives out of new objects",
      {},
      { strategy: { $retainKeys: ["type"], type: "b" } },
      { strategy: { type: "b" } },
    ],
  ])("%s", (_, document, patch, result) => {
    const before = structuredClone([document, patch])
    expect(spec(document, patch)).toEqual(result)
    expect([document, patch]).toEqual(before)
  })

  test("knows the lists of metadata", () => {
    const owner = (uid: string) => ({ apiVersion: "v1", kind: "K", name: "n", uid })
    const document = { metadata: { finalizers: ["a/b"], ownerReferences: [owner("1")] } }
    const patch = {
      metadata: { finalizers: ["c/d"], ownerReferences: [{ ...owner("1"), controller: true }, owner("2")] },
    }
    expect(strategicMerge(document, patch, {}).metadata).toEqual({
      finalizers: ["c/d", "a/b"],
      ownerReferences: [{ ...owner("1"), controller: true }, owner("2")],
    })
  })

  test.each<[string, unknown]>([
    ["no object", []],
    ["an unknown directive", { spec: { $patch: "explode" } }],
    ["an item without its key", { spec: { containers: [{ image: "x" }] } }],
    ["an item that is no object", { spec: { containers: ["x"] } }],
    ["keys set but not retained", { spec: { strategy: { $retainKeys: ["type"], rolling: {} } } }],
    ["an order that is no list", { spec: { "$setElementOrder/tags": "a" } }],
    ["too deep a nesting", JSON.parse(`${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`)],
  ])("is a BadRequest with %s", (_, patch) => {
    expect(() => strategicMerge({ spec: {} }, patch, schema)).toThrowError(
      expect.objectContaining({ reason: "BadRequest" }),
    )
  })
})
