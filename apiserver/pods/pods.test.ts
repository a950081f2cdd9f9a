import { expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { at, type World, withServer } from "../test-world.ts"

const pods = "/api/v1/namespaces/default/pods"
const sandboxes = "/apis/compute.miren.dev/v1alpha1/namespaces/default/sandboxes"

const pod = (name: string, spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, ...metadata },
  spec: { containers: [{ name: "c", image: "i" }], ...spec },
})

const run = async (world: World, name: string, status: JsonObject): Promise<void> => {
  const { json } = await world.get(`${sandboxes}/${name}`)
  const { status: code } = await world.put(`${sandboxes}/${name}/status`, { ...json, status })
  expect(code).toBe(200)
}

const running = {
  sandboxIP: "10.1.2.3",
  containerStatuses: [{ name: "c", ready: true, state: { running: {} } }],
}

test(
  "a Pod that is created is a Sandbox with its uid and resourceVersion, and a Sandbox is a Pod",
  withServer(async (world) => {
    const created = await world.post(pods, pod("a", { tolerations: [{ operator: "Exists" }] }))
    expect([created.status, created.json.kind]).toEqual([201, "Pod"])
    const sandbox = await world.get(`${sandboxes}/a`)
    for (const field of ["metadata.uid", "metadata.resourceVersion"])
      expect(at(sandbox.json, field)).toBe(at(created.json, field))
    expect(at(sandbox.json, "spec.tolerations")).toBeUndefined()
    const read = await world.get(`${pods}/a`)
    expect(read.json).toEqual(created.json)
    expect(at(read.json, "spec.tolerations")).toEqual([{ operator: "Exists" }])

    await world.post(sandboxes, {
      apiVersion: "compute.miren.dev/v1alpha1",
      kind: "Sandbox",
      metadata: { name: "b" },
      spec: { containers: [{ name: "c", image: "i" }] },
    })
    const listed = await world.get(pods)
    expect(listed.json.kind).toBe("PodList")
    expect(listed.text).not.toContain("Sandbox")
    const names = (listed.json.items as ReadonlyArray<JsonObject>).map((item) => at(item, "metadata.name"))
    expect(names).toEqual(["a", "b"])
  }),
)

test(
  "a list and a watch of Pods select by what the Pod is, not by what the Sandbox is",
  withServer(async (world) => {
    await world.post(pods, pod("a", {}, { labels: { app: "a" } }))
    await world.post(pods, pod("b"))
    const watch = await world.watch(`${pods}?watch=true&resourceVersion=0&fieldSelector=status.phase=Running`)
    await run(world, "a", running)
    const listed = await world.get(`${pods}?fieldSelector=status.phase%3DRunning`)
    expect(at(listed.json, "items.0.metadata.name")).toBe("a")
    expect((listed.json.items as ReadonlyArray<unknown>).length).toBe(1)
    const [added] = await watch.take(1)
    expect([added?.type, at(added?.object, "kind"), at(added?.object, "status.podIP")]).toEqual([
      "ADDED",
      "Pod",
      "10.1.2.3",
    ])
    const ended = { state: { terminated: { exitCode: 1 } }, name: "c" }
    await run(world, "a", { containerStatuses: [ended] })
    const [left] = await watch.take(1)
    expect([left?.type, at(left?.object, "metadata.name")]).toEqual(["DELETED", "a"])
    watch.close()
    const byLabel = await world.get(`${pods}?labelSelector=app%3Da`)
    expect((byLabel.json.items as ReadonlyArray<unknown>).length).toBe(1)
    const wrong = await world.get(`${pods}?fieldSelector=spec.runtimeHandler%3Dgvisor`)
    expect(wrong.json.reason).toBe("BadRequest")
  }),
)

