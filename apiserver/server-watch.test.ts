import { expect, test } from "vitest"
import {
  makeMemoryStore,
  type Store,
  StoreError,
  type Watch,
  type WatchOptions,
  type WatchSink,
} from "../store/index.ts"
import { limits } from "./limits.ts"
import {
  at,
  configMap,
  configMaps,
  crds,
  type WatchedEvent,
  widget,
  widgets,
  widgetsCrd,
  withServer,
} from "./test-world.ts"

/** A memory store whose watches can be made to end as if it had been compacted under them. */
class ForgettingStore implements Store {
  readonly name = "forgetting"
  readonly #store = makeMemoryStore()
  #open: Array<{ readonly watch: Watch; readonly sink: WatchSink }> = []
  get: Store["get"] = (key) => this.#store.get(key)
  range: Store["range"] = (options) => this.#store.range(options)
  put: Store["put"] = (put) => this.#store.put(put)
  delete: Store["delete"] = (key, expect) => this.#store.delete(key, expect)
  transact: Store["transact"] = (writes) => this.#store.transact(writes)
  compact: Store["compact"] = (revision) => this.#store.compact(revision)
  session: Store["session"] = (ttl) => this.#store.session(ttl)

  watch(options: WatchOptions, sink: WatchSink): Watch {
    const watch = this.#store.watch(options, sink)
    this.#open.push({ watch, sink })
    return watch
  }

  forget(): void {
    for (const { watch, sink } of this.#open.splice(0)) {
      watch.close()
      sink.ended(new StoreError("Compacted", "/registry/"))
    }
  }
}

const told = (events: ReadonlyArray<WatchedEvent | undefined>) =>
  events.map((event) => event && `${event.type} ${at(event.object, "metadata.name")}`)

