import { expect, test } from "vitest"
import type { Json, JsonObject } from "../schemas/index.ts"
import { ApiServer } from "./server.ts"
import { at, crds, type World, widget, widgets, widgetsCrd, widgetVersion, withServer } from "./test-world.ts"

const conditions = (crd: JsonObject): Record<string, Json | undefined> =>
  Object.fromEntries(
    (at(crd, "status.conditions") as unknown as ReadonlyArray<JsonObject>).map((one) => [
      one.type,
      one.status,
    ]),
  )

const gone = async (world: World, path: string): Promise<void> => {
  for (let turn = 0; turn < 200; turn++) {
    if ((await world.get(path)).status === 404) return
    await new Promise(setImmediate)
  }
  throw new Error(`${path} is still there`)
}

test(
  "a custom kind is served as soon as its definition is answered",
  withServer(async (world) => {
    expect((await world.get(widgets)).text).toBe("404 page not found\n")
    const crd = await world.post(crds, widgetsCrd())
    expect(crd.status).toBe(201)
    expect(conditions(crd.json)).toEqual({ NamesAccepted: "True", Established: "True" })
    expect(at(crd.json, "status.storedVersions")).toEqual(["v1"])
    expect(at(crd.json, "status.acceptedNames.singular")).toBe("widget")
    const made = await world.post(widgets, widget("w", { junk: 1 }))
    expect([made.status, made.json.spec]).toEqual([201, { color: "red" }])
    expect(at((await world.get("/apis/example.com/v1")).json, "resources.0.name")).toBe("widgets")
    expect((await world.get("/openapi/v3")).text).toContain("apis/example.com/v1")
  }),
)

test(
  "a deleted definition takes its objects along, and leaves discovery and OpenAPI",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    for (const name of ["a", "b"]) await world.post(widgets, widget(name))
    const watch = await world.watch(`${widgets}?watch=true&resourceVersion=0`)
    await watch.take(2)
    const deleted = await world.delete(`${crds}/widgets.example.com`)
    expect(at(deleted.json, "metadata.finalizers")).toEqual(["customresourcecleanup.apiextensions.k8s.io"])
    await gone(world, `${crds}/widgets.example.com`)
    expect((await watch.take(9)).map((event) => event.type)).toEqual(["DELETED", "DELETED"])
    expect((await world.get(widgets)).status).toBe(404)
    expect((await world.get("/apis/example.com")).status).toBe(404)
    expect((await world.get("/openapi/v3")).text).not.toContain("example.com")
    await world.post(crds, widgetsCrd())
    expect((await world.get(widgets)).json.items).toEqual([])
  }),
)

test(
  "a definition waits for objects that finalizers hold, and nothing new is created meanwhile",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    await world.post(widgets, widget("w", {}, { finalizers: ["example.com/hold"] }))
    await world.delete(`${crds}/widgets.example.com`)
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    expect(at((await world.get(`${widgets}/w`)).json, "metadata.deletionTimestamp")).toBeDefined()
    const refused = await world.post(widgets, widget("x"))
    expect([refused.status, refused.json.message]).toEqual([
      405,
      "create not allowed while custom resource definition is terminating",
    ])
    await world.patch(`${widgets}/w`, "merge", { metadata: { finalizers: null } })
    await gone(world, `${crds}/widgets.example.com`)
  }),
)

const schema = (openAPIV3Schema: JsonObject) =>
  widgetsCrd({ versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema } }] })

