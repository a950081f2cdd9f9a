import { expect, test } from "vitest"
import type { JsonObject } from "../schemas/index.ts"
import { at, configMap, configMaps, withServer } from "./test-world.ts"

const namespaces = "/api/v1/namespaces"
const namespace = (name: string) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })

test(
  "a deletion without finalizers answers with a Status, and the object is gone",
  withServer(async (world) => {
    const { json } = await world.post(configMaps, configMap("a"))
    const deleted = await world.delete(`${configMaps}/a`, { propagationPolicy: "Background" })
    expect(deleted.json).toMatchObject({
      kind: "Status",
      status: "Success",
      details: { name: "a", kind: "configmaps", uid: at(json, "metadata.uid") },
    })
    expect((await world.get(`${configMaps}/a`)).status).toBe(404)
    expect((await world.delete(`${configMaps}/a`)).json.reason).toBe("NotFound")
  }),
)

test(
  "finalizers hold an object until the last one is removed",
  withServer(async (world) => {
    await world.post(configMaps, configMap("a", {}, { finalizers: ["example.com/one", "example.com/two"] }))
    const first = await world.delete(`${configMaps}/a`)
    expect([first.json.kind, at(first.json, "metadata.deletionTimestamp")]).toEqual([
      "ConfigMap",
      "2030-01-01T00:00:00Z",
    ])
    expect(at(first.json, "metadata.deletionGracePeriodSeconds")).toBe(0)
    world.ambient.advance(60_000)
    const again = await world.delete(`${configMaps}/a`)
    expect(at(again.json, "metadata.deletionTimestamp")).toBe("2030-01-01T00:00:00Z")
    expect(at(again.json, "metadata.resourceVersion")).toBe(at(first.json, "metadata.resourceVersion"))
    const taken = await world.post(configMaps, configMap("a"))
    expect(taken.json.message).toContain("object is being deleted")
    const added = await world.patch(`${configMaps}/a`, "merge", {
      metadata: { finalizers: ["example.com/one", "example.com/two", "example.com/new"] },
    })
    expect([added.status, at(added.json, "details.causes.0.field")]).toEqual([422, "metadata.finalizers"])
    const other = await world.patch(`${configMaps}/a`, "merge", {
      metadata: { finalizers: ["example.com/two"] },
      data: { k: "v" },
    })
    expect([other.status, at(other.json, "data.k")]).toEqual([200, "v"])
    const watch = await world.watch(
      `${configMaps}?watch=true&resourceVersion=${at(other.json, "metadata.resourceVersion")}`,
    )
    const last = await world.patch(`${configMaps}/a`, "merge", { metadata: { finalizers: null } })
    expect([last.status, last.json.kind]).toEqual([200, "ConfigMap"])
    expect((await watch.next())?.type).toBe("DELETED")
    expect((await world.get(`${configMaps}/a`)).status).toBe(404)
  }),
)

test.each([
  ["Foreground", ["foregroundDeletion"]],
  ["Orphan", ["orphan"]],
])("propagation %s is told to the collector by a finalizer", (propagationPolicy, finalizers) =>
  withServer(async (world) => {
    await world.post(configMaps, configMap("a"))
    const { json } = await world.delete(`${configMaps}/a`, { propagationPolicy })
    expect(at(json, "metadata.finalizers")).toEqual(finalizers)
    expect((await world.delete(`${configMaps}/a`, { propagationPolicy: "Background" })).json.kind).toBe(
      "Status",
    )
  })(),
)

test(
  "preconditions that do not hold are conflicts",
  withServer(async (world) => {
    const { json } = await world.post(configMaps, configMap("a"))
    const byUid = await world.delete(`${configMaps}/a`, { preconditions: { uid: "other" } })
    expect([byUid.status, byUid.json.reason]).toEqual([409, "Conflict"])
    expect(byUid.json.message).toContain(
      "the UID in the precondition (other) does not match the UID in record",
    )
    expect(
      (await world.delete(`${configMaps}/a`, { preconditions: { resourceVersion: "1" } })).json.reason,
    ).toBe("Conflict")
    const uid = String(at(json, "metadata.uid"))
    expect((await world.delete(`${configMaps}/a`, { preconditions: { uid } })).status).toBe(200)
  }),
)

test.each([
  [{ propagationPolicy: "Sideways" }, 422],
  [{ propagationPolicy: "Orphan", orphanDependents: true }, 422],
  [{ dryRun: ["Some"] }, 422],
  [{ kind: "ConfigMap" }, 400],
])("options %j are refused", (options, status) =>
  withServer(async (world) => {
    await world.post(configMaps, configMap("a"))
    expect((await world.delete(`${configMaps}/a`, options)).status).toBe(status)
    expect((await world.get(`${configMaps}/a`)).status).toBe(200)
  })(),
)

