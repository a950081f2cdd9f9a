import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { clientLayer, type Written } from "../client/index.ts"
import type { Kind, KubeObject } from "../schemas/index.ts"
import { makeInformer } from "./informer.ts"
import type { Change } from "./object-cache.ts"
import {
  bookmark,
  cut,
  errorEvent,
  event,
  hang,
  list,
  refuse,
  scriptedTransport,
  silence,
  unreachable,
  watch,
} from "./testing/scripted-transport.ts"

const Widget: Kind = {
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
}

const widget = (name: string, resourceVersion: string, uid = name): KubeObject => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name, namespace: "ns", uid, resourceVersion, labels: { shard: name } },
})

const shown = (object: KubeObject | undefined) =>
  object === undefined ? "-" : `${object.metadata.name}@${object.metadata.resourceVersion}`
const told = ({ old, new: now }: Change) => `${shown(old)} > ${shown(now)}`

/** Lets what is under way come to rest, without any time passing. */
const settle = Effect.yieldNow.pipe(Effect.repeat({ times: 30 }))

/** An informer over a script, and all that it told. */
const start = Effect.fnUntraced(function* (...script: Parameters<typeof scriptedTransport>[0]) {
  const { transport, asked } = scriptedTransport(script)
  const informer = yield* makeInformer(Widget, {
    indexes: { shard: (o) => [o.metadata.labels?.shard ?? ""] },
  }).pipe(Effect.provide(clientLayer(transport)))
  const changes: Array<string> = []
  yield* informer.subscribe((change) => changes.push(told(change)))
  yield* settle
  const names = () => informer.lister.list().map(shown).sort()
  return { informer, asked, changes, names }
})

describe("listing", () => {
  it.effect("reads all pages, then watches from the first page's version with bookmarks", () =>
    Effect.gen(function* () {
      const { informer, asked, names } = yield* start(
        list([widget("a", "3")], { resourceVersion: "10", continue: "next" }),
        list([widget("b", "4")], { resourceVersion: "10" }),
        watch(hang),
      )
      yield* informer.synced
      expect(names()).toEqual(["a@3", "b@4"])
      expect(asked[1]?.searchParams.get("continue")).toBe("next")
      expect(asked[2]?.searchParams.get("resourceVersion")).toBe("10")
      expect(asked[2]?.searchParams.get("allowWatchBookmarks")).toBe("true")
      expect(informer.state()._tag).toBe("Watching")
    }),
  )

  it.effect("starts over without pages when the snapshot expires between two", () =>
    Effect.gen(function* () {
      const { asked, names } = yield* start(
        list([widget("a", "3")], { resourceVersion: "10", continue: "next" }),
        refuse(410, "Expired"),
        list([widget("a", "11")], { resourceVersion: "12" }),
        watch(hang),
      )
      expect(names()).toEqual(["a@11"])
      expect(asked[2]?.searchParams.has("limit")).toBe(false)
      expect(asked[3]?.searchParams.get("resourceVersion")).toBe("12")
    }),
  )

  it.effect("goes on after a server that is not there, one that refuses, and one that never answers", () =>
    Effect.gen(function* () {
      const { informer, names } = yield* start(
        unreachable,
        refuse(403, "Forbidden"),
        silence,
        list([widget("a", "1")], { resourceVersion: "1" }),
        watch(hang),
      )
      expect(informer.state()).toMatchObject({
        _tag: "Stale",
        failures: 1,
        error: { reason: "ServiceUnavailable" },
      })
      yield* TestClock.adjust("1 second")
      yield* settle
      expect(informer.state()).toMatchObject({ _tag: "Stale", failures: 2, error: { reason: "Forbidden" } })
      yield* TestClock.adjust("2 minutes")
      yield* settle
      expect(names()).toEqual(["a@1"])
      expect(informer.counts()).toMatchObject({ lists: 4, failures: 3 })
    }),
  )

  it.effect("waits as long as a 429 asks", () =>
    Effect.gen(function* () {
      const { informer, names } = yield* start(
        refuse(429, "TooManyRequests", { "retry-after": "7" }),
        list([widget("a", "1")], { resourceVersion: "1" }),
      )
      yield* TestClock.adjust("6900 millis")
      yield* settle
      expect(informer.counts().lists).toBe(1)
      yield* TestClock.adjust("200 millis")
      yield* settle
      expect(names()).toEqual(["a@1"])
    }),
  )
})