test.each([
  [
    "a name that is not plural.group",
    { ...widgetsCrd(), metadata: { name: "other.example.com" } },
    "metadata.name",
  ],
  [
    "two storage versions",
    widgetsCrd({ versions: [widgetVersion, { ...widgetVersion, name: "v2" }] }),
    "spec.versions",
  ],
  ["no storage version", widgetsCrd({ versions: [{ ...widgetVersion, storage: false }] }), "spec.versions"],
  [
    "the same version twice",
    widgetsCrd({ versions: [widgetVersion, { ...widgetVersion, storage: false }] }),
    "spec.versions[1].name",
  ],
  [
    "a schema that is not structural",
    schema({ type: "object", properties: { a: {} } }),
    "spec.versions[0].schema.openAPIV3Schema.properties[a].type",
  ],
  [
    "a selectable field of metadata",
    widgetsCrd({ versions: [{ ...widgetVersion, selectableFields: [{ jsonPath: ".metadata.name" }] }] }),
    "spec.versions[0].selectableFields[0].jsonPath",
  ],
  [
    "a column whose path cannot be read",
    widgetsCrd({
      versions: [
        { ...widgetVersion, additionalPrinterColumns: [{ name: "X", type: "string", jsonPath: ".a[" }] },
      ],
    }),
    "spec.versions[0].additionalPrinterColumns[0].jsonPath",
  ],
] as const)("a definition with %s is refused", (_name, crd, field) =>
  withServer(async (world) => {
    const answer = await world.post(crds, crd as unknown as Json)
    expect(answer.status).toBe(422)
    const causes = at(answer.json, "details.causes") as unknown as ReadonlyArray<{ field: string }>
    expect(causes.map((cause) => cause.field)).toContain(field)
  })(),
)

test(
  "conversion by webhook is refused, since it would not be done",
  withServer(async (world) => {
    const crd = widgetsCrd()
    const conversion = {
      strategy: "Webhook",
      webhook: { conversionReviewVersions: ["v1"], clientConfig: { url: "https://x" } },
    }
    const answer = await world.post(crds, { ...crd, spec: { ...(crd.spec as JsonObject), conversion } })
    expect([answer.status, at(answer.json, "details.causes.0.field")]).toEqual([
      422,
      "spec.conversion.strategy",
    ])
  }),
)

test(
  "a group of Kubernetes needs an approval",
  withServer(async (world) => {
    const crd = widgetsCrd()
    const foreign = {
      ...crd,
      metadata: { name: "widgets.x.k8s.io" },
      spec: { ...(crd.spec as JsonObject), group: "x.k8s.io" },
    }
    expect((await world.post(crds, foreign)).status).toBe(422)
    const annotations = { "api-approved.kubernetes.io": "unapproved, experimental" }
    expect(
      (await world.post(crds, { ...foreign, metadata: { name: "widgets.x.k8s.io", annotations } })).status,
    ).toBe(201)
  }),
)

test(
  "a definition whose kind is taken is not served until it is free",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const gadgets = {
      ...widgetsCrd({ names: { plural: "gadgets", kind: "Widget" } }),
      metadata: { name: "gadgets.example.com" },
    }
    const second = await world.post(crds, gadgets)
    expect(conditions(second.json)).toEqual({ NamesAccepted: "False", Established: "False" })
    const path = "/apis/example.com/v1/namespaces/default/gadgets"
    expect((await world.get(path)).status).toBe(404)
    await world.delete(`${crds}/widgets.example.com`)
    await gone(world, `${crds}/widgets.example.com`)
    for (let turn = 0; turn < 50 && (await world.get(path)).status === 404; turn++)
      await new Promise(setImmediate)
    expect((await world.get(path)).status).toBe(200)
  }),
)

