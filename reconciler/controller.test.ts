import { describe, expect, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Layer, Metric, Scope } from "effect"
import { TestClock } from "effect/testing"
import { ApiError, Client, clientLayer } from "../client/index.ts"
import type { Kind, KubeObject } from "../schemas/index.ts"
import { Controller, type ControllerOptions } from "./controller.ts"
import { Informers } from "./informers.ts"
import { type Request, Result, TerminalError } from "./reconciler.ts"
import { keyString } from "./request.ts"
import { runController } from "./run-controller.ts"
import { watching } from "./sources.ts"
import { bookmark, event, list, refuse } from "./testing/scripted-transport.ts"
import { tableTransport } from "./testing/table-transport.ts"

const kind = (name: string): Kind => ({
  group: "example.com",
  version: "v1",
  kind: name,
  plural: `${name.toLowerCase()}s`,
  namespaced: true,
})
const Widget = kind("Widget")
const Part = kind("Part")

const object = (type: Kind, name: string, version: string, metadata: object = {}): KubeObject => ({
  apiVersion: "example.com/v1",
  kind: type.kind,
  metadata: { name, namespace: "ns", uid: `${type.kind}-${name}`, resourceVersion: version, ...metadata },
})
const widget = (name: string, version: string) => object(Widget, name, version)

const settle = Effect.yieldNow.pipe(Effect.repeat({ times: 60 }))

type Options<E> = Partial<ControllerOptions<E, Client>> & Pick<ControllerOptions<E, Client>, "reconcile">

/** A controller of Widgets over a server of tables. */
const start = Effect.fnUntraced(function* <E>(objects: ReadonlyArray<KubeObject>, options: Options<E>) {
  const server = tableTransport({ widgets: list(objects, { resourceVersion: "10" }) })
  const layer = Layer.provideMerge(Informers.layer(), clientLayer(server.transport))
  const context = yield* Layer.build(layer)
  const scope = yield* Scope.fork(yield* Effect.scope)
  const controller = Controller.make({ name: "widgets", for: Widget, ...options })
  const handle = yield* runController(controller, { grace: () => Duration.seconds(5) }).pipe(
    Scope.provide(scope),
    Effect.provideContext(context),
  )
  yield* settle
  const stop = Scope.close(scope, Exit.void)
  return { server, handle, stop }
})

/** A reconcile that notes its requests and answers by the attempt. */
const noting = <E, R = never>(answer: (attempt: number, request: Request) => Effect.Effect<Result, E, R>) => {
  const calls: Array<string> = []
  const reconcile = (request: Request) =>
    Effect.suspend(() => {
      calls.push(keyString(request))
      return answer(calls.length, request)
    })
  return { calls, reconcile }
}

const done = Effect.succeed(Result.Done())

describe("what is reconciled", () => {
  it.effect("each object once, and again when it changes", () =>
    Effect.gen(function* () {
      const { calls, reconcile } = noting(() => done)
      const { server } = yield* start([widget("a", "1"), widget("b", "2")], { reconcile })
      expect(calls).toEqual(["ns/a", "ns/b"])
      server.send("widgets", event("MODIFIED", widget("b", "11")))
      yield* settle
      expect(calls).toEqual(["ns/a", "ns/b", "ns/b"])
    }),
  )

  it.effect("the owner of what changed, by its controller reference, group and kind", () =>
    Effect.gen(function* () {
      const { calls, reconcile } = noting(() => done)
      const owner = (apiVersion: string, name: string, controller = true) => ({
        ownerReferences: [{ apiVersion, kind: "Widget", name, uid: "u", controller }],
      })
      const { server } = yield* start([], { reconcile, owns: [Part] })
      server.send(
        "parts",
        event("ADDED", object(Part, "p1", "11", owner("example.com/v2", "mine"))),
        event("ADDED", object(Part, "p2", "12", owner("other.com/v1", "another-group"))),
        event("ADDED", object(Part, "p3", "13", owner("example.com/v1", "not-controller", false))),
      )
      yield* settle
      expect(calls).toEqual(["ns/mine"])
    }),
  )

  it.effect("what a mapping names, before and after a change", () =>
    Effect.gen(function* () {
      const { calls, reconcile } = noting(() => done)
      const map = (part: KubeObject) => [{ namespace: "ns", name: part.metadata.labels?.of ?? "" }]
      const { server } = yield* start([], { reconcile, watches: [watching(Part, { map })] })
      server.send("parts", event("ADDED", object(Part, "p", "11", { labels: { of: "x" } })))
      yield* settle
      server.send("parts", event("MODIFIED", object(Part, "p", "12", { labels: { of: "y" } })))
      yield* settle
      expect(calls).toEqual(["ns/x", "ns/x", "ns/y"])
    }),
  )

  it.effect("nothing before all informers are synced", () =>
    Effect.gen(function* () {
      const { calls, reconcile } = noting(() => done)
      const { server } = yield* start([widget("a", "1")], {
        reconcile,
        watches: [watching(kind("Late"), { map: () => [] })],
      })
      expect(calls).toEqual([])
      server.serve("lates", list([], { resourceVersion: "10" }))
      yield* settle
      expect(calls).toEqual(["ns/a"])
    }),
  )
})

