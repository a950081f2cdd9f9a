import { afterEach, expect, test } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import {
  converted,
  startWebhookServer,
  type WebhookHandler,
  type WebhookServer,
} from "../admission/testing/webhook-server.ts"
import { documentOf } from "../causes/cause.ts"
import { at, crds, type World, widgetsCrd, withServer } from "../test-world.ts"

/** What is stored, without the cause that is kept with it. */
const storedObject = (value: Uint8Array | undefined) =>
  JSON.parse(Buffer.from(documentOf(value ?? new Uint8Array())).toString("utf8"))

let open: WebhookServer[] = []
afterEach(async () => {
  await Promise.all(open.map((server) => server.close()))
  open = []
})

/** v1 has `host: "a:1"`, v2 has host and port apart. */
const convertOne = (object: JsonObject, apiVersion: string): JsonObject => {
  const spec = (object.spec ?? {}) as JsonObject
  if (apiVersion.endsWith("v2")) {
    const [host = "", port = "0"] = String(spec.address).split(":")
    return { ...object, apiVersion, spec: { host, port: Number(port) } }
  }
  return { ...object, apiVersion, spec: { address: `${spec.host}:${spec.port}` } }
}

const convert: WebhookHandler = (review) => {
  const { desiredAPIVersion, objects } = review.request as JsonObject
  const given = objects as unknown as ReadonlyArray<JsonObject>
  return converted(
    review,
    given.map((object) => convertOne(object, String(desiredAPIVersion))),
  )
}

const versionOf = (name: string, storage: boolean, properties: JsonObject): JsonObject => ({
  name,
  served: true,
  storage,
  subresources: { status: {} },
  schema: {
    openAPIV3Schema: {
      type: "object",
      properties: {
        spec: { type: "object", properties },
        status: { type: "object", properties: { ready: { type: "boolean" } } },
      },
    },
  },
})

const v1 = (storage: boolean) => versionOf("v1", storage, { address: { type: "string" } })
const v2 = (storage: boolean) =>
  versionOf("v2", storage, { host: { type: "string" }, port: { type: "integer", default: 80 } })

const conversion = (server: Pick<WebhookServer, "url" | "caBundle">): JsonObject => ({
  strategy: "Webhook",
  webhook: {
    conversionReviewVersions: ["v1"],
    clientConfig: { url: `${server.url}/convert`, caBundle: server.caBundle },
  },
})

const start = async (handler: WebhookHandler = convert): Promise<WebhookServer> => {
  const server = await startWebhookServer({ "/convert": handler })
  open.push(server)
  return server
}

const define = async (
  world: World,
  server: WebhookServer,
  versions: ReadonlyArray<JsonObject> = [v1(true), v2(false)],
): Promise<void> => {
  const crd = widgetsCrd({ versions })
  const made = await world.post(crds, {
    ...crd,
    spec: { ...(crd.spec as JsonObject), conversion: conversion(server) },
  })
  expect(made.json.message).toBeUndefined()
}

const path = (version: string): string => `/apis/example.com/${version}/namespaces/default/widgets`

const address = (name: string, value: string): JsonObject => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name },
  spec: { address: value },
})

const storeV2 = (world: World) =>
  world.patch(`${crds}/widgets.example.com`, "json", [
    { op: "replace", path: "/spec/versions/0/storage", value: false },
    { op: "replace", path: "/spec/versions/1/storage", value: true },
  ])