test(
  "every served version reads every object, and conversion changes apiVersion only",
  withServer(async (world) => {
    const v2 = { ...widgetVersion, name: "v2", storage: false }
    await world.post(crds, widgetsCrd({ versions: [widgetVersion, v2] }))
    const at2 = widgets.replace("v1", "v2")
    const made = await world.post(at2, { ...widget("w", { color: "blue" }), apiVersion: "example.com/v2" })
    expect([made.status, made.json.apiVersion]).toEqual([201, "example.com/v2"])
    const read = await world.get(`${widgets}/w`)
    expect([read.json.apiVersion, at(read.json, "spec.color")]).toEqual(["example.com/v1", "blue"])
    expect(at(read.json, "metadata.resourceVersion")).toBe(at(made.json, "metadata.resourceVersion"))
    const watch = await world.watch(`${at2}?watch=true`)
    expect((await watch.next())?.object.apiVersion).toBe("example.com/v2")
    const list = await world.get(at2)
    expect([list.json.apiVersion, at(list.json, "items.0.apiVersion")]).toEqual([
      "example.com/v2",
      "example.com/v2",
    ])
    const unserved = await world.patch(`${crds}/widgets.example.com`, "json", [
      { op: "replace", path: "/spec/versions/1/served", value: false },
    ])
    expect(unserved.status).toBe(200)
    expect((await world.get(at2)).status).toBe(404)
  }),
)

test(
  "a changed schema is in force at once: stored objects are read through it",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    await world.post(widgets, widget("w", { color: "blue" }))
    const base = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties"
    await world.patch(`${crds}/widgets.example.com`, "json", [
      { op: "add", path: `${base}/size`, value: { type: "string", default: "small" } },
      { op: "remove", path: `${base}/color` },
      { op: "remove", path: "/spec/versions/0/selectableFields" },
    ])
    expect((await world.get(`${widgets}/w`)).json.spec).toEqual({ size: "small" })
    expect(at((await world.get(widgets)).json, "items.0.spec")).toEqual({ size: "small" })
  }),
)

test(
  "what may not change once established is refused",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const change = (value: JsonObject) => world.patch(`${crds}/widgets.example.com`, "merge", { spec: value })
    expect((await change({ scope: "Cluster" })).status).toBe(422)
    expect((await change({ names: { kind: "Other" } })).status).toBe(422)
    expect((await change({ names: { shortNames: ["wdg"] } })).status).toBe(200)
  }),
)

test(
  "a deprecated version warns on each use",
  withServer(async (world) => {
    await world.post(
      crds,
      widgetsCrd({ versions: [{ ...widgetVersion, deprecated: true, deprecationWarning: "use v2" }] }),
    )
    expect((await world.get(widgets)).headers.warning).toBe('299 - "use v2"')
  }),
)

test(
  "a cluster-scoped kind is not found in a namespace, nor a namespaced one outside",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd({ scope: "Cluster" }))
    expect((await world.get(widgets)).status).toBe(404)
    expect((await world.post("/apis/example.com/v1/widgets", widget("w"))).status).toBe(201)
    expect((await world.get("/apis/example.com/v1/widgets/w")).status).toBe(200)
    expect((await world.get("/api/v1/configmaps/a")).status).toBe(404)
    expect((await world.post("/api/v1/configmaps", {})).status).toBe(405)
  }),
)

test(
  "a server that starts finds the kinds and objects of another",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    await world.post(widgets, widget("w"))
    await withServer(
      async (second) => {
        expect((await second.get(`${widgets}/w`)).status).toBe(200)
        await second.post(widgets, widget("x"))
        expect((await world.get(`${widgets}/x`)).status).toBe(200)
        await second.delete(`${crds}/widgets.example.com`)
        await gone(world, `${crds}/widgets.example.com`)
        expect((await world.get(widgets)).status).toBe(404)
      },
      { store: world.store },
    )()
  }),
)

test("a definition that cannot be served fails the start as an error value", async () => {
  const { Effect } = await import("effect")
  const { makeMemoryStore } = await import("../store/index.ts")
  const definition = {
    group: "x.y",
    scope: "Cluster",
    names: { plural: "as", singular: "a", kind: "A", listKind: "AList" },
    versions: [],
  } as const
  const made = Effect.scoped(ApiServer.make({ store: makeMemoryStore(), definitions: [definition] }))
  const error = await Effect.runPromise(Effect.flip(made))
  expect(error.reason).toBe("InvalidDefinition")
})
