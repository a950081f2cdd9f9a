import { expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { clientLayer, type Transport } from "../client/index.ts"
import type { Kind, KubeObject } from "../schemas/index.ts"
import { Controller } from "./controller.ts"
import { Informers } from "./informers.ts"
import { Manager, type ManagerHandle } from "./manager.ts"
import { Result } from "./reconciler.ts"
import { keyString } from "./request.ts"
import { leaseServer } from "./testing/lease-server.ts"
import { list } from "./testing/scripted-transport.ts"
import { tableTransport } from "./testing/table-transport.ts"

const Widget: Kind = {
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
}
const widget: KubeObject = {
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name: "a", namespace: "ns", uid: "u", resourceVersion: "1" },
}

const settle = Effect.yieldNow.pipe(Effect.repeat({ times: 80 }))
/** Second by second: what comes over a connection comes between. */
const pass = (seconds: number) =>
  Effect.andThen(TestClock.adjust("1 second"), settle).pipe(Effect.repeat({ times: seconds - 1 }))

/** One replica's process: its own informers over a shared server. */
const world = (leases: ReturnType<typeof leaseServer>, replica: string) => {
  const tables = tableTransport({ widgets: list([widget], { resourceVersion: "10" }) })
  const lease = leases.transportOf(replica)
  const transport: Transport = {
    request: (request) => (request.path.includes("leases") ? lease : tables.transport).request(request),
  }
  return Layer.provideMerge(Informers.layer(), clientLayer(transport))
}

const slow = (log: Array<string>, who: string) =>
  Controller.make({
    name: "slow",
    for: Widget,
    reconcile: (request) =>
      Effect.gen(function* () {
        log.push(`${who} begins ${keyString(request)}`)
        yield* Effect.sleep("4 seconds")
        log.push(`${who} ends`)
        return Result.Done()
      }).pipe(Effect.onInterrupt(() => Effect.sync(() => log.push(`${who} is cut`)))),
  })

it.effect("an interrupted manager lets running reconciles finish", () =>
  Effect.gen(function* () {
    const log: Array<string> = []
    const run = Manager.run({ controllers: [slow(log, "a")] })
    const fiber = yield* Effect.forkChild(Effect.provide(run, world(leaseServer(), "a")))
    yield* settle
    const stopping = yield* Effect.forkChild(Fiber.interrupt(fiber))
    yield* pass(4)
    expect(stopping.pollUnsafe()).toBeDefined()
    expect(log).toEqual(["a begins ns/a", "a ends"])
  }),
)

it.effect("the grace is one for all controllers", () =>
  Effect.gen(function* () {
    const log: Array<string> = []
    const controllers = ["x", "y", "z"].map((name) =>
      Controller.make({
        name,
        for: Widget,
        reconcile: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => log.push(name))),
      }),
    )
    const run = Manager.run({ controllers, grace: "5 seconds" })
    const fiber = yield* Effect.forkChild(Effect.provide(run, world(leaseServer(), "a")))
    yield* settle
    const stopping = yield* Effect.forkChild(Fiber.interrupt(fiber))
    yield* pass(4)
    expect([stopping.pollUnsafe(), log]).toEqual([undefined, []])
    yield* pass(1)
    expect(stopping.pollUnsafe()).toBeDefined()
    expect([...log].sort()).toEqual(["x", "y", "z"])
  }),
)

const leaderElection = (identity: string) => ({ name: "m", namespace: "ns", identity })

it.effect("a manager that loses its lease cuts its reconciles before another may lead", () =>
  Effect.gen(function* () {
    const log: Array<string> = []
    const leases = leaseServer()
    const stuck = Controller.make({
      name: "stuck",
      for: Widget,
      reconcile: () => Effect.onInterrupt(Effect.never, () => Effect.sync(() => log.push("a is cut"))),
    })
    const start = Manager.start({
      controllers: [stuck],
      leaderElection: leaderElection("a"),
      grace: "1 hour",
    })
    const context = yield* Layer.build(world(leases, "a"))
    const first: ManagerHandle = yield* Effect.provideContext(start, context)
    yield* settle
    expect([first.isLeading(), first.controllers().map(({ name }) => name)]).toEqual([true, ["stuck"]])
    leases.cutOff("a")
    yield* pass(15)
    expect(log).toEqual(["a is cut"])
    expect([first.isLeading(), first.controllers()]).toEqual([false, []])
  }),
)

it.effect("a second manager takes over where the first ended gracefully", () =>
  Effect.gen(function* () {
    const log: Array<string> = []
    const leases = leaseServer()
    const replica = (who: string) =>
      Manager.run({ controllers: [slow(log, who)], leaderElection: leaderElection(who) }).pipe(
        Effect.provide(world(leases, who)),
        Effect.forkChild,
      )
    const first = yield* replica("a")
    yield* settle
    yield* replica("b")
    yield* settle
    const stopping = yield* Effect.forkChild(Fiber.interrupt(first))
    yield* pass(30)
    expect(stopping.pollUnsafe()).toBeDefined()
    expect(log).toEqual(["a begins ns/a", "a ends", "b begins ns/a", "b ends"])
  }),
)
