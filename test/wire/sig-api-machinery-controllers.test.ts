/**
 * Kubernetes' own conformance tests of sig-api-machinery that need controllers, re-expressed with ConfigMaps and named after
 * them: the collector and the namespace controller are those that the daemon runs. Others: sig-api-machinery.test.ts.
 */
import { describe, expect } from "vitest"
import { namespaceController, runGarbageCollector } from "../../controllers/index.ts"
import { runController } from "../../reconciler/index.ts"
import type { Json } from "../../schemas/index.ts"
import { withControllers } from "./controllers-at-work.ts"
import { at, configMap, configMaps, namesOf, versionOf, type World } from "./documents.ts"
import { make, ownerOf } from "./garbage-collection.ts"
import { memoryStore } from "./stores.ts"
import { serverOver, statementsOf } from "./suite.ts"

const conformance = statementsOf(serverOver(memoryStore))
const collected = (title: string, body: (world: World) => Promise<void>): void =>
  conformance(title, (world) => withControllers(world, runGarbageCollector, () => body(world)))

const remain = (world: World, names: ReadonlyArray<string>) =>
  expect
    .poll(async () => namesOf(await world.get(configMaps)), { timeout: 8_000, interval: 20 })
    .toEqual(names)
const remove = (world: World, name: string, propagationPolicy: string) =>
  world.delete(`${configMaps}/${name}`, { propagationPolicy })

describe("garbage_collector.go", () => {
  collected("should delete pods created by rc when not orphaning", async (world) => {
    const rc = await make(world, "rc")
    for (const name of ["p1", "p2"]) await make(world, name, { owners: [ownerOf(rc)] })
    await remove(world, "rc", "Background")
    await remain(world, [])
  })

  collected("should orphan pods created by rc if delete options say so", async (world) => {
    const rc = await make(world, "rc")
    for (const name of ["p1", "p2"]) await make(world, name, { owners: [ownerOf(rc)] })
    await remove(world, "rc", "Orphan")
    await remain(world, ["p1", "p2"])
    for (const name of ["p1", "p2"]) {
      expect(at((await world.get(`${configMaps}/${name}`)).json, "metadata.ownerReferences")).toBeUndefined()
    }
  })

  collected("should delete RS created by deployment when not orphaning", async (world) => {
    const deployment = await make(world, "deployment")
    const rs = await make(world, "rs", { owners: [ownerOf(deployment, { controller: true })] })
    await make(world, "pod", { owners: [ownerOf(rs)] })
    await remove(world, "deployment", "Background")
    await remain(world, [])
  })

  collected(
    "should orphan RS created by deployment when deleteOptions.PropagationPolicy is Orphan",
    async (world) => {
      const deployment = await make(world, "deployment")
      const rs = await make(world, "rs", { owners: [ownerOf(deployment, { controller: true })] })
      await make(world, "pod", { owners: [ownerOf(rs)] })
      await remove(world, "deployment", "Orphan")
      await remain(world, ["pod", "rs"])
    },
  )

  collected(
    "should keep the rc around until all its pods are deleted if the deleteOptions says so",
    async (world) => {
      const rc = await make(world, "rc")
      const more = { owners: [ownerOf(rc, { blockOwnerDeletion: true })], finalizers: ["example.com/slow"] }
      for (const name of ["p1", "p2"]) await make(world, name, more)
      await remove(world, "rc", "Foreground")
      for (const name of ["p1", "p2"]) {
        const path = `${configMaps}/${name}`
        await expect
          .poll(async () => at((await world.get(path)).json, "metadata.deletionTimestamp"), {
            timeout: 8_000,
          })
          .toBeDefined()
        expect((await world.get(`${configMaps}/rc`)).status).toBe(200)
        await world.patch(path, "merge", { metadata: { finalizers: null } })
      }
      await remain(world, [])
    },
  )

  collected(
    "should not delete dependents that have both valid owner and owner that's waiting for dependents to be deleted",
    async (world) => {
      const going = await make(world, "going")
      const staying = await make(world, "staying")
      const both = [ownerOf(going, { blockOwnerDeletion: true }), ownerOf(staying)]
      await make(world, "both", { owners: both })
      await make(world, "one", { owners: [ownerOf(going, { blockOwnerDeletion: true })] })
      await remove(world, "going", "Foreground")
      await remain(world, ["both", "staying"])
      const kept = (await world.get(`${configMaps}/both`)).json
      expect(at(kept, "metadata.deletionTimestamp")).toBeUndefined()
      expect(at(kept, "metadata.ownerReferences")).toEqual([ownerOf(staying)])
    },
  )

  collected("should not be blocked by dependency circle", async (world) => {
    const made = [await make(world, "p1"), await make(world, "p2"), await make(world, "p3")]
    for (const [index, name] of ["p2", "p3", "p1"].entries()) {
      const owner = ownerOf(made[index] ?? {}, { blockOwnerDeletion: true })
      await world.patch(`${configMaps}/${name}`, "merge", { metadata: { ownerReferences: [owner] } })
    }
    await remove(world, "p1", "Foreground")
    await remain(world, [])
  })
})

