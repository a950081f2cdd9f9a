/** Statements 2.10.111 to 2.10.115: structural schemas, and what they do to objects. */
import { describe, expect } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import {
  at,
  crds,
  defineWidgets,
  refusal,
  versionOf,
  type World,
  widget,
  widgets,
  widgetsCrd,
  widgetVersion,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const plain: JsonObject = {
  ...widgetVersion,
  selectableFields: [],
  additionalPrinterColumns: [],
  subresources: {},
}
const versionWith = (spec: JsonObject, more: JsonObject = {}): JsonObject => ({
  ...plain,
  schema: { openAPIV3Schema: { type: "object", properties: { spec }, ...more } },
})
const define = (world: World, properties: JsonObject) =>
  defineWidgets(world, { versions: [versionWith({ type: "object", properties })] })

const text = { type: "string" }
const unstructural: ReadonlyArray<readonly [string, JsonObject]> = [
  ["type: Required value", { type: "object", properties: { a: {} } }],
  ["anyOf[0].type: Forbidden", { type: "object", anyOf: [{ type: "object" }] }],
  ["allOf[0].default: Forbidden", { type: "object", properties: { a: text }, allOf: [{ default: {} }] }],
  ["not.description: Forbidden", { type: "object", not: { description: "x" } }],
  ["additionalProperties", { type: "object", properties: { a: text }, additionalProperties: text }],
  ["$ref", { $ref: "#/definitions/x", type: "object" }],
  ["items", { type: "array" }],
  ["uniqueItems", { type: "array", items: text, uniqueItems: true }],
  [
    "x-kubernetes-list-map-keys",
    { type: "array", "x-kubernetes-list-type": "map", items: { type: "object", properties: { a: text } } },
  ],
  ["default", { type: "object", properties: { a: { type: "integer", default: "x" } } }],
]

const spec = (sent: Json): JsonObject => ({ ...widget("a"), spec: sent })

export const schemasSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.10 schemas`, () => {
    statement("2.10.111 schemas are structural", async (world) => {
      for (const [why, schema] of unstructural) {
        const answer = await world.post(crds, widgetsCrd({ versions: [versionWith(schema)] }))
        expect(refusal(answer), JSON.stringify(schema)).toEqual([
          422,
          "Invalid",
          expect.stringContaining(why),
        ])
      }
      const metadata = versionWith(
        { type: "object" },
        { properties: { metadata: { type: "object", properties: { labels: { type: "object" } } } } },
      )
      const answer = await world.post(crds, widgetsCrd({ versions: [metadata] }))
      expect(refusal(answer)).toEqual([422, "Invalid", expect.stringContaining("metadata")])
      const named = versionWith(
        { type: "object" },
        {
          properties: {
            metadata: { type: "object", properties: { name: { type: "string", maxLength: 3 } } },
          },
        },
      )
      expect((await world.post(crds, widgetsCrd({ versions: [named] }))).status).toBe(201)
      expect((await world.post(widgets, widget("toolong"))).status).toBe(422)
    })

    statement("2.10.112 what is not declared is pruned on create, update and read", async (world) => {
      const kept = {
        type: "object",
        "x-kubernetes-preserve-unknown-fields": true,
        properties: { n: { type: "integer" } },
      }
      await define(world, { a: text, kept })
      const made = await world.post(widgets, spec({ a: "x", b: "y", kept: { any: [1], n: 1 } }))
      expect(made.json.spec).toEqual({ a: "x", kept: { any: [1], n: 1 } })
      const updated = await world.put(`${widgets}/a`, {
        ...made.json,
        spec: { a: "x", c: 1, kept: { other: true } },
      })
      expect(updated.json.spec).toEqual({ a: "x", kept: { other: true } })
      const typed = await world.patch(`${widgets}/a`, "merge", { spec: { kept: { n: "x" } } })
      expect(typed.status).toBe(422)
      const { json } = await world.get(`${crds}/widgets.example.com`)
      await world.put(`${crds}/widgets.example.com`, {
        ...json,
        spec: {
          ...(json.spec as JsonObject),
          versions: [
            versionWith({ type: "object", properties: { kept: { type: "object", properties: {} } } }),
          ],
        },
      })
      expect((await world.get(`${widgets}/a`)).json.spec).toEqual({ kept: {} })
    })

    statement(
      "2.10.113 defaults hold on requests and on reads, and for null where null is not allowed",
      async (world) => {
        await define(world, {
          a: { type: "string", default: "A" },
          n: { type: "string", nullable: true, default: "N" },
          plain: text,
          deep: { type: "object", default: {}, properties: { x: { type: "integer", default: 1 } } },
        })
        const made = await world.post(widgets, spec({ a: null, n: null, plain: null }))
        expect(made.json.spec).toEqual({ a: "A", n: null, deep: { x: 1 } })
        const { json } = await world.get(`${crds}/widgets.example.com`)
        await world.put(`${crds}/widgets.example.com`, {
          ...json,
          spec: {
            ...(json.spec as JsonObject),
            versions: [
              versionWith({
                type: "object",
                properties: { a: text, late: { type: "string", default: "L" } },
              }),
            ],
          },
        })
        const read = await world.get(`${widgets}/a`)
        expect(read.json.spec).toEqual({ a: "A", late: "L" })
        expect(versionOf(read.json)).toBe(versionOf(made.json))
        const list = await world.get(widgets)
        expect(at(list.json, "items.0.spec.late")).toBe("L")
      },
    )

    statement("2.10.114 int-or-string takes both as they are", async (world) => {
      await define(world, { port: { "x-kubernetes-int-or-string": true } })
      for (const port of [80, "http"]) {
        const { json } = await world.post(widgets, spec({ port }))
        expect(at(json, "spec.port")).toBe(port)
        await world.delete(`${widgets}/a`)
      }
      expect((await world.post(widgets, spec({ port: true }))).status).toBe(422)
    })

    statement("2.10.114 an embedded resource is an object by itself", async (world) => {
      await define(world, {
        template: {
          type: "object",
          "x-kubernetes-embedded-resource": true,
          "x-kubernetes-preserve-unknown-fields": true,
        },
      })
      const sent = (template: Json) => world.post(widgets, spec({ template }))
      expect(refusal(await sent({ kind: "Pod", metadata: { name: "x" } }))[0]).toBe(422)
      expect(refusal(await sent({ apiVersion: "v1", metadata: { name: "x" } }))[0]).toBe(422)
      expect(refusal(await sent({ apiVersion: "v1", kind: "Pod", metadata: { name: "X Y" } }))[0]).toBe(422)
      expect(
        (await sent({ apiVersion: "v1", kind: "Pod", metadata: { name: "x" }, spec: { a: 1 } })).status,
      ).toBe(201)
    })

    statement("2.10.115 sets and maps have no duplicates, unless they had them before", async (world) => {
      const lists = (type: string | undefined): JsonObject => ({
        set: {
          type: "array",
          items: text,
          ...(type === undefined ? {} : { "x-kubernetes-list-type": "set" }),
        },
        map: {
          type: "array",
          items: { type: "object", required: ["k"], properties: { k: text } },
          ...(type === undefined
            ? {}
            : { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"] }),
        },
        note: text,
      })
      await define(world, lists("set"))
      for (const sent of [{ set: ["a", "a"] }, { map: [{ k: "a" }, { k: "a" }] }]) {
        expect(refusal(await world.post(widgets, spec(sent)))).toEqual([
          422,
          "Invalid",
          expect.stringContaining("Duplicate value"),
        ])
      }
      const crdPath = `${crds}/widgets.example.com`
      const { json } = await world.get(crdPath)
      const redefine = (properties: JsonObject) =>
        world.patch(crdPath, "merge", { spec: { versions: [versionWith({ type: "object", properties })] } })
      expect(json.kind).toBe("CustomResourceDefinition")
      await redefine(lists(undefined))
      await world.post(widgets, spec({ set: ["a", "a"] }))
      await redefine(lists("set"))
      expect((await world.patch(`${widgets}/a`, "merge", { spec: { note: "x" } })).status).toBe(200)
      expect((await world.patch(`${widgets}/a`, "merge", { spec: { set: ["b", "b"] } })).status).toBe(422)
    })
  })
}
