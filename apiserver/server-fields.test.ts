/** `fields=`: parts of objects on get, list and watch. Docs: docs/field-projection.md. */
import { gunzipSync } from "node:zlib"
import { expect, test } from "vitest"
import { parse } from "yaml"
import type { Json, JsonObject } from "../schemas/index.ts"
import { limits } from "./limits.ts"
import {
  at,
  configMap,
  configMaps,
  crds,
  type OpenWatch,
  type World,
  widget,
  widgets,
  widgetsCrd,
  withServer,
} from "./test-world.ts"

const color = "fields=spec.color"

const setUp = async (world: World, count = 2): Promise<void> => {
  await world.post(crds, widgetsCrd())
  for (let n = 0; n < count; n++) {
    const labels = { parity: n % 2 === 0 ? "even" : "odd", "example.com/n": String(n) }
    await world.post(widgets, widget(`w${n}`, { color: "red", replicas: n }, { labels }))
  }
}

const itemsOf = (list: JsonObject): ReadonlyArray<JsonObject> =>
  list.items as unknown as ReadonlyArray<JsonObject>

/** What an object has besides its identity. */
const partsOf = (object: Json | undefined): JsonObject => {
  const { apiVersion: _, kind: __, metadata, ...rest } = object as JsonObject
  const { name: _n, namespace: _ns, uid: _u, resourceVersion: _rv, ...more } = metadata as JsonObject
  return { ...rest, ...(Object.keys(more).length === 0 ? {} : { metadata: more }) }
}

test(
  "a get and a list give the objects with these fields only, and their identity",
  withServer(async (world) => {
    await setUp(world)
    const whole = (await world.get(`${widgets}/w1`)).json
    const { json } = await world.get(`${widgets}/w1?${color},metadata.labels['example.com/n']`)
    const { name, namespace, uid, resourceVersion } = whole.metadata as JsonObject
    expect(json).toEqual({
      apiVersion: "example.com/v1",
      kind: "Widget",
      metadata: { name, namespace, uid, resourceVersion, labels: { "example.com/n": "1" } },
      spec: { color: "red" },
    })
    const listed = (await world.get(`${widgets}?fields=spec.replicas`)).json
    expect(itemsOf(listed).map(partsOf)).toEqual([{ spec: { replicas: 0 } }, { spec: { replicas: 1 } }])
    expect(at(listed, "metadata.resourceVersion")).toMatch(/^\d+$/)
  }),
)

test(
  "a list with fields goes with selectors, pages and exact revisions",
  withServer(async (world) => {
    await setUp(world, 5)
    const selected = await world.get(`${widgets}?${color}&labelSelector=parity%3Dodd`)
    expect(itemsOf(selected.json).map(partsOf)).toEqual([
      { spec: { color: "red" } },
      { spec: { color: "red" } },
    ])
    const first = await world.get(`${widgets}?fields=spec.replicas&limit=3`)
    const version = at(first.json, "metadata.resourceVersion")
    await world.patch(`${widgets}/w4`, "merge", { spec: { replicas: 40 } })
    const rest = await world.get(
      `${widgets}?fields=spec.replicas&limit=3&continue=${at(first.json, "metadata.continue")}`,
    )
    const both = [...itemsOf(first.json), ...itemsOf(rest.json)]
    expect(both.map((item) => at(item, "spec.replicas"))).toEqual([0, 1, 2, 3, 4])
    const exact = `resourceVersion=${version}&resourceVersionMatch=Exact`
    const past = await world.get(`${widgets}?fields=spec.replicas&${exact}`)
    expect(itemsOf(past.json).map(partsOf)).toEqual(
      [0, 1, 2, 3, 4].map((replicas) => ({ spec: { replicas } })),
    )
  }),
)