test(
  "watches of Pods and of Sandboxes tell the same changes, each in its own kind",
  withServer(async (world) => {
    const both = await Promise.all([
      world.watch(`${pods}?watch=true`),
      world.watch(`${sandboxes}?watch=true`),
    ])
    await world.post(pods, pod("a"))
    await world.delete(`${pods}/a`)
    const told = await Promise.all(both.map((watch) => watch.take(2)))
    const kinds = told.map((events) => events.map(({ type, object }) => `${type} ${String(object.kind)}`))
    expect(kinds).toEqual([
      ["ADDED Pod", "DELETED Pod"],
      ["ADDED Sandbox", "DELETED Sandbox"],
    ])
    const versions = told.map((events) => events.map(({ object }) => at(object, "metadata.resourceVersion")))
    expect(versions[0]).toEqual(versions[1])
    for (const watch of both) watch.close()
  }),
)

test(
  "a Pod's metadata and image may change, and nothing else",
  withServer(async (world) => {
    await world.post(pods, pod("a", { schedulerName: "mine" }))
    const labelled = await world.patch(`${pods}/a`, "strategic", { metadata: { labels: { x: "y" } } })
    expect([labelled.status, at(labelled.json, "metadata.labels.x")]).toEqual([200, "y"])
    const image = await world.patch(`${pods}/a`, "strategic", {
      spec: { containers: [{ name: "c", image: "j" }] },
    })
    expect(image.status).toBe(200)
    expect(at((await world.get(`${sandboxes}/a`)).json, "spec.containers.0.image")).toBe("j")
    const moved = await world.patch(`${pods}/a`, "merge", { spec: { nodeName: "n" } })
    expect([moved.status, at(moved.json, "details.causes.0.field")]).toEqual([422, "spec.nodeName"])
    const found = await world.get(`${pods}/a`)
    expect(at(found.json, "spec.schedulerName")).toBe("mine")
    const put = await world.put(`${pods}/a`, found.json)
    expect([put.status, at(put.json, "metadata.resourceVersion")]).toEqual([
      200,
      at(found.json, "metadata.resourceVersion"),
    ])
    const stale = {
      ...found.json,
      metadata: { ...(found.json.metadata as JsonObject), resourceVersion: "1" },
    }
    const conflict = await world.put(`${pods}/a`, stale)
    expect([conflict.json.reason, at(conflict.json, "details.kind")]).toEqual(["Conflict", "pods"])
  }),
)

test(
  "an applied Pod owns its fields of the Sandbox; another manager conflicts",
  withServer(async (world) => {
    const applied = pod("a", { priorityClassName: "high" }, { labels: { x: "1" } })
    const first = await world.patch(`${pods}/a?fieldManager=one`, "apply", applied)
    expect([first.status, first.json.kind]).toEqual([201, "Pod"])
    const again = await world.patch(`${pods}/a?fieldManager=one`, "apply", applied)
    expect(at(again.json, "metadata.resourceVersion")).toBe(at(first.json, "metadata.resourceVersion"))
    const other = pod("a", {}, { labels: { x: "2" } })
    const conflict = await world.patch(`${pods}/a?fieldManager=two`, "apply", other)
    expect([conflict.status, conflict.json.reason]).toEqual([409, "Conflict"])
  }),
)

test(
  "refusals speak of the Pod",
  withServer(async (world) => {
    await world.post(pods, pod("a"))
    const taken = await world.post(pods, pod("a"))
    expect([taken.json.reason, at(taken.json, "details.kind"), taken.json.message]).toEqual([
      "AlreadyExists",
      "pods",
      'pods "a" already exists',
    ])
    const two = [
      { name: "c", image: "i" },
      { name: "d", image: "i" },
    ]
    const many = await world.post(pods, pod("b", { containers: two }))
    expect([many.json.reason, at(many.json, "details.kind"), at(many.json, "details.group")]).toEqual([
      "Invalid",
      "Pod",
      undefined,
    ])
    const missing = await world.delete(`${pods}/none`)
    expect([missing.json.reason, missing.json.message]).toEqual(["NotFound", 'pods "none" not found'])
    const status = await world.put(`${pods}/a/status`, pod("a"))
    expect(status.json.reason).toBe("MethodNotAllowed")
    expect((await world.get(`${pods}/a/status`)).json.kind).toBe("Pod")
  }),
)