test(
  "a watch from a list's revision tells everything after it, once and in order",
  withServer(async (world) => {
    await world.post(configMaps, configMap("a"))
    const revision = at((await world.get(configMaps)).json, "metadata.resourceVersion")
    await world.post(configMaps, configMap("b"))
    const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=${revision}`)
    expect([watch.response.status, watch.response.headers["content-type"]]).toEqual([200, "application/json"])
    await world.patch(`${configMaps}/a`, "merge", { data: { k: "v" } })
    await world.delete(`${configMaps}/b`)
    expect(told(await watch.take(3))).toEqual(["ADDED b", "MODIFIED a", "DELETED b"])
  }),
)

test(
  "a watch without a revision begins with what is there",
  withServer(async (world) => {
    for (const name of ["a", "b"]) await world.post(configMaps, configMap(name))
    for (const query of ["watch=true", "watch=1&resourceVersion=0"]) {
      const watch = await world.watch(`${configMaps}?${query}`)
      expect(told(await watch.take(2))).toEqual(["ADDED a", "ADDED b"])
      await world.patch(`${configMaps}/b`, "merge", { data: { k: query } })
      expect(told([await watch.next()])).toEqual(["MODIFIED b"])
      watch.close()
    }
  }),
)

test(
  "a deletion tells the last state with the revision of the deletion",
  withServer(async (world) => {
    const { json } = await world.post(configMaps, configMap("a", { k: "v" }))
    const watch = await world.watch(
      `${configMaps}?watch=true&resourceVersion=${at(json, "metadata.resourceVersion")}`,
    )
    await world.delete(`${configMaps}/a`)
    const event = await watch.next()
    expect([event?.type, at(event?.object, "data.k")]).toEqual(["DELETED", "v"])
    const { revision } = await world.store.get("x")
    expect(at(event?.object, "metadata.resourceVersion")).toBe(String(revision))
  }),
)

test(
  "leaving a selection is DELETED, entering it ADDED, and outside it is silence",
  withServer(async (world) => {
    const watch = await world.watch(`${configMaps}?watch=true&labelSelector=in%3Dyes`)
    await world.post(configMaps, configMap("a", {}, { labels: { in: "no" } }))
    await world.patch(`${configMaps}/a`, "merge", { metadata: { labels: { in: "yes" } } })
    await world.patch(`${configMaps}/a`, "merge", { data: { k: "v" } })
    const left = await world.patch(`${configMaps}/a`, "merge", { metadata: { labels: { in: "no" } } })
    await world.patch(`${configMaps}/a`, "merge", { data: { k: "w" } })
    await world.patch(`${configMaps}/a`, "merge", { metadata: { labels: { in: "yes" } } })
    await world.delete(`${configMaps}/a`)
    const events = await watch.take(5)
    expect(told(events)).toEqual(["ADDED a", "MODIFIED a", "DELETED a", "ADDED a", "DELETED a"])
    expect(at(events[2]?.object, "metadata.labels.in")).toBe("yes")
    expect(at(events[2]?.object, "metadata.resourceVersion")).toBe(at(left.json, "metadata.resourceVersion"))
  }),
)

test(
  "a field selector narrows a watch of a custom resource",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const watch = await world.watch(`${widgets}?watch=true&fieldSelector=spec.color%3Dblue`)
    await world.post(widgets, widget("a", { color: "red" }))
    await world.patch(`${widgets}/a`, "merge", { spec: { color: "blue" } })
    expect(told([await watch.next()])).toEqual(["ADDED a"])
  }),
)

test(
  "a watch of one name tells of that name only, by path, by selector and by the old path",
  withServer(async (world) => {
    const paths = [
      `${configMaps}/a?watch=1`,
      `${configMaps}?watch=1&fieldSelector=metadata.name%3Da`,
      "/api/v1/watch/namespaces/default/configmaps/a",
    ]
    const watches = await Promise.all(paths.map((path) => world.watch(path)))
    await world.post(configMaps, configMap("b"))
    await world.post(configMaps, configMap("a"))
    for (const watch of watches) expect(told([await watch.next()])).toEqual(["ADDED a"])
    const odd = await world.get(`${configMaps}/a?watch=1&fieldSelector=metadata.name%3Db`)
    expect(odd.json.reason).toBe("BadRequest")
  }),
)

test(
  "concurrent watches see the same events in the same order",
  withServer(async (world) => {
    const watches = await Promise.all(
      Array.from({ length: 5 }, () => world.watch(`${configMaps}?watch=true`)),
    )
    for (let n = 0; n < 20; n++) await world.post(configMaps, configMap(`c${n}`))
    const seen = await Promise.all(watches.map(async (watch) => told(await watch.take(20))))
    for (const events of seen) expect(events).toEqual(seen[0])
  }),
)

test(
  "a watch from a revision that is no longer kept gets a 410 event, then its end",
  withServer(async (world) => {
    const { json } = await world.post(configMaps, configMap("a", { k: "0" }))
    const old = at(json, "metadata.resourceVersion")
    for (let n = 1; n <= limits.windowEventsMax + 1; n++)
      await world.put(`${configMaps}/a`, configMap("a", { k: String(n) }))
    const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=${old}`)
    expect(watch.response.status).toBe(200)
    const event = await watch.next()
    expect([event?.type, event?.object.code, event?.object.reason]).toEqual(["ERROR", 410, "Expired"])
    expect(await watch.next()).toBeUndefined()
  }),
  60_000,
)

test("a store that has lost the history ends every watch with 410, and the server reads again", async () => {
  const store = new ForgettingStore()
  await withServer(
    async (world) => {
      await world.post(configMaps, configMap("a"))
      const live = await world.watch(`${configMaps}?watch=true`)
      expect(told([await live.next()])).toEqual(["ADDED a"])
      store.forget()
      expect((await live.next())?.object.reason).toBe("Expired")
      expect(await live.next()).toBeUndefined()
      await world.post(configMaps, configMap("b"))
      expect(at((await world.get(configMaps)).json, "items.1.metadata.name")).toBe("b")
      const again = await world.watch(`${configMaps}?watch=true`)
      expect(told(await again.take(2))).toEqual(["ADDED a", "ADDED b"])
    },
    { store },
  )()
})

