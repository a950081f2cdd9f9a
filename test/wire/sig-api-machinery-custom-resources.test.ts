/**
 * Kubernetes' own conformance tests of sig-api-machinery about custom resources, re-expressed against this server and named
 * after them. Others, and what is out of scope: sig-api-machinery.test.ts.
 */
import { describe, expect } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import {
  at,
  configMap,
  crds,
  defineWidgets,
  namesOf,
  told,
  type World,
  widget,
  widgets,
  widgetsCrd,
  widgetVersion,
} from "./documents.ts"
import { memoryStore } from "./stores.ts"
import { serverOver, statementsOf } from "./suite.ts"

const conformance = statementsOf(serverOver(memoryStore))
const configMaps = "/api/v1/namespaces/default/configmaps"
const groupsOf = (answer: { readonly json: JsonObject }): ReadonlyArray<JsonObject> =>
  (answer.json.groups ?? []) as unknown as JsonObject[]

const loose: JsonObject = {
  ...widgetVersion,
  selectableFields: [],
  schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
}
const strict = "fieldValidation=Strict"
const applyAt = (world: World, body: Json | string, more = strict) =>
  world.patch(`${widgets}/w?fieldManager=m&${more}`, "apply", body)

describe("field_validation.go", () => {
  conformance("should detect unknown metadata fields of a typed object", async (world) => {
    const answer = await world.post(`${configMaps}?${strict}`, configMap("c", {}, { unknownMeta: "x" }))
    expect([answer.status, answer.json.message]).toEqual([
      400,
      expect.stringContaining('unknown field "metadata.unknownMeta"'),
    ])
  })

  conformance("should detect unknown and duplicate fields of a typed object", async (world) => {
    const body =
      '{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"unknown":1,"type":"ClusterIP","type":"ClusterIP"}}'
    const answer = await world.post(`/api/v1/namespaces/default/services?${strict}`, body)
    expect([answer.status, answer.json.message]).toEqual([
      400,
      expect.stringContaining(
        'strict decoding error: unknown field "spec.unknown", duplicate field "spec.type"',
      ),
    ])
  })

  conformance("should create/apply a valid CR for CRD with validation schema", async (world) => {
    await defineWidgets(world)
    expect((await world.post(`${widgets}?${strict}`, widget("a", { color: "blue" }))).status).toBe(201)
    expect((await applyAt(world, widget("w", { color: "blue" }))).status).toBe(201)
  })

  conformance(
    "should create/apply a CR with unknown fields for CRD with no validation schema",
    async (world) => {
      await defineWidgets(world, { versions: [loose] })
      expect((await world.post(`${widgets}?${strict}`, widget("a", { anything: 1 }))).status).toBe(201)
      const applied = await applyAt(world, widget("w", { anything: 1 }))
      expect([applied.status, at(applied.json, "spec.anything")]).toEqual([201, 1])
    },
  )

  conformance(
    "should create/apply an invalid CR with extra properties for CRD with validation schema",
    async (world) => {
      await defineWidgets(world)
      const answer = await applyAt(world, widget("w", { extra: 1 }), "fieldValidation=Ignore")
      expect(String(answer.json.message)).toContain(".spec.extra: field not declared in schema")
    },
  )

  conformance(
    "should detect unknown metadata fields in both the root and embedded object of a CR",
    async (world) => {
      const properties = {
        spec: {
          type: "object",
          properties: {
            template: {
              type: "object",
              "x-kubernetes-embedded-resource": true,
              "x-kubernetes-preserve-unknown-fields": true,
            },
          },
        },
      }
      await defineWidgets(world, {
        versions: [{ ...loose, schema: { openAPIV3Schema: { type: "object", properties } } }],
      })
      const sent = widget(
        "a",
        { template: { apiVersion: "v1", kind: "P", metadata: { name: "p", unknownSub: 1 } } },
        { unknownMeta: 1 },
      )
      const message = String((await world.post(`${widgets}?${strict}`, sent)).json.message)
      expect(message).toContain('unknown field "metadata.unknownMeta"')
      expect(message).toContain('unknown field "spec.template.metadata.unknownSub"')
    },
  )

  conformance("should detect duplicates in a CR when preserving unknown fields", async (world) => {
    await defineWidgets(world, { versions: [loose] })
    const text =
      '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"foo":"a","foo":"b"}}'
    expect((await world.post(`${widgets}?${strict}`, text)).json.message).toContain(
      'duplicate field "spec.foo"',
    )
    const yaml = "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  foo: a\n  foo: b\n"
    expect((await applyAt(world, yaml)).json.message).toContain('line 7: key "foo" already set in map')
  })
})