test(
  "an object is read, listed, watched and shown as a table in the version that is asked for",
  withServer(async (world) => {
    const server = await start()
    await define(world, server)
    const made = await world.post(path("v1"), address("a", "h:1"))
    const read = await world.get(`${path("v2")}/a`)
    expect([read.json.apiVersion, read.json.spec]).toEqual(["example.com/v2", { host: "h", port: 1 }])
    expect(at(read.json, "metadata")).toEqual(at(made.json, "metadata"))
    const listed = await world.get(path("v2"))
    expect([listed.json.apiVersion, at(listed.json, "items.0.spec")]).toEqual([
      "example.com/v2",
      { host: "h", port: 1 },
    ])
    const watch = await world.watch(`${path("v2")}?watch=true`)
    expect((await watch.next())?.object.spec).toEqual({ host: "h", port: 1 })
    await world.patch(`${path("v1")}/a`, "merge", { spec: { address: "h:2" } })
    await world.delete(`${path("v1")}/a`)
    const events = await watch.take(2)
    expect(events.map(({ type, object }) => [type, object.spec])).toEqual([
      ["MODIFIED", { host: "h", port: 2 }],
      ["DELETED", { host: "h", port: 2 }],
    ])
    watch.close()
    const { request, ...review } = server.asked[0]?.body ?? {}
    expect(review).toEqual({ kind: "ConversionReview", apiVersion: "apiextensions.k8s.io/v1" })
    expect(at(request, "desiredAPIVersion")).toBe("example.com/v2")
    expect(at(request, "objects.0.apiVersion")).toBe("example.com/v1")
  }),
)

test(
  "parts of objects are of the version that is asked for, and so is what counts as unchanged",
  withServer(async (world) => {
    await define(world, await start())
    await world.post(path("v1"), address("a", "h:1"))
    expect((await world.get(`${path("v2")}/a?fields=spec.port`)).json.spec).toEqual({ port: 1 })
    expect(at((await world.get(`${path("v2")}?fields=spec.port`)).json, "items.0.spec")).toEqual({ port: 1 })
    expect((await world.get(`${path("v2")}?fields=spec.address`)).status).toBe(400)
    const watch = await world.watch(
      `${path("v2")}?watch=true&fields=spec.port&skipUnchanged=true&allowWatchBookmarks=true`,
    )
    expect((await watch.next())?.object.spec).toEqual({ port: 1 })
    const moved = await world.patch(`${path("v1")}/a`, "merge", { spec: { address: "other:1" } })
    const bookmark = await watch.next()
    expect([bookmark?.type, at(bookmark?.object, "metadata.resourceVersion")]).toEqual([
      "BOOKMARK",
      at(moved.json, "metadata.resourceVersion"),
    ])
    await world.patch(`${path("v1")}/a`, "merge", { spec: { address: "other:2" } })
    const changed = await watch.next()
    expect([changed?.type, changed?.object.spec]).toEqual(["MODIFIED", { port: 2 }])
    watch.close()
  }),
)

test(
  "writes in another version are stored in the storage version",
  withServer(async (world) => {
    await define(world, await start())
    const made = await world.post(path("v2"), {
      apiVersion: "example.com/v2",
      kind: "Widget",
      metadata: { name: "a" },
      spec: { host: "h" },
    })
    expect([made.status, made.json.spec]).toEqual([201, { host: "h", port: 80 }])
    expect((await world.get(`${path("v1")}/a`)).json.spec).toEqual({ address: "h:80" })
    const patched = await world.patch(`${path("v2")}/a`, "merge", { spec: { port: 2 } })
    expect([patched.status, patched.json.spec, at(patched.json, "metadata.generation")]).toEqual([
      200,
      { host: "h", port: 2 },
      2,
    ])
    const status = await world.patch(`${path("v2")}/a/status`, "merge", { status: { ready: true } })
    expect([status.json.spec, status.json.status]).toEqual([{ host: "h", port: 2 }, { ready: true }])
    const applied = await world.send("PATCH", `${path("v2")}/a?fieldManager=m&force=true`, {
      headers: { "content-type": "application/apply-patch+yaml" },
      body: { apiVersion: "example.com/v2", kind: "Widget", spec: { port: 3 } },
    })
    expect([applied.status, applied.json.spec]).toEqual([200, { host: "h", port: 3 }])
    expect((await world.get(`${path("v1")}/a`)).json.spec).toEqual({ address: "h:3" })
    const { kv } = await world.store.get("/registry/example.com/widgets/default/a")
    expect(storedObject(kv?.value).apiVersion).toBe("example.com/v1")
  }),
)