test(
  "a watcher that does not read is ended with 410, and does not hold up others",
  withServer(async (world) => {
    const slow = await world.watch(`${configMaps}?watch=true`)
    const size = 500_000
    const writes = Math.ceil(limits.watchPendingBytesMax / size) + 3
    for (let n = 0; n < writes; n++) {
      await world.post(configMaps, configMap(`c${n}`, { k: "x".repeat(size) }))
      await new Promise(setImmediate)
    }
    const events = await slow.take(writes + 1)
    const last = events.at(-1)
    expect([last?.type, last?.object.reason]).toEqual(["ERROR", "Expired"])
    expect(events.length).toBeLessThanOrEqual(writes)
    expect(told(events.slice(0, 2))).toEqual(["ADDED c0", "ADDED c1"])
  }),
  30_000,
)

test(
  "bookmarks come every minute and before the timeout, to those who asked",
  withServer(async (world) => {
    const asked = await world.watch(`${configMaps}?watch=true&allowWatchBookmarks=true&timeoutSeconds=100`)
    const silent = await world.watch(`${configMaps}?watch=true&timeoutSeconds=100`)
    await world.post("/api/v1/namespaces/default/secrets", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s" },
    })
    const { revision } = await world.store.get("x")
    world.ambient.advance(limits.bookmarkMs)
    world.ambient.advance(100_000)
    const events = await asked.take(9)
    expect(events.map((event) => event.type)).toEqual(["BOOKMARK", "BOOKMARK"])
    expect(events[0]?.object).toEqual({
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: { resourceVersion: String(revision), creationTimestamp: null },
    })
    expect(await silent.next()).toBeUndefined()
  }),
)

test(
  "a streamed list ends with a marked bookmark, and goes on live",
  withServer(async (world) => {
    for (const name of ["a", "b"]) await world.post(configMaps, configMap(name))
    const query =
      "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    const watch = await world.watch(`${configMaps}?${query}`)
    const events = await watch.take(3)
    expect(events.map((event) => event.type)).toEqual(["ADDED", "ADDED", "BOOKMARK"])
    const annotations = at(events[2]?.object, "metadata.annotations")
    expect(annotations).toEqual({ "k8s.io/initial-events-end": "true" })
    await world.post(configMaps, configMap("c"))
    expect(told([await watch.next()])).toEqual(["ADDED c"])
  }),
)

test.each([
  ["sendInitialEvents=true", 422],
  ["resourceVersionMatch=NotOlderThan", 422],
  ["labelSelector=a%20b%20c", 400],
  ["resourceVersion=x", 400],
])("a watch with %s is refused before it begins", (query, status) =>
  withServer(async (world) => {
    expect((await world.get(`${configMaps}?watch=true&${query}`)).status).toBe(status)
  })(),
)

test(
  "a watch as Table names its columns once",
  withServer(async (world) => {
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
    const watch = await world.watch(`${configMaps}?watch=true`, { accept })
    await world.post(configMaps, configMap("a"))
    await world.post(configMaps, configMap("b"))
    const events = await watch.take(2)
    expect(events.map((event) => event.object.kind)).toEqual(["Table", "Table"])
    expect(at(events[0]?.object, "columnDefinitions.0.name")).toBe("Name")
    expect(at(events[1]?.object, "columnDefinitions")).toEqual([])
    expect(at(events[1]?.object, "rows.0.cells.0")).toBe("b")
  }),
)

test(
  "a closed watch is forgotten",
  withServer(async (world) => {
    const watch = await world.watch(`${configMaps}?watch=true`)
    const open = async () =>
      /apiserver_registered_watchers\{[^}]*resource="configmaps"\} (\d+)/.exec(
        (await world.get("/metrics")).text,
      )?.[1]
    expect(await open()).toBe("1")
    watch.close()
    expect(await open()).toBe("0")
  }),
)

test("the end of the server ends watches cleanly", async () => {
  let watch: { next(): Promise<WatchedEvent | undefined> } | undefined
  await withServer(async (world) => {
    watch = await world.watch(`${configMaps}?watch=true`)
  })()
  expect(await watch?.next()).toBeUndefined()
})