test(
  "a watch with fields tells every event with these fields, and where it has come to",
  withServer(async (world) => {
    await setUp(world, 1)
    const watch = await world.watch(
      `${widgets}?watch=true&${color}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    )
    const [first, end] = await watch.take(2)
    expect([first?.type, partsOf(first?.object)]).toEqual(["ADDED", { spec: { color: "red" } }])
    expect(at(end?.object, "metadata.annotations")).toEqual({ "k8s.io/initial-events-end": "true" })
    const changed = await world.patch(`${widgets}/w0`, "merge", { spec: { replicas: 9 } })
    await world.delete(`${widgets}/w0`)
    const [modified, deleted] = await watch.take(2)
    expect([modified?.type, partsOf(modified?.object)]).toEqual(["MODIFIED", { spec: { color: "red" } }])
    expect(at(modified?.object, "metadata.resourceVersion")).toBe(
      at(changed.json, "metadata.resourceVersion"),
    )
    expect([deleted?.type, partsOf(deleted?.object)]).toEqual(["DELETED", { spec: { color: "red" } }])
  }),
)

const skipping = `${widgets}?watch=true&${color}&skipUnchanged=true&allowWatchBookmarks=true`

const summary = async (watch: OpenWatch, count: number): Promise<ReadonlyArray<Json | undefined>> =>
  (await watch.take(count)).map(({ type, object }) => `${type} ${at(object, "spec.color") ?? ""}`.trim())

test(
  "with skipUnchanged, events that change nothing of the fields are left out, and a bookmark tells their revision soon",
  withServer(async (world) => {
    await setUp(world, 1)
    const watch = await world.watch(skipping)
    expect(await summary(watch, 1)).toEqual(["ADDED red"])
    await world.patch(`${widgets}/w0`, "merge", { spec: { replicas: 5 } })
    const last = await world.patch(`${widgets}/w0`, "merge", { metadata: { labels: { a: "b" } } })
    world.ambient.advance(limits.leftOutBookmarkMs)
    const bookmark = await watch.next()
    expect(bookmark?.type).toBe("BOOKMARK")
    expect(at(bookmark?.object, "metadata.resourceVersion")).toBe(at(last.json, "metadata.resourceVersion"))
    await world.patch(`${widgets}/w0`, "merge", { spec: { color: "blue" } })
    await world.delete(`${widgets}/w0`)
    expect(await summary(watch, 2)).toEqual(["MODIFIED blue", "DELETED blue"])
  }),
)

test(
  "with skipUnchanged, an event after one that was left out needs no bookmark",
  withServer(async (world) => {
    await setUp(world, 1)
    const watch = await world.watch(skipping)
    await watch.next()
    await world.patch(`${widgets}/w0`, "merge", { spec: { replicas: 5 } })
    await world.patch(`${widgets}/w0`, "merge", { spec: { color: "blue" } })
    world.ambient.advance(limits.leftOutBookmarkMs)
    await world.patch(`${widgets}/w0`, "merge", { spec: { color: "green" } })
    expect(await summary(watch, 2)).toEqual(["MODIFIED blue", "MODIFIED green"])
  }),
)

test(
  "with skipUnchanged, a watch that starts in the past leaves out the same events, and says where it has come to",
  withServer(async (world) => {
    await setUp(world, 1)
    const from = at((await world.get(widgets)).json, "metadata.resourceVersion")
    await world.patch(`${widgets}/w0`, "merge", { spec: { color: "blue" } })
    const last = await world.patch(`${widgets}/w0`, "merge", { spec: { replicas: 5 } })
    const watch = await world.watch(`${skipping}&resourceVersion=${from}`)
    expect(await summary(watch, 1)).toEqual(["MODIFIED blue"])
    const bookmark = await watch.next()
    expect(at(bookmark?.object, "metadata.resourceVersion")).toBe(at(last.json, "metadata.resourceVersion"))
  }),
)

test(
  "with skipUnchanged, coming into a selection and leaving it is always told",
  withServer(async (world) => {
    await setUp(world, 1)
    const watch = await world.watch(`${skipping}&labelSelector=parity%3Deven`)
    await watch.next()
    await world.patch(`${widgets}/w0`, "merge", { metadata: { labels: { parity: "odd" } } })
    await world.patch(`${widgets}/w0`, "merge", { metadata: { labels: { parity: "even" } } })
    expect(await summary(watch, 2)).toEqual(["DELETED red", "ADDED red"])
  }),
)

test(
  "objects in deletion say so whatever the fields are",
  withServer(async (world) => {
    await setUp(world, 0)
    await world.post(widgets, widget("held", {}, { finalizers: ["example.com/hold"] }))
    const watch = await world.watch(skipping)
    await watch.next()
    await world.delete(`${widgets}/held`)
    const told = await watch.next()
    expect([told?.type, at(told?.object, "metadata.deletionTimestamp")]).toEqual([
      "MODIFIED",
      "2030-01-01T00:00:00Z",
    ])
  }),
)

test.each([
  [`${configMaps}?fields=data.`, "invalid fields: expected a name at character 6"],
  [`${configMaps}?fields=dat`, 'invalid fields: there is no field "dat" at character 1'],
  [`${configMaps}/c?fields=dat`, 'invalid fields: there is no field "dat" at character 1'],
  [`${configMaps}?watch=true&fields=dat`, 'invalid fields: there is no field "dat" at character 1'],
  [`${configMaps}?fields=data&fields=kind`, "fields is given more than once: put commas between its paths"],
  [`${configMaps}?watch=true&skipUnchanged=true`, "skipUnchanged is for a watch with fields"],
  [`${configMaps}?fields=data&skipUnchanged=true`, "skipUnchanged is for a watch with fields"],
  [
    `${configMaps}?watch=true&fields=data&skipUnchanged=true`,
    "skipUnchanged needs allowWatchBookmarks: how far the watch has come is told by bookmarks",
  ],
  [`${widgets}/w0/scale?fields=spec`, "fields is for get, list and watch of objects"],
])("%s is refused", (path, message) =>
  withServer(async (world) => {
    await setUp(world, 1)
    const { status, json } = await world.get(path)
    expect([status, json.kind, json.reason, json.message]).toEqual([400, "Status", "BadRequest", message])
  })(),
)

test(
  "writes do not take fields",
  withServer(async (world) => {
    const made = await world.post(`${configMaps}?fields=data`, configMap("c"))
    const emptied = await world.delete(`${configMaps}?fields=data`)
    expect([made.status, emptied.status]).toEqual([400, 400])
    expect((await world.get(`${configMaps}/c`)).status).toBe(404)
  }),
)

test.each([
  ["application/json;as=Table;v=v1;g=meta.k8s.io", 406],
  ["application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", 406],
  ["application/json;as=Table;v=v1;g=meta.k8s.io,application/json", 200],
])("fields have no other view: Accept %s is answered %d", (accept, status) =>
  withServer(async (world) => {
    const answer = await world.get(`${configMaps}?fields=data`, { headers: { accept } })
    expect(answer.status).toBe(status)
    if (status === 200) expect(answer.json.kind).toBe("ConfigMapList")
  })(),
)

test(
  "an empty parameter is none",
  withServer(async (world) => {
    await world.post(configMaps, configMap("c", { k: "v" }))
    expect((await world.get(`${configMaps}/c?fields=`)).json.data).toEqual({ k: "v" })
  }),
)

test(
  "fields go with YAML, indentation and gzip",
  withServer(async (world) => {
    await world.post(configMaps, configMap("c", { k: "v", other: "x".repeat(10_000) }))
    const yaml = await world.get(`${configMaps}/c?fields=data.k`, { headers: { accept: "application/yaml" } })
    expect(parse(yaml.text).data).toEqual({ k: "v" })
    const pretty = await world.get(`${configMaps}?fields=data.k&pretty=true`)
    expect(pretty.text).toContain('\n  "items": [\n')
    expect(itemsOf(pretty.json).map(partsOf)).toEqual([{ data: { k: "v" } }])
    for (let n = 0; n < 40; n++) await world.post(configMaps, configMap(`big${n}`, { k: "y".repeat(10_000) }))
    const transport = world.server.inProcess({ name: "admin", groups: ["system:masters"] })
    const path = `${configMaps}?fields=data.k`
    const response = await transport.request({ method: "GET", path, headers: { "accept-encoding": "gzip" } })
    const chunks: Uint8Array[] = []
    for await (const chunk of response.body) chunks.push(chunk)
    expect(response.headers["content-encoding"]).toBe("gzip")
    const unzipped: JsonObject = JSON.parse(gunzipSync(Buffer.concat(chunks)).toString())
    expect(itemsOf(unzipped)).toHaveLength(41)
    expect(itemsOf(unzipped).every((item) => Object.keys(partsOf(item)).join() === "data")).toBe(true)
  }),
)

test(
  "a Pod, which is a view of a Sandbox, has fields too",
  withServer(async (world) => {
    const pods = "/api/v1/namespaces/default/pods"
    const made = await world.post(pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: { containers: [{ name: "c", image: "registry.example/a:1" }] },
    })
    expect(made.status).toBe(201)
    const { json } = await world.get(`${pods}?fields=spec.containers[*].image`)
    expect(itemsOf(json).map(partsOf)).toEqual([
      { spec: { containers: [{ image: "registry.example/a:1" }] } },
    ])
  }),
)

test(
  "OpenAPI lists the parameters of get, list and watch, and of no write",
  withServer(async (world) => {
    const { json } = await world.get("/openapi/v3/api/v1")
    const namesOf = (path: string, method: string) =>
      ((json.paths as JsonObject)[path] as JsonObject)[method] as JsonObject
    const parameters = (path: string, method: string): ReadonlyArray<Json | undefined> =>
      (namesOf(path, method).parameters as unknown as ReadonlyArray<JsonObject>).map(({ name }) => name)
    const collection = "/api/v1/namespaces/{namespace}/configmaps"
    expect(parameters(collection, "get")).toEqual(expect.arrayContaining(["fields", "skipUnchanged"]))
    expect(parameters(`${collection}/{name}`, "get")).toContain("fields")
    expect(parameters(collection, "delete")).not.toContain("fields")
    expect(parameters(collection, "post")).not.toContain("fields")
  }),
)