const crdPath = `${crds}/widgets.example.com`

describe("crd_watch.go", () => {
  conformance("CustomResourceDefinition Watch watch on custom resource definition objects", async (world) => {
    await defineWidgets(world)
    const watch = await world.watch(`${widgets}?watch=true`)
    await world.post(widgets, widget("a"))
    await world.post(widgets, widget("b"))
    await world.patch(`${widgets}/a`, "merge", { spec: { color: "blue" } })
    await world.delete(`${widgets}/a`)
    await world.delete(`${widgets}/b`)
    expect(told(await watch.take(5))).toEqual(["ADDED a", "ADDED b", "MODIFIED a", "DELETED a", "DELETED b"])
  })
})

const statusOf = (type: string) => ({
  conditions: [
    {
      type,
      status: "True",
      reason: "E2E",
      message: "set from a test",
      lastTransitionTime: "2030-01-01T00:00:00Z",
    },
  ],
})

describe("custom_resource_definition.go", () => {
  conformance("creating/deleting custom resource definition objects works", async (world) => {
    await defineWidgets(world)
    expect((await world.delete(crdPath)).status).toBe(200)
    await expect.poll(async () => (await world.get(crdPath)).status).toBe(404)
  })

  conformance("listing custom resource definition objects works", async (world) => {
    for (const [plural, kind] of [
      ["things", "Thing"],
      ["gadgets", "Gadget"],
    ] as const) {
      const { spec } = widgetsCrd() as { readonly spec: JsonObject }
      await world.post(crds, {
        ...widgetsCrd(),
        metadata: { name: `${plural}.example.com`, labels: { e2e: "yes" } },
        spec: { ...spec, names: { plural, kind } },
      })
    }
    await defineWidgets(world)
    expect(namesOf(await world.get(`${crds}?labelSelector=e2e%3Dyes`))).toEqual([
      "gadgets.example.com",
      "things.example.com",
    ])
    await world.delete(`${crds}?labelSelector=e2e%3Dyes`)
    await expect.poll(async () => namesOf(await world.get(crds))).toEqual(["widgets.example.com"])
  })

  conformance(
    "getting/updating/patching custom resource definition status sub-resource works",
    async (world) => {
      await defineWidgets(world)
      const found = await world.get(`${crdPath}/status`)
      const conditions = (object: JsonObject) =>
        (at(object, "status.conditions") ?? []) as unknown as ReadonlyArray<JsonObject>
      const put = await world.put(`${crdPath}/status`, {
        ...found.json,
        status: {
          ...(found.json.status as JsonObject),
          conditions: [...conditions(found.json), ...statusOf("Updated").conditions] as unknown as Json,
        },
      })
      expect(conditions(put.json).map(({ type }) => type)).toContain("Updated")
      const patched = await world.patch(`${crdPath}/status`, "merge", {
        status: {
          ...(put.json.status as JsonObject),
          conditions: [...conditions(put.json), ...statusOf("Patched").conditions] as unknown as Json,
        },
      })
      expect(conditions(patched.json).map(({ type }) => type)).toEqual(
        expect.arrayContaining(["Updated", "Patched"]),
      )
      expect((await world.get(widgets)).status).toBe(200)
    },
  )

  conformance("should include custom resource definition resources in discovery documents", async (world) => {
    expect(groupsOf(await world.get("/apis")).map(({ name }) => name)).toContain("apiextensions.k8s.io")
    expect(at((await world.get("/apis/apiextensions.k8s.io")).json, "versions.0.groupVersion")).toBe(
      "apiextensions.k8s.io/v1",
    )
    const { text } = await world.get("/apis/apiextensions.k8s.io/v1")
    expect(text).toContain('"name":"customresourcedefinitions"')
  })

  conformance("custom resource defaulting for requests and from storage works", async (world) => {
    await defineWidgets(world)
    const setDefaults = async (fields: JsonObject) => {
      const { json } = await world.get(crdPath)
      const properties = { spec: { type: "object", properties: fields } }
      const version = {
        ...widgetVersion,
        selectableFields: [],
        schema: { openAPIV3Schema: { type: "object", properties } },
      }
      return world.put(crdPath, { ...json, spec: { ...(json.spec as JsonObject), versions: [version] } })
    }
    const string = { type: "string" }
    await setDefaults({ a: string, b: string })
    await world.post(widgets, widget("w"))
    expect((await setDefaults({ a: { ...string, default: "A" }, b: string })).status).toBe(200)
    expect(at((await world.get(`${widgets}/w`)).json, "spec")).toEqual({ a: "A" })
    await setDefaults({ a: { ...string, default: "A" }, b: { ...string, default: "B" } })
    const written = await world.patch(`${widgets}/w`, "merge", { metadata: { labels: { x: "y" } } })
    expect(at(written.json, "spec")).toEqual({ a: "A", b: "B" })
    await setDefaults({ a: string, b: { ...string, default: "C" } })
    expect(at((await world.get(`${widgets}/w`)).json, "spec")).toEqual({ a: "A", b: "B" })
  })
})