describe("watching", () => {
  it.effect("tells what was and what is, and keeps its indexes", () =>
    Effect.gen(function* () {
      const { informer, changes, names } = yield* start(
        list([widget("a", "1"), widget("b", "2")], { resourceVersion: "2" }),
        watch(
          event("MODIFIED", widget("a", "3")),
          event("DELETED", widget("b", "4")) + event("ADDED", widget("c", "5")),
          hang,
        ),
      )
      expect(changes).toEqual(["- > a@1", "- > b@2", "a@1 > a@3", "b@4 > -", "- > c@5"])
      expect(names()).toEqual(["a@3", "c@5"])
      expect(informer.lister.byIndex("shard", "c").map(shown)).toEqual(["c@5"])
      expect(informer.lister.byIndex("shard", "b")).toEqual([])
      expect(informer.resourceVersion()).toBe("5")
    }),
  )

  const broken: ReadonlyArray<[string, ReturnType<typeof watch>]> = [
    ["a clean end", watch(event("ADDED", widget("a", "3")))],
    ["a cut connection", watch(event("ADDED", widget("a", "3")), cut)],
    ["a line cut short", watch(`${event("ADDED", widget("a", "3"))}{"type":"ADD`)],
    ["a line that is not JSON", watch(`${event("ADDED", widget("a", "3"))}nonsense\n`)],
    ["a 500 within the stream", watch(event("ADDED", widget("a", "3")), errorEvent(500, "InternalError"))],
  ]
  it.effect.each(broken)("goes on where it left off after %s", ([, first]) =>
    Effect.gen(function* () {
      const { informer, asked, names } = yield* start(
        list([], { resourceVersion: "2" }),
        first,
        watch(event("ADDED", widget("b", "4")), hang),
      )
      yield* TestClock.adjust("1 second")
      yield* settle
      expect(asked[2]?.searchParams.get("resourceVersion")).toBe("3")
      expect(names()).toEqual(["a@3", "b@4"])
      expect(informer.counts()).toMatchObject({ lists: 1, watches: 2 })
      expect(informer.state()._tag).toBe("Watching")
    }),
  )

  it.effect("a bookmark moves where the next watch starts", () =>
    Effect.gen(function* () {
      const { asked } = yield* start(list([], { resourceVersion: "2" }), watch(bookmark("99")), watch(hang))
      yield* TestClock.adjust("1 second")
      yield* settle
      expect(asked[2]?.searchParams.get("resourceVersion")).toBe("99")
    }),
  )

  it.effect("duplicates, older states and events of objects long gone tell nothing", () =>
    Effect.gen(function* () {
      const { informer, changes, names } = yield* start(
        list([widget("a", "5")], { resourceVersion: "5" }),
        watch(
          event("MODIFIED", widget("a", "7")),
          event("MODIFIED", widget("a", "7")),
          event("MODIFIED", widget("a", "6")),
          event("DELETED", widget("a", "8")),
          event("MODIFIED", widget("a", "7")),
          event("DELETED", widget("a", "8")),
          hang,
        ),
      )
      expect(changes).toEqual(["- > a@5", "a@5 > a@7", "a@8 > -"])
      expect(names()).toEqual([])
      expect(informer.counts().ignored).toBe(4)
    }),
  )

  it.effect(
    "several objects of one version are each told, once, over a watch that was cut between them",
    () =>
      Effect.gen(function* () {
        const { informer, asked, changes } = yield* start(
          list([widget("a", "3"), widget("c", "4")], { resourceVersion: "5" }),
          watch(event("MODIFIED", widget("a", "7")), cut),
          watch(
            event("MODIFIED", widget("a", "7")),
            event("ADDED", widget("b", "7")),
            event("DELETED", widget("c", "7")),
            hang,
          ),
        )
        const written = (name: string): Written => ({
          verb: "update",
          kind: Widget,
          key: { namespace: "ns", name },
          object: widget(name, "7"),
        })
        expect(informer.hasSeen(written("a"))).toBe(true)
        expect(informer.hasSeen(written("b"))).toBe(false)
        yield* TestClock.adjust("1 second")
        yield* settle
        expect(asked[2]?.searchParams.get("resourceVersion")).toBe("7")
        expect(changes.slice(2)).toEqual(["a@3 > a@7", "- > b@7", "c@7 > -"])
        expect(informer.hasSeen(written("b"))).toBe(true)
      }),
  )

  it.effect("versions that have no order are told apart by equality only", () =>
    Effect.gen(function* () {
      const { changes } = yield* start(
        list([widget("a", "x")], { resourceVersion: "r1" }),
        watch(event("MODIFIED", widget("a", "x")), event("MODIFIED", widget("a", "b")), hang),
      )
      expect(changes).toEqual(["- > a@x", "a@x > a@b"])
    }),
  )

  const gone: ReadonlyArray<[string, ReturnType<typeof watch>]> = [
    ["as an event", watch(errorEvent(410, "Expired"))],
    ["as an event with the older reason", watch(errorEvent(410, "Gone"))],
    ["as a response", refuse(410, "Expired")],
  ]
  it.effect.each(gone)(
    "a version that is gone (%s) is read anew; what vanished meanwhile is told",
    ([, first]) =>
      Effect.gen(function* () {
        const { informer, changes, names } = yield* start(
          list([widget("a", "1"), widget("b", "2"), widget("c", "2")], { resourceVersion: "2" }),
          first,
          list([widget("a", "1"), widget("c", "8"), widget("d", "9")], { resourceVersion: "9" }),
          watch(hang),
        )
        yield* TestClock.adjust("1 second")
        yield* settle
        expect(changes.slice(3)).toEqual(["b@2 > -", "c@2 > c@8", "- > d@9"])
        expect(names()).toEqual(["a@1", "c@8", "d@9"])
        expect(informer.counts().relists).toBe(1)
      }),
  )

  it.effect("a connection that is half open is given up after the idle timeout", () =>
    Effect.gen(function* () {
      const { informer, names } = yield* start(
        list([], { resourceVersion: "2" }),
        watch(event("ADDED", widget("a", "3")), hang),
        watch(event("ADDED", widget("b", "4")), hang),
      )
      yield* TestClock.adjust("149 seconds")
      yield* settle
      expect(informer.counts().watches).toBe(1)
      yield* TestClock.adjust("5 seconds")
      yield* settle
      expect(names()).toEqual(["a@3", "b@4"])
      expect(informer.counts()).toMatchObject({ watches: 2, lists: 1 })
    }),
  )

  it.effect("a server that ends each watch at once is not asked in a loop", () =>
    Effect.gen(function* () {
      const { informer } = yield* start(
        list([], { resourceVersion: "2" }),
        ...Array.from({ length: 1000 }, () => watch()),
      )
      yield* TestClock.adjust("1 minute")
      yield* settle
      expect(informer.counts().watches).toBeLessThan(20)
    }),
  )

  it.effect("what was known stays readable while the server is away", () =>
    Effect.gen(function* () {
      const { informer, names } = yield* start(
        list([widget("a", "1")], { resourceVersion: "1" }),
        ...Array.from({ length: 1000 }, () => unreachable),
      )
      yield* TestClock.adjust("10 minutes")
      yield* settle
      expect(names()).toEqual(["a@1"])
      expect(informer.state()).toMatchObject({ _tag: "Stale", sinceMs: 0 })
    }),
  )

  it.effect("a handler that throws loses its own change, and nobody else's", () =>
    Effect.gen(function* () {
      const { transport } = scriptedTransport([
        list([], { resourceVersion: "1" }),
        watch(event("ADDED", widget("a", "2")), event("ADDED", widget("b", "3")), hang),
      ])
      const informer = yield* makeInformer(Widget).pipe(Effect.provide(clientLayer(transport)))
      const seen: Array<string> = []
      yield* informer.subscribe(({ new: now }) => {
        if (now?.metadata.name === "a") throw new Error("handler")
        seen.push(`first ${shown(now)}`)
      })
      yield* informer.subscribe(({ new: now }) => seen.push(shown(now)))
      yield* settle
      expect(seen).toEqual(["a@2", "first b@3", "b@3"])
    }),
  )
})

