import { expect, test } from "vitest"
import {
  makeMemoryStore,
  type Put,
  type Store,
  type Watch,
  type WatchOptions,
  type WatchSink,
} from "../store/index.ts"
import { at, configMap, configMaps, crds, widget, widgets, widgetsCrd, withServer } from "./test-world.ts"

test(
  "an update with the current resourceVersion is taken, with an old one it conflicts",
  withServer(async (world) => {
    const { json } = await world.post(configMaps, configMap("a", { k: "1" }))
    const resourceVersion = String(at(json, "metadata.resourceVersion"))
    const updated = await world.put(`${configMaps}/a`, configMap("a", { k: "2" }, { resourceVersion }))
    expect(updated.status).toBe(200)
    expect(at(updated.json, "metadata.uid")).toBe(at(json, "metadata.uid"))
    const stale = await world.put(`${configMaps}/a`, configMap("a", { k: "3" }, { resourceVersion }))
    expect([stale.status, stale.json.reason]).toEqual([409, "Conflict"])
    expect(stale.json.message).toContain(
      "the object has been modified; please apply your changes to the latest version",
    )
    expect(at(stale.json, "details.kind")).toBe("configmaps")
  }),
)

test(
  "an update that another server's write has made stale conflicts, though the cache has not heard of it",
  withServer(async (world) => {
    const { json } = await world.post(configMaps, configMap("a", { k: "1" }))
    const key = "/registry/core/configmaps/default/a"
    const { kv } = await world.store.get(key)
    if (kv === undefined) throw new Error("not stored")
    await world.store.put({ key, value: kv.value, expect: { modRevision: kv.modRevision } })
    const resourceVersion = String(at(json, "metadata.resourceVersion"))
    const stale = await world.put(`${configMaps}/a`, configMap("a", { k: "2" }, { resourceVersion }))
    expect(stale.json.reason).toBe("Conflict")
  }),
)

test(
  "a custom resource is not updated without a resourceVersion, a ConfigMap is",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    await world.post(widgets, widget("w"))
    const refused = await world.put(`${widgets}/w`, widget("w", { color: "blue" }))
    expect([refused.status, at(refused.json, "details.causes.0.field")]).toEqual([
      422,
      "metadata.resourceVersion",
    ])
    await world.post(configMaps, configMap("a"))
    expect((await world.put(`${configMaps}/a`, configMap("a", { k: "v" }))).status).toBe(200)
  }),
)

test(
  "an update of a missing object creates nothing",
  withServer(async (world) => {
    const answer = await world.put(`${configMaps}/a`, configMap("a"))
    expect([answer.status, answer.json.reason]).toEqual([404, "NotFound"])
  }),
)

test(
  "an update may not name another object, nor another uid",
  withServer(async (world) => {
    await world.post(configMaps, configMap("a"))
    expect((await world.put(`${configMaps}/a`, configMap("b"))).json.reason).toBe("BadRequest")
    const other = await world.put(`${configMaps}/a`, configMap("a", {}, { uid: "other" }))
    expect(other.json.reason).toBe("Conflict")
    expect(other.json.message).toContain("Precondition failed: UID in precondition")
  }),
)

test(
  "a write that changes nothing keeps the resourceVersion",
  withServer(async (world) => {
    const { json } = await world.post(configMaps, configMap("a", { k: "v" }))
    world.ambient.advance(60_000)
    const again = await world.put(`${configMaps}/a`, configMap("a", { k: "v" }))
    expect(at(again.json, "metadata.resourceVersion")).toBe(at(json, "metadata.resourceVersion"))
  }),
)

test(
  "generation counts changes of the spec, not of metadata or status",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const generation = async (path: string, patch: object) =>
      at((await world.patch(path, "merge", patch as never)).json, "metadata.generation")
    expect(at((await world.post(widgets, widget("w"))).json, "metadata.generation")).toBe(1)
    expect(await generation(`${widgets}/w`, { spec: { color: "blue" } })).toBe(2)
    expect(await generation(`${widgets}/w`, { metadata: { labels: { a: "b" } } })).toBe(2)
    expect(await generation(`${widgets}/w/status`, { status: { message: "m" } })).toBe(2)
    expect(await generation(`${widgets}/w`, { spec: { color: "green" }, status: { message: "x" } })).toBe(3)
  }),
)