test(
  "options may come in the query",
  withServer(async (world) => {
    await world.post(configMaps, configMap("a"))
    const { json } = await world.delete(`${configMaps}/a?propagationPolicy=Foreground`)
    expect(at(json, "metadata.finalizers")).toEqual(["foregroundDeletion"])
  }),
)

test(
  "the first namespaces exist and may not be deleted",
  withServer(async (world) => {
    for (const name of ["default", "kube-system", "kube-public"]) {
      const answer = await world.delete(`${namespaces}/${name}`)
      expect([answer.status, answer.json.reason]).toEqual([403, "Forbidden"])
      expect(answer.json.message).toContain("this namespace may not be deleted")
    }
  }),
)

test(
  "a namespace carries its name as a label, its finalizer and its phase",
  withServer(async (world) => {
    const { json } = await world.post(namespaces, {
      ...namespace("team"),
      spec: { finalizers: ["odd"] },
      status: { phase: "Terminating" },
    })
    expect(at(json, "metadata.labels")).toEqual({ "kubernetes.io/metadata.name": "team" })
    expect([json.spec, json.status]).toEqual([{ finalizers: ["kubernetes"] }, { phase: "Active" }])
    const patched = await world.patch(`${namespaces}/team`, "merge", {
      spec: { finalizers: [] },
      metadata: { labels: { a: "b" } },
    })
    expect([patched.json.spec, at(patched.json, "metadata.labels.a")]).toEqual([
      { finalizers: ["kubernetes"] },
      "b",
    ])
    expect((await world.post(namespaces, namespace("not.a.label"))).status).toBe(422)
  }),
)

test(
  "a namespace ends when its content is gone and it is finalized",
  withServer(async (world) => {
    await world.post(namespaces, namespace("team"))
    const deleted = await world.delete(`${namespaces}/team`)
    expect([at(deleted.json, "status.phase"), deleted.status]).toEqual(["Terminating", 200])
    const inside = await world.post(`${namespaces}/team/configmaps`, configMap("a"))
    expect([inside.status, inside.json.reason, at(inside.json, "details.causes.0.reason")]).toEqual([
      403,
      "Forbidden",
      "NamespaceTerminating",
    ])
    const finalized = await world.put(`${namespaces}/team/finalize`, {
      ...deleted.json,
      spec: { finalizers: [] },
    })
    expect(finalized.status).toBe(200)
    expect((await world.get(`${namespaces}/team`)).status).toBe(404)
  }),
)

test(
  "nothing is created in a namespace that does not exist",
  withServer(async (world) => {
    const answer = await world.post(`${namespaces}/none/configmaps`, configMap("a"))
    expect([answer.status, answer.json.message]).toEqual([404, 'namespaces "none" not found'])
  }),
)

test(
  "namespaces are not deleted by the collection",
  withServer(async (world) => {
    await world.post(namespaces, namespace("a"))
    expect((await world.delete(namespaces)).json.reason).toBe("MethodNotAllowed")
    expect(at((await world.get(`${namespaces}/a`)).json, "metadata.deletionTimestamp")).toBeUndefined()
    expect((await world.get("/api/v1")).text).toContain(
      '"kind":"Namespace","verbs":["create","delete","get","list","patch","update","watch"]',
    )
  }),
)

test.each<JsonObject>([
  { dryRun: "All" },
  { dryRun: [{ toString: "x" }] },
  { propagationPolicy: { toString: "x" } },
  { preconditions: "uid" },
  { preconditions: { uid: 5 } },
  { gracePeriodSeconds: "0" },
  { gracePeriodSeconds: 1.5 },
  { orphanDependents: "true" },
])("an option of another type is refused, for what it was meant to prevent must not happen: %j", (options) =>
  withServer(async (world) => {
    await world.post(configMaps, configMap("a"))
    const refused = await world.delete(`${configMaps}/a`, options)
    expect([refused.status, refused.json.reason]).toEqual([400, "BadRequest"])
    expect(refused.json.message).toMatch(new RegExp(`${Object.keys(options)[0]} must be`))
    expect((await world.delete(configMaps, options)).status).toBe(400)
    expect((await world.get(`${configMaps}/a`)).status).toBe(200)
  })(),
)

test(
  "a grace period in the query that is no integer is refused",
  withServer(async (world) => {
    await world.post(configMaps, configMap("a"))
    expect((await world.delete(`${configMaps}/a?gracePeriodSeconds=x`)).status).toBe(400)
    expect((await world.delete(`${configMaps}/a?gracePeriodSeconds=0`)).status).toBe(200)
  }),
)