describe("own writes", () => {
  const written = (object: KubeObject) =>
    ({ verb: "update", kind: Widget, key: { namespace: "ns", name: object.metadata.name }, object }) as const

  it.effect("show once the version is reached, also by a later event of another object", () =>
    Effect.gen(function* () {
      const { informer } = yield* start(
        list([widget("a", "1")], { resourceVersion: "1" }),
        watch(event("MODIFIED", widget("a", "3")), event("ADDED", widget("b", "9")), hang),
      )
      expect(informer.hasSeen(written(widget("a", "3")))).toBe(true)
      expect(informer.hasSeen(written(widget("x", "8")))).toBe(true)
      expect(informer.hasSeen(written(widget("a", "10")))).toBe(false)
    }),
  )

  it.effect("a removal shows when the object is gone, or is another of that name", () =>
    Effect.gen(function* () {
      const { informer } = yield* start(
        list([widget("a", "1", "uid-2")], { resourceVersion: "1" }),
        watch(hang),
      )
      const removed = (name: string, removedUid: string) =>
        informer.hasSeen({ verb: "delete", kind: Widget, key: { namespace: "ns", name }, removedUid })
      expect([removed("a", "uid-2"), removed("a", "uid-1"), removed("b", "uid-3")]).toEqual([
        false,
        true,
        true,
      ])
    }),
  )
})