test(
  "status is written through /status alone, and the rest through the main endpoint alone",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const created = await world.post(widgets, { ...widget("w"), status: { message: "early" } })
    expect(created.json.status).toBeUndefined()
    const status = await world.patch(`${widgets}/w/status`, "merge", {
      metadata: { labels: { a: "b" } },
      spec: { color: "blue" },
      status: { message: "m" },
    })
    expect([
      at(status.json, "status.message"),
      at(status.json, "spec.color"),
      at(status.json, "metadata.labels"),
    ]).toEqual(["m", "red", undefined])
    const main = await world.patch(`${widgets}/w`, "merge", {
      spec: { color: "blue" },
      status: { message: "x" },
    })
    expect([at(main.json, "status.message"), at(main.json, "spec.color")]).toEqual(["m", "blue"])
    expect((await world.get(`${configMaps}/a/status`)).status).toBe(404)
  }),
)

test(
  "scale reads and writes the replicas of a custom resource",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    await world.post(widgets, widget("w", { replicas: 1 }))
    const scale = await world.get(`${widgets}/w/scale`)
    expect([scale.json.kind, at(scale.json, "spec.replicas")]).toEqual(["Scale", 1])
    const patched = await world.patch(`${widgets}/w/scale`, "merge", { spec: { replicas: 3 } })
    expect(at(patched.json, "spec.replicas")).toBe(3)
    const put = await world.put(`${widgets}/w/scale`, {
      ...scale.json,
      spec: { replicas: 4 },
      metadata: { name: "w", namespace: "default" },
    })
    expect(put.status).toBe(200)
    const stale = await world.put(`${widgets}/w/scale`, { ...scale.json, spec: { replicas: 5 } })
    expect(stale.json.reason).toBe("Conflict")
    const found = await world.get(`${widgets}/w`)
    expect([at(found.json, "spec.replicas"), at(found.json, "metadata.generation")]).toEqual([4, 3])
  }),
)

/** A store whose watch is silent until it is let go on; it counts the puts that were tried. */
class SilentStore implements Store {
  readonly name = "silent"
  readonly #store = makeMemoryStore()
  #held: Array<() => void> | undefined
  puts = 0
  get: Store["get"] = (key) => this.#store.get(key)
  range: Store["range"] = (options) => this.#store.range(options)
  delete: Store["delete"] = (key, expected) => this.#store.delete(key, expected)
  transact: Store["transact"] = (writes) => this.#store.transact(writes)
  compact: Store["compact"] = (revision) => this.#store.compact(revision)
  session: Store["session"] = (ttl) => this.#store.session(ttl)

  put(put: Put): Promise<bigint> {
    this.puts++
    return this.#store.put(put)
  }

  watch(options: WatchOptions, sink: WatchSink): Watch {
    return this.#store.watch(options, {
      ...sink,
      events: (events) => this.#later(() => sink.events(events)),
      progress: (revision) => this.#later(() => sink.progress(revision)),
      ended: (error) => sink.ended(error),
    })
  }

  #later(tell: () => void): void {
    if (this.#held === undefined) tell()
    else this.#held.push(tell)
  }

  hold(): void {
    this.#held = []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const tell of held) tell()
  }
}

test("writes one after another rest on each other, though the cache has not heard of them", async () => {
  const store = new SilentStore()
  await withServer(
    async (world) => {
      await world.post(configMaps, configMap("a"))
      store.hold()
      store.puts = 0
      for (const n of ["1", "2", "3"]) {
        const { status, json } = await world.patch(`${configMaps}/a`, "merge", { data: { n } })
        expect([status, at(json, "data.n")]).toEqual([200, n])
      }
      expect(store.puts).toBe(3)
      store.release()
      expect(at((await world.get(`${configMaps}/a`)).json, "data.n")).toBe("3")
      await world.delete(`${configMaps}/a`)
      expect((await world.patch(`${configMaps}/a`, "merge", { data: { n: "4" } })).status).toBe(404)
    },
    { store },
  )()
})