test(
  "a list of objects stored in several versions is of one version, and needs one question",
  withServer(async (world) => {
    const server = await start()
    await define(world, server)
    for (const name of ["a", "b"]) await world.post(path("v1"), address(name, `${name}:1`))
    expect((await storeV2(world)).status).toBe(200)
    await world.post(path("v2"), {
      apiVersion: "example.com/v2",
      kind: "Widget",
      metadata: { name: "c" },
      spec: { host: "c", port: 1 },
    })
    const asked = server.asked.length
    const listed = await world.get(path("v2"))
    const items = listed.json.items as unknown as ReadonlyArray<JsonObject>
    expect(items.map((item) => at(item, "spec.host") as Json)).toEqual(["a", "b", "c"])
    expect(server.asked.length).toBe(asked + 1)
    expect(at(server.asked.at(-1)?.body, "request.objects.length")).toBe(2)
    const old = (await world.get(path("v1"))).json.items as unknown as ReadonlyArray<JsonObject>
    expect(old.map((item) => at(item, "spec.address") as Json)).toEqual(["a:1", "b:1", "c:1"])
    expect(at((await world.get(`${crds}/widgets.example.com`)).json, "status.storedVersions")).toEqual([
      "v1",
      "v2",
    ])
  }),
)

test(
  "a server that starts over mixed stored versions reads them all",
  withServer(async (world) => {
    await define(world, await start())
    await world.post(path("v1"), address("a", "a:1"))
    await storeV2(world)
    await withServer(
      async (second) => {
        expect((await second.get(`${path("v2")}/a`)).json.spec).toEqual({ host: "a", port: 1 })
        expect((await second.get(`${path("v1")}/a`)).json.spec).toEqual({ address: "a:1" })
      },
      { store: world.store },
    )()
  }),
)

test(
  "a write that changes nothing moves an object to the storage version, and then its old version can go",
  withServer(async (world) => {
    await define(world, await start())
    await world.post(path("v1"), address("a", "a:1"))
    await storeV2(world)
    const before = await world.get(`${path("v2")}/a`)
    const moved = await world.put(`${path("v2")}/a`, before.json)
    expect(moved.status).toBe(200)
    const { kv } = await world.store.get("/registry/example.com/widgets/default/a")
    expect(storedObject(kv?.value).apiVersion).toBe("example.com/v2")
    const again = await world.put(`${path("v2")}/a`, moved.json)
    expect(at(again.json, "metadata.resourceVersion")).toBe(at(moved.json, "metadata.resourceVersion"))
    const crd = `${crds}/widgets.example.com`
    const drop = [{ op: "remove", path: "/spec/versions/0" }]
    const refused = await world.patch(crd, "json", drop)
    expect([refused.status, at(refused.json, "details.causes.0.field")]).toEqual([
      422,
      "status.storedVersions[0]",
    ])
    expect(refused.json.message).toContain(
      "v1 was previously a storage version, and must remain in spec.versions",
    )
    expect((await world.patch(`${crd}/status`, "merge", { status: { storedVersions: ["v1"] } })).status).toBe(
      422,
    )
    expect((await world.patch(`${crd}/status`, "merge", { status: { storedVersions: ["v2"] } })).status).toBe(
      200,
    )
    expect((await world.patch(crd, "json", drop)).status).toBe(200)
    expect((await world.get(`${path("v2")}/a`)).json.spec).toEqual({ host: "a", port: 1 })
  }),
)

const prefix = "conversion webhook for example.com/v1, Kind=Widget "

const changed =
  (change: (object: JsonObject) => Json): WebhookHandler =>
  (review) => {
    const { desiredAPIVersion, objects } = review.request as JsonObject
    const given = objects as unknown as ReadonlyArray<JsonObject>
    return converted(
      review,
      given.map((object) => change(convertOne(object, String(desiredAPIVersion)))),
    )
  }