describe("outcomes", () => {
  it.effect("RequeueAfter looks again after the delay", () =>
    Effect.gen(function* () {
      const later = Effect.succeed(Result.RequeueAfter({ delay: Duration.seconds(30) }))
      const { calls, reconcile } = noting((attempt) => (attempt === 1 ? later : done))
      yield* start([widget("a", "1")], { reconcile })
      yield* TestClock.adjust("29 seconds")
      expect(calls).toHaveLength(1)
      yield* TestClock.adjust("1 second")
      yield* settle
      expect(calls).toHaveLength(2)
    }),
  )

  const failures: ReadonlyArray<[string, Effect.Effect<Result, unknown>]> = [
    ["an error", Effect.fail(new Error("no"))],
    ["a conflict", Effect.fail(new ApiError({ reason: "Conflict", message: "", operation: "" }))],
    ["a defect", Effect.die(new Error("bug"))],
    ["a reconcile that throws", Effect.sync(() => JSON.parse("{"))],
    ["a reconcile that interrupts itself", Effect.interrupt],
  ]
  it.effect.each(failures)("%s is tried again, each time later, and forgotten on success", ([, failure]) =>
    Effect.gen(function* () {
      const { calls, reconcile } = noting((attempt) => (attempt <= 3 ? failure : done))
      const { handle } = yield* start([widget("a", "1")], { reconcile })
      const waits: Array<number> = []
      for (let attempt = 1; attempt <= 3; attempt++) {
        const [key] = handle.queue()
        expect(key).toMatchObject({ key: "ns/a", state: "delayed", attempts: attempt })
        const now = yield* TestClock.testClockWith((clock) => clock.currentTimeMillis)
        waits.push((key?.nextTryMs ?? 0) - now)
        yield* TestClock.adjust(Duration.millis(waits.at(-1) ?? 0))
        yield* settle
      }
      expect(waits[0]).toBeGreaterThanOrEqual(4)
      expect(waits[0]).toBeLessThanOrEqual(6)
      expect(waits[2]).toBeGreaterThanOrEqual(16)
      expect(waits[2]).toBeLessThanOrEqual(24)
      expect(calls).toHaveLength(4)
      expect(handle.queue()).toEqual([])
    }),
  )

  it.effect("a 429 is obeyed", () =>
    Effect.gen(function* () {
      const status = {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        code: 429,
        details: { retryAfterSeconds: 20 },
      } as const
      const busy = new ApiError({ reason: "TooManyRequests", message: "", operation: "", status })
      const { calls, reconcile } = noting((attempt) => (attempt === 1 ? Effect.fail(busy) : done))
      yield* start([widget("a", "1")], { reconcile })
      yield* TestClock.adjust("19 seconds")
      yield* settle
      expect(calls).toHaveLength(1)
      yield* TestClock.adjust("1 second")
      yield* settle
      expect(calls).toHaveLength(2)
    }),
  )

  it.effect("a terminal error waits for a change of the object, and shows as an Event", () =>
    Effect.gen(function* () {
      const refused = new TerminalError({ reason: "InvalidSpec", message: "spec.size must be positive" })
      const { calls, reconcile } = noting((attempt) => (attempt === 1 ? Effect.fail(refused) : done))
      const { server, handle } = yield* start([widget("a", "1")], { reconcile })
      yield* TestClock.adjust("1 hour")
      yield* settle
      expect(calls).toHaveLength(1)
      expect(handle.queue()).toEqual([])
      const [created] = server.writes("events")
      expect(created).toMatchObject({
        type: "Warning",
        reason: "InvalidSpec",
        involvedObject: { kind: "Widget", name: "a", namespace: "ns", uid: "Widget-a" },
        source: { component: "widgets" },
        count: 1,
      })
      server.send("widgets", event("MODIFIED", widget("a", "11")))
      yield* settle
      expect(calls).toHaveLength(2)
    }),
  )

  it.effect("a reconcile over its time limit is interrupted and tried again", () =>
    Effect.gen(function* () {
      const { calls, reconcile } = noting((attempt) => (attempt === 1 ? Effect.never : done))
      yield* start([widget("a", "1")], { reconcile, timeout: "10 seconds" })
      yield* TestClock.adjust("11 seconds")
      yield* settle
      expect(calls).toHaveLength(2)
    }),
  )
})