test(
  "a deletion says how long, and a later one can only hurry it",
  withServer(async (world) => {
    await world.post(
      pods,
      pod("a", { terminationGracePeriodSeconds: 20 }, { finalizers: ["example.com/held"] }),
    )
    const grace = async () =>
      at((await world.get(`${sandboxes}/a`)).json, "metadata.deletionGracePeriodSeconds")
    const deleted = await world.delete(`${pods}/a`)
    expect([deleted.json.kind, await grace()]).toEqual(["Pod", 20])
    await world.delete(`${pods}/a`, { gracePeriodSeconds: 30 })
    expect(await grace()).toBe(20)
    await world.delete(`${pods}/a`, { gracePeriodSeconds: 1 })
    expect(await grace()).toBe(1)
    await world.delete(`${pods}/a`)
    expect(await grace()).toBe(1)
  }),
)

test(
  "a collection of Pods is deleted as Sandboxes are",
  withServer(async (world) => {
    await world.post(pods, pod("a", {}, { labels: { go: "yes" }, finalizers: ["example.com/held"] }))
    await world.post(pods, pod("b", {}, { labels: { go: "yes" } }))
    await world.post(pods, pod("c"))
    const gone = await world.send("DELETE", `${pods}?labelSelector=go%3Dyes`)
    expect([gone.status, gone.json.kind]).toEqual([200, "PodList"])
    const left = await world.get(sandboxes)
    expect(left.text).toContain('"kind":"Sandbox","metadata":{')
    const names = (left.json.items as ReadonlyArray<JsonObject>).map((item) => at(item, "metadata.name"))
    expect(names).toEqual(["a", "c"])
    expect(at((await world.get(`${sandboxes}/a`)).json, "metadata.deletionTimestamp")).toBeDefined()
  }),
)

test(
  "a table of Pods has kubectl's columns, from the list and from the watch",
  withServer(async (world) => {
    await world.post(pods, pod("a"))
    await run(world, "a", running)
    const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" }
    const { json } = await world.get(pods, { headers })
    const columns = json.columnDefinitions as ReadonlyArray<JsonObject>
    expect(columns.map(({ name }) => name).join(" ")).toBe(
      "Name Ready Status Restarts Age IP Node Nominated Node Readiness Gates",
    )
    const row = ["a", "1/1", "Running", "0", "0s", "10.1.2.3", "<none>", "<none>", "<none>"]
    expect(at(json, "rows.0.cells")).toEqual(row)
    const watch = await world.watch(`${pods}?watch=true`, headers)
    const [event] = await watch.take(1)
    expect(at(event?.object, "rows.0.cells")).toEqual(row)
    watch.close()
  }),
)

test(
  "a page of the past is read as Pods",
  withServer(async (world) => {
    for (const name of ["a", "b", "c"]) await world.post(pods, pod(name))
    const first = await world.get(`${pods}?limit=2`)
    await world.delete(`${pods}/c`)
    const token = encodeURIComponent(String(at(first.json, "metadata.continue")))
    const second = await world.get(`${pods}?limit=2&continue=${token}`)
    expect(at(second.json, "items.0.kind")).toBe("Pod")
    expect(at(second.json, "items.0.metadata.name")).toBe("c")
  }),
)

test(
  "an eviction is a deletion, with its options",
  withServer(async (world) => {
    await world.post(pods, pod("a", {}, { finalizers: ["example.com/held"] }))
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "a" } }
    const wrong = { ...eviction, deleteOptions: { preconditions: { uid: "x" } } }
    expect((await world.post(`${pods}/a/eviction`, wrong)).json.reason).toBe("Conflict")
    const asked = { ...eviction, deleteOptions: { gracePeriodSeconds: 3 } }
    const evicted = await world.post(`${pods}/a/eviction`, asked)
    expect([evicted.status, evicted.json.status]).toEqual([201, "Success"])
    const { json } = await world.get(`${pods}/a`)
    expect(at(json, "metadata.deletionGracePeriodSeconds")).toBe(3)
    expect((await world.post(`${pods}/a/eviction`, pod("a"))).json.reason).toBe("BadRequest")
    expect((await world.get("/api/v1")).text).toContain('"name":"pods/eviction"')
  }),
)