const namespaces = "/api/v1/namespaces"
const namespace = (name: string) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })
const emptying = (title: string, path: string, object: Json): void =>
  conformance(title, (world) =>
    withControllers(world, runController(namespaceController), async () => {
      await world.post(namespaces, namespace("test"))
      expect((await world.post(`${namespaces}/test/${path}`, object)).status).toBe(201)
      await world.delete(`${namespaces}/test`)
      await expect
        .poll(async () => (await world.get(`${namespaces}/test`)).status, { timeout: 8_000 })
        .toBe(404)
      await world.post(namespaces, namespace("test"))
      expect(namesOf(await world.get(`${namespaces}/test/${path}`))).toEqual([])
    }),
  )

describe("namespace.go", () => {
  emptying(
    "should ensure that all pods are removed when a namespace is deleted",
    "configmaps",
    configMap("c"),
  )
  emptying("should ensure that all services are removed when a namespace is deleted", "services", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "s" },
    spec: { ports: [{ port: 80 }] },
  })

  conformance("should patch a Namespace", async (world) => {
    await world.post(namespaces, namespace("test"))
    await world.patch(`${namespaces}/test`, "strategic", { metadata: { labels: { testLabel: "testValue" } } })
    expect(at((await world.get(`${namespaces}/test`)).json, "metadata.labels")).toMatchObject({
      testLabel: "testValue",
    })
  })

  conformance("should apply an update to a Namespace", async (world) => {
    const { json } = await world.post(namespaces, namespace("test"))
    const labels = { ...(at(json, "metadata.labels") as object), updated: "yes" }
    const put = await world.put(`${namespaces}/test`, {
      ...json,
      metadata: { name: "test", labels, resourceVersion: versionOf(json) },
    })
    expect([put.status, at(put.json, "metadata.labels.updated")]).toEqual([200, "yes"])
  })

  conformance("should apply changes to a namespace status", async (world) => {
    const { json } = await world.post(namespaces, namespace("test"))
    const condition = (type: string) => ({
      type,
      status: "True",
      reason: "E2E",
      message: "",
      lastTransitionTime: "2030-01-01T00:00:00Z",
    })
    const patched = await world.patch(`${namespaces}/test/status`, "merge", {
      status: { conditions: [condition("StatusPatch")] },
    })
    expect(at(patched.json, "status.conditions.0.type")).toBe("StatusPatch")
    const put = await world.put(`${namespaces}/test/status`, {
      ...json,
      metadata: { name: "test" },
      status: { phase: "Active", conditions: [condition("StatusPatch"), condition("StatusUpdate")] },
    })
    expect(at(put.json, "status.conditions.1.type")).toBe("StatusUpdate")
  })

  conformance("should apply a finalizer to a Namespace", async (world) => {
    const { json } = await world.post(namespaces, namespace("test"))
    const finalize = (finalizers: ReadonlyArray<string>) =>
      world.put(`${namespaces}/test/finalize`, {
        ...json,
        metadata: { name: "test" },
        spec: { finalizers: [...finalizers] },
      })
    const added = await finalize(["kubernetes", "e2e.example.com/fakeFinalizer"])
    expect(at(added.json, "spec.finalizers")).toEqual(["kubernetes", "e2e.example.com/fakeFinalizer"])
    const removed = await finalize(["kubernetes"])
    expect(at(removed.json, "spec.finalizers")).toEqual(["kubernetes"])
  })
})

describe("server_version.go", () => {
  conformance("should find the server version", async (world) => {
    const { json } = await world.get("/version")
    for (const part of [json.major, json.minor]) expect(String(part)).toMatch(/^\d+$/)
  })
})