describe("workers", () => {
  it.effect("are never two on one key, and run several keys at once", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      let active = 0
      let most = 0
      const { calls, reconcile } = noting(() =>
        Effect.gen(function* () {
          most = Math.max(most, ++active)
          yield* Deferred.await(gate)
          active -= 1
          return Result.Done()
        }),
      )
      const { server, handle } = yield* start([widget("a", "1"), widget("b", "2"), widget("c", "3")], {
        reconcile,
        concurrency: 2,
      })
      server.send("widgets", event("MODIFIED", widget("a", "11")))
      yield* settle
      expect(calls).toEqual(["ns/a", "ns/b"])
      expect(handle.queue().find(({ key }) => key === "ns/a")).toMatchObject({ state: "held", dirty: true })
      yield* Deferred.succeed(gate, undefined)
      yield* settle
      // What changed goes before what was only there at the start.
      expect(calls).toEqual(["ns/a", "ns/b", "ns/a", "ns/c"])
      expect(most).toBe(2)
    }),
  )

  it.effect("at shutdown finish what they hold and take nothing more", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const { calls, reconcile } = noting(() =>
        Effect.as(
          Effect.andThen(
            Effect.sleep("3 seconds"),
            Effect.sync(() => log.push("finished")),
          ),
          Result.Done(),
        ),
      )
      const { stop } = yield* start([widget("a", "1"), widget("b", "2")], { reconcile })
      const stopping = yield* Effect.forkChild(stop)
      yield* TestClock.adjust("3 seconds")
      yield* settle
      expect(stopping.pollUnsafe()).toBeDefined()
      expect(log).toEqual(["finished"])
      expect(calls).toEqual(["ns/a"])
    }),
  )

  it.effect("at shutdown are interrupted when the grace is over", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const { reconcile } = noting(() =>
        Effect.onInterrupt(Effect.never, () => Effect.sync(() => log.push("cut"))),
      )
      const { stop } = yield* start([widget("a", "1")], { reconcile })
      const stopping = yield* Effect.forkChild(stop)
      yield* TestClock.adjust("4 seconds")
      yield* settle
      expect([stopping.pollUnsafe(), log]).toEqual([undefined, []])
      yield* TestClock.adjust("1 second")
      yield* settle
      expect(stopping.pollUnsafe()).toBeDefined()
      expect(log).toEqual(["cut"])
    }),
  )
})