test.each([
  [
    "says so",
    (review: JsonObject) => ({
      ...converted(review, []),
      response: { uid: at(review, "request.uid") ?? "", result: { status: "Failure", message: "cannot" } },
    }),
    `${prefix}failed: cannot`,
  ],
  [
    "returns too few objects",
    (review: JsonObject) => converted(review, []),
    `${prefix}returned 0 objects, expected 1`,
  ],
  ["answers with an HTTP error", () => 500, `${prefix}failed: Post`],
  [
    "answers another question",
    (review: JsonObject) => ({ ...converted(review, []), response: { uid: "x" } }),
    `${prefix}failed: expected response.uid=`,
  ],
  [
    "changes the kind",
    changed((object) => ({ ...object, kind: "Other" })),
    `${prefix}returned invalid converted object at index 0: must have the same kind: Other != Widget`,
  ],
  [
    "changes the name",
    changed((object) => ({ ...object, metadata: { ...(object.metadata as JsonObject), name: "z" } })),
    "must have the same metadata/name: z != a",
  ],
  [
    "leaves the version",
    changed((object) => ({ ...object, apiVersion: "example.com/v1" })),
    "invalid apiVersion: example.com/v1, expected example.com/v2",
  ],
  ["returns no object", changed(() => 1), "it is not an object"],
] as const)("a webhook that %s fails the request with 500", (_name, handler, message) =>
  withServer(async (world) => {
    await define(world, await start(handler as WebhookHandler))
    await world.post(path("v1"), address("a", "h:1"))
    for (const url of [`${path("v2")}/a`, path("v2")]) {
      const failed = await world.get(url)
      expect([failed.status, failed.json.reason]).toEqual([500, "InternalError"])
      expect(failed.json.message).toContain(message)
    }
    const watch = await world.watch(`${path("v2")}?watch=true`)
    const event = await watch.next()
    expect([event?.type, event?.object.code]).toEqual(["ERROR", 500])
    expect((await world.get(`${path("v1")}/a`)).status).toBe(200)
  })(),
)

test(
  "of the metadata, conversion changes labels and annotations only",
  withServer(async (world) => {
    const server = await start(
      changed((object) => ({
        ...object,
        metadata: {
          ...(object.metadata as JsonObject),
          labels: { new: "yes" },
          annotations: { a: "b" },
          finalizers: ["x/y"],
          generation: 99,
        },
      })),
    )
    await define(world, server)
    const made = await world.post(path("v1"), address("a", "h:1"))
    const read = await world.get(`${path("v2")}/a`)
    expect(at(read.json, "metadata")).toEqual({
      ...(made.json.metadata as JsonObject),
      labels: { new: "yes" },
      annotations: { a: "b" },
    })
  }),
)

test(
  "when the webhook changes, what it made is made again",
  withServer(async (world) => {
    const server = await start()
    await define(world, server)
    await world.post(path("v1"), address("a", "h:1"))
    await world.get(`${path("v2")}/a`)
    const other = await start(changed((object) => ({ ...object, spec: { host: "other", port: 9 } })))
    await world.patch(`${crds}/widgets.example.com`, "merge", { spec: { conversion: conversion(other) } })
    expect((await world.get(`${path("v2")}/a`)).json.spec).toEqual({ host: "other", port: 9 })
  }),
)

test.each([
  ["no webhook", { strategy: "Webhook" }, "spec.conversion.webhook.clientConfig"],
  [
    "a webhook without Webhook",
    { strategy: "None", webhook: { conversionReviewVersions: ["v1"] } },
    "spec.conversion.webhook",
  ],
  ["an unknown strategy", { strategy: "Guess" }, "spec.conversion.strategy"],
  [
    "no review version that is spoken",
    {
      strategy: "Webhook",
      webhook: { conversionReviewVersions: ["v9"], clientConfig: { url: "https://x" } },
    },
    "spec.conversion.webhook.conversionReviewVersions",
  ],
] as const)("a conversion with %s is refused", (_name, given, field) =>
  withServer(async (world) => {
    const crd = widgetsCrd()
    const document = { ...crd, spec: { ...(crd.spec as JsonObject), conversion: given as unknown as Json } }
    const refused = await world.post(crds, document)
    expect(refused.status).toBe(422)
    const causes = at(refused.json, "details.causes") as unknown as ReadonlyArray<JsonObject>
    expect(causes.map((cause) => cause.field)).toContain(field)
  })(),
)