const openapi = async (world: World, groupVersion: string): Promise<JsonObject | undefined> => {
  const index = await world.get("/openapi/v3")
  const url = at((index.json.paths as JsonObject)[groupVersion], "serverRelativeURL")
  return url === undefined ? undefined : (await world.get(String(url))).json
}
const schemaOf = (document: JsonObject | undefined, name: string): JsonObject | undefined =>
  (at(document, "components.schemas") as JsonObject | undefined)?.[name] as JsonObject | undefined
const named = (group: string, kind: string, version: JsonObject = widgetVersion): JsonObject => {
  const plural = `${kind.toLowerCase()}s`
  const { spec } = widgetsCrd({ versions: [version] }) as { readonly spec: JsonObject }
  return {
    ...widgetsCrd(),
    metadata: { name: `${plural}.${group}` },
    spec: { ...spec, group, names: { plural, kind } },
  }
}
const schema = (openAPIV3Schema: JsonObject): JsonObject => ({
  ...widgetVersion,
  selectableFields: [],
  schema: { openAPIV3Schema },
})

describe("crd_publish_openapi.go", () => {
  conformance("works for CRD with validation schema", async (world) => {
    const spec = {
      type: "object",
      description: "What it is.",
      required: ["size"],
      properties: { size: { type: "integer", description: "How big." } },
    }
    await defineWidgets(world, {
      versions: [schema({ type: "object", description: "A widget.", properties: { spec } })],
    })
    const document = await openapi(world, "apis/example.com/v1")
    const published = schemaOf(document, "com.example.v1.Widget")
    expect([published?.description, at(published, "properties.spec.properties.size.description")]).toEqual([
      "A widget.",
      "How big.",
    ])
    expect(at(published, "properties.spec.required")).toEqual(["size"])
    expect((await world.post(`${widgets}?${strict}`, widget("a", { size: 1, color: "x" }))).status).toBe(400)
    expect((await world.post(`${widgets}?${strict}`, widget("a"))).status).toBe(422)
  })

  conformance("works for CRD without validation schema", async (world) => {
    await defineWidgets(world, { versions: [loose] })
    expect(schemaOf(await openapi(world, "apis/example.com/v1"), "com.example.v1.Widget")).toBeDefined()
  })

  conformance("works for CRD preserving unknown fields at the schema root", async (world) => {
    await defineWidgets(world, { versions: [loose] })
    expect(schemaOf(await openapi(world, "apis/example.com/v1"), "com.example.v1.Widget")).toMatchObject({
      "x-kubernetes-preserve-unknown-fields": true,
    })
    expect(
      (await world.post(`${widgets}?${strict}`, { ...widget("a"), extra: { a: 1 } })).json,
    ).toMatchObject({ extra: { a: 1 } })
  })

  conformance("works for CRD preserving unknown fields in an embedded object", async (world) => {
    const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true }
    await defineWidgets(world, { versions: [schema({ type: "object", properties: { spec: open } })] })
    expect((await world.post(`${widgets}?${strict}`, widget("a", { extra: [1] }))).json).toMatchObject({
      spec: { extra: [1] },
    })
    expect((await world.post(`${widgets}?${strict}`, { ...widget("b"), extra: 1 })).status).toBe(400)
  })

  conformance("works for multiple CRDs of different groups", async (world) => {
    await world.post(crds, named("one.example.com", "Thing"))
    await world.post(crds, named("two.example.com", "Thing"))
    expect(
      schemaOf(await openapi(world, "apis/one.example.com/v1"), "com.example.one.v1.Thing"),
    ).toBeDefined()
    expect(
      schemaOf(await openapi(world, "apis/two.example.com/v1"), "com.example.two.v1.Thing"),
    ).toBeDefined()
  })

  conformance("works for multiple CRDs of same group but different versions", async (world) => {
    await world.post(crds, named("example.com", "Thing"))
    await world.post(crds, named("example.com", "Gadget", { ...widgetVersion, name: "v2" }))
    expect(schemaOf(await openapi(world, "apis/example.com/v1"), "com.example.v1.Thing")).toBeDefined()
    expect(schemaOf(await openapi(world, "apis/example.com/v2"), "com.example.v2.Gadget")).toBeDefined()
  })

  conformance("works for multiple CRDs of same group and version but different kinds", async (world) => {
    await world.post(crds, named("example.com", "Thing"))
    await world.post(crds, named("example.com", "Gadget"))
    const document = await openapi(world, "apis/example.com/v1")
    for (const kind of ["Thing", "Gadget"]) expect(schemaOf(document, `com.example.v1.${kind}`)).toBeDefined()
  })

  conformance("updates the published spec when one version gets renamed", async (world) => {
    const two = (name: string) => [widgetVersion, { ...widgetVersion, name, storage: false }]
    await defineWidgets(world, { versions: two("v2") })
    expect(schemaOf(await openapi(world, "apis/example.com/v2"), "com.example.v2.Widget")).toBeDefined()
    await world.patch(crdPath, "merge", { spec: { versions: two("v4") as unknown as Json } })
    expect(await openapi(world, "apis/example.com/v2")).toBeUndefined()
    expect(schemaOf(await openapi(world, "apis/example.com/v4"), "com.example.v4.Widget")).toBeDefined()
    expect(schemaOf(await openapi(world, "apis/example.com/v1"), "com.example.v1.Widget")).toBeDefined()
  })

  conformance(
    "removes definition from spec when one version gets changed to not be served",
    async (world) => {
      const two = (served: boolean) => [
        widgetVersion,
        { ...widgetVersion, name: "v2", storage: false, served },
      ]
      await defineWidgets(world, { versions: two(true) })
      await world.patch(crdPath, "merge", { spec: { versions: two(false) as unknown as Json } })
      expect(await openapi(world, "apis/example.com/v2")).toBeUndefined()
      expect(schemaOf(await openapi(world, "apis/example.com/v1"), "com.example.v1.Widget")).toBeDefined()
    },
  )
})