describe("own writes", () => {
  const writing = () =>
    noting<ApiError, Client>((attempt) =>
      attempt === 1
        ? Effect.as(
            Effect.flatMap(Client, (client) => client.update(Widget, widget("a", "10"))),
            Result.RequeueAfter({ delay: Duration.millis(1) }),
          )
        : done,
    )

  it.effect("hold the key until the informer shows them; others go on", () =>
    Effect.gen(function* () {
      const { calls, reconcile } = writing()
      const { server, handle } = yield* start([widget("a", "1")], { reconcile })
      server.send("widgets", event("ADDED", widget("b", "14")))
      yield* TestClock.adjust("1 second")
      yield* settle
      expect(calls).toEqual(["ns/a", "ns/b"])
      expect(handle.queue()).toMatchObject([{ key: "ns/a", state: "held" }])
      server.send("widgets", event("MODIFIED", widget("a", "15")))
      yield* settle
      expect(calls).toEqual(["ns/a", "ns/b", "ns/a"])
    }),
  )

  it.effect("are shown by a bookmark too", () =>
    Effect.gen(function* () {
      const { calls, reconcile } = writing()
      const { server } = yield* start([widget("a", "1")], { reconcile })
      server.send("widgets", bookmark("99"))
      yield* TestClock.adjust("1 second")
      yield* settle
      expect(calls).toEqual(["ns/a", "ns/a"])
    }),
  )

  it.effect("that a dead watch never shows are shown by a new list", () =>
    Effect.gen(function* () {
      const { calls, reconcile } = writing()
      const { server, handle } = yield* start([widget("a", "1")], { reconcile })
      server.serve("widgets", list([widget("a", "15")], { resourceVersion: "15" }))
      yield* TestClock.adjust("9 seconds")
      yield* settle
      expect(calls).toHaveLength(1)
      yield* TestClock.adjust("2 seconds")
      yield* settle
      expect(calls).toHaveLength(2)
      expect(handle.informers[0]?.counts()).toMatchObject({ lists: 2, failures: 0 })
    }),
  )

  it.effect("hold the key while the server is away, however long", () =>
    Effect.gen(function* () {
      const { calls, reconcile } = writing()
      const { server } = yield* start([widget("a", "1")], { reconcile })
      server.serve("widgets", refuse(503, "ServiceUnavailable"))
      yield* TestClock.adjust("2 minutes")
      yield* settle
      expect(calls).toHaveLength(1)
      server.serve("widgets", list([widget("a", "15")], { resourceVersion: "15" }))
      yield* TestClock.adjust("1 minute")
      yield* settle
      expect(calls).toHaveLength(2)
    }),
  )

  it.effect("let go of the key when the kind can no longer be read", () =>
    Effect.gen(function* () {
      const { calls, reconcile } = writing()
      const { server } = yield* start([widget("a", "1")], { reconcile })
      server.serve("widgets", refuse(403, "Forbidden"))
      yield* TestClock.adjust("9 seconds")
      yield* settle
      expect(calls).toHaveLength(1)
      yield* TestClock.adjust("12 seconds")
      yield* settle
      expect(calls).toHaveLength(2)
    }),
  )

  it.effect("carry the cause: who reconciled what, and which versions woke it", () =>
    Effect.gen(function* () {
      const { reconcile } = writing()
      const { server } = yield* start([widget("a", "1")], { reconcile })
      expect(server.causes()).toEqual([
        expect.stringMatching(
          /^controller\/widgets; request=ns\/a; reconcile=[0-9a-f]{8}; woke=Widget.example.com\/ns\/a@1$/,
        ),
      ])
    }),
  )
})

it.effect("counts what it does under the usual names", () =>
  Effect.gen(function* () {
    const { reconcile } = noting((attempt) => (attempt === 1 ? Effect.fail("no") : done))
    yield* start([widget("a", "1")], { reconcile, name: "counted" })
    yield* TestClock.adjust("1 second")
    yield* settle
    const value = (id: string, labels: { readonly [name: string]: string }) =>
      Effect.map(
        Metric.value(Metric.withAttributes(Metric.counter(id, { incremental: true }), labels)),
        (state) => state.count,
      )
    const total = "controller_runtime_reconcile_total"
    expect(yield* value(total, { controller: "counted", result: "error" })).toBe(1)
    expect(yield* value(total, { controller: "counted", result: "success" })).toBe(1)
    const labels = { name: "counted", controller: "counted" }
    expect(yield* value("workqueue_retries_total", labels)).toBe(1)
    expect(yield* value("workqueue_adds_total", labels)).toBeGreaterThanOrEqual(1)
  }),
)

it.effect("a worker that is stuck shows in the metrics of its queue", () =>
  Effect.gen(function* () {
    const gate = yield* Deferred.make<void>()
    const reconcile = () => Effect.as(Deferred.await(gate), Result.Done())
    yield* start([widget("a", "1")], { reconcile, name: "stuck" })
    yield* TestClock.adjust("30 seconds")
    yield* settle
    const labels = { name: "stuck", controller: "stuck" }
    const gauge = Metric.gauge("workqueue_longest_running_processor_seconds")
    const { value } = yield* Metric.value(Metric.withAttributes(gauge, labels))
    expect(value).toBeGreaterThanOrEqual(25)
    yield* Deferred.succeed(gate, undefined)
    yield* settle
  }),
)