test(
  "who owns fields in a version that is gone is forgotten with the next write",
  withServer(async (world) => {
    const three = widgetsCrd({ versions: [v1(true), { ...v1(false), name: "v0" }] })
    await world.post(crds, three)
    await world.post(path("v1"), address("a", "h:1"))
    const applied = await world.send("PATCH", `${path("v0")}/a?fieldManager=old&force=true`, {
      headers: { "content-type": "application/apply-patch+yaml" },
      body: { apiVersion: "example.com/v0", kind: "Widget", spec: { address: "h:2" } },
    })
    const versions = (object: JsonObject) =>
      (at(object, "metadata.managedFields") as unknown as ReadonlyArray<JsonObject>).map(
        ({ apiVersion }) => apiVersion,
      )
    expect(versions(applied.json)).toContain("example.com/v0")
    await world.patch(`${crds}/widgets.example.com`, "json", [{ op: "remove", path: "/spec/versions/1" }])
    const written = await world.patch(`${path("v1")}/a`, "merge", { spec: { address: "h:3" } })
    expect([written.status, versions(written.json)]).toEqual([200, ["example.com/v1"]])
  }),
)

test(
  "a definition goes even when its webhook is gone",
  withServer(async (world) => {
    const server = await start()
    await define(world, server)
    await world.post(path("v1"), address("a", "h:1"))
    await storeV2(world)
    await server.close()
    open = []
    const deleted = await world.delete(`${crds}/widgets.example.com`)
    const conditions = at(deleted.json, "status.conditions") as unknown as ReadonlyArray<JsonObject>
    expect(conditions.find(({ type }) => type === "Terminating")?.reason).toBe("InstanceDeletionPending")
    let left = 200
    for (let turn = 0; turn < 200 && left === 200; turn++) {
      left = (await world.get(`${crds}/widgets.example.com`)).status
      await new Promise(setImmediate)
    }
    expect(left).toBe(404)
  }),
)

const names = (answer: { readonly json: JsonObject }): ReadonlyArray<Json | undefined> =>
  (answer.json.items as unknown as ReadonlyArray<JsonObject>).map((item) => at(item, "metadata.name"))

test(
  "field selectors select by the fields of the version that is asked for",
  withServer(async (world) => {
    await define(world, await start(), [
      { ...v1(true), selectableFields: [{ jsonPath: ".spec.address" }] },
      { ...v2(false), selectableFields: [{ jsonPath: ".spec.host" }, { jsonPath: ".spec.port" }] },
    ])
    for (const [name, value] of [
      ["a", "h:1"],
      ["b", "i:1"],
      ["c", "h:2"],
    ] as const)
      await world.post(path("v1"), address(name, value))
    const byHost = `${path("v2")}?fieldSelector=spec.host%3Dh`
    expect(names(await world.get(byHost))).toEqual(["a", "c"])
    expect(names(await world.get(`${path("v1")}?fieldSelector=spec.address%3Di:1`))).toEqual(["b"])
    expect((await world.get(`${path("v1")}?fieldSelector=spec.host%3Dh`)).status).toBe(400)
    const first = await world.get(`${byHost}&limit=1`)
    expect(names(first)).toEqual(["a"])
    const rest = String(at(first.json, "metadata.continue"))
    expect(names(await world.get(`${byHost}&limit=1&continue=${rest}`))).toEqual(["c"])
    const watch = await world.watch(`${byHost}&watch=true`)
    await watch.take(2)
    const change = (name: string, value: string) =>
      world.patch(`${path("v1")}/${name}`, "merge", { spec: { address: value } })
    await change("a", "h:9")
    await change("b", "i:2")
    await change("b", "h:2")
    await change("c", "i:3")
    await world.delete(`${path("v1")}/c`)
    await world.delete(`${path("v1")}/a`)
    const events = await watch.take(4)
    expect(events.map(({ type, object }) => [type, at(object, "metadata.name"), object.spec])).toEqual([
      ["MODIFIED", "a", { host: "h", port: 9 }],
      ["ADDED", "b", { host: "h", port: 2 }],
      ["DELETED", "c", { host: "h", port: 2 }],
      ["DELETED", "a", { host: "h", port: 9 }],
    ])
    watch.close()
    expect((await world.delete(byHost)).status).toBe(200)
    expect(names(await world.get(path("v1")))).toEqual([])
  }),
)
