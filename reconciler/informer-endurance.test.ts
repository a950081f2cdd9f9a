/**
 * An informer against servers that misbehave: in process in the test's own time, and over real sockets. After each fault its cache
 * is what the server lists, and it asked for lists and watches no more often than it must.
 */
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Client, clientLayer, httpsTransport, makeClient, type Transport } from "../client/index.ts"
import { startFreezingProxy } from "../client/testing/freezing-proxy.ts"
import { ConfigMap } from "../schemas/index.ts"
import { type Fault, misbehavingTransport } from "../test/kit/misbehaving-transport.ts"
import { serveTransport } from "../test/kit/served-transport.ts"
import { pass, settle } from "../test/kit/settle.ts"
import { makeWorld, type World } from "../test/kit/world.ts"
import { type Informer, makeInformer } from "./informer.ts"
import { bookmark, event, list } from "./testing/scripted-transport.ts"
import { tableTransport } from "./testing/table-transport.ts"

const names = ["a", "b", "c", "d", "e"]

/** Creates, changes and deletes: each round touches every object in another way. */
const churn = Effect.fnUntraced(function* (world: World, round: number) {
  for (const [index, name] of names.entries()) {
    const key = { namespace: "default", name }
    const metadata = { ...key, labels: { round: String(round) } }
    const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata } as const
    if ((index + round) % 3 === 0) yield* Effect.ignore(world.client.delete(ConfigMap, key))
    else yield* world.client.apply(ConfigMap, configMap, { fieldManager: "churn" })
  }
})

const shown = (objects: ReadonlyArray<{ readonly metadata: { name: string; resourceVersion?: string } }>) =>
  objects.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort()

const truth = (world: World) => Effect.map(world.client.list(ConfigMap), ({ items }) => shown(items))

interface Bounds {
  readonly lists: number
  readonly watches: number
}
/** What five minutes of each with a hundred events may cost, besides the first list and watch. */
const faults: ReadonlyArray<readonly [string, Fault, Bounds]> = [
  ["is dead", "dead", { lists: 0, watches: 25 }],
  ["hangs half open", "hung", { lists: 0, watches: 5 }],
  ["answers 410", { code: 410 }, { lists: 25, watches: 25 }],
  ["says 410 in its watches", { errorEvent: 410 }, { lists: 30, watches: 30 }],
  ["answers 429", { code: 429 }, { lists: 0, watches: 25 }],
  ["answers 500", { code: 500 }, { lists: 0, watches: 25 }],
  ["answers 503", { code: 503 }, { lists: 0, watches: 25 }],
  ["says 500 in its watches", { errorEvent: 500 }, { lists: 0, watches: 150 }],
  ["cuts lines short", "truncated", { lists: 0, watches: 150 }],
  ["sends everything twice", "duplicated", { lists: 0, watches: 1 }],
  ["sends events out of order", "reordered", { lists: 12, watches: 12 }],
  ["ends each watch with its first event", "closing", { lists: 0, watches: 150 }],
]

describe("in process, while the server", () => {
  it.effect.each(faults)("%s, then recovers", ([, fault, bounds]) =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const bad = misbehavingTransport(world.transport())
      const informer = yield* Effect.provideService(
        makeInformer(ConfigMap),
        Client,
        makeClient(bad.transport),
      )
      yield* churn(world, 0)
      yield* pass(10)
      expect(shown(informer.lister.list())).toEqual(yield* truth(world))
      expect(informer.state()._tag).toBe("Watching")

      bad.set(fault)
      for (let round = 1; round <= 20; round += 1) {
        yield* churn(world, round)
        yield* pass(15)
      }
      bad.set("none")
      yield* pass(200, 5000)
      expect(shown(informer.lister.list())).toEqual(yield* truth(world))
      expect(informer.state()._tag).toBe("Watching")

      // What comes after the fault comes as ever.
      yield* churn(world, 21)
      yield* pass(5)
      expect(shown(informer.lister.list())).toEqual(yield* truth(world))

      const { lists, watches } = informer.counts()
      expect({ lists, watches }).toEqual({ lists: bad.asked.lists, watches: bad.asked.watches })
      expect(lists - 1).toBeLessThanOrEqual(bounds.lists)
      expect(watches - 1).toBeLessThanOrEqual(bounds.watches)
    }),
  )
})

/** Waits in real time, without a limit but the test's own. */
const until = <E>(condition: Effect.Effect<boolean, E>) =>
  Effect.repeat(Effect.andThen(Effect.sleep("10 millis"), condition), { until: (met) => met })

const caughtUp = (informer: Informer, world: World) =>
  Effect.map(
    truth(world),
    (listed) => JSON.stringify(shown(informer.lister.list())) === JSON.stringify(listed),
  )

/** An informer over a real connection to a server that misbehaves. */
const overSockets = Effect.fnUntraced(function* (
  protocol: "h2" | "http/1.1",
  wrap: (inner: Transport) => Transport = (inner) => inner,
) {
  const world = yield* makeWorld()
  const bad = misbehavingTransport(wrap(world.transport()))
  const server = yield* Effect.acquireRelease(
    Effect.promise(() => serveTransport(bad.transport, protocol)),
    (running) => Effect.promise(() => running.close()),
  )
  const proxy = yield* Effect.acquireRelease(
    Effect.promise(() => startFreezingProxy(server.url)),
    (running) => Effect.promise(() => running.close()),
  )
  const transport = yield* Effect.acquireRelease(
    Effect.sync(() => httpsTransport({ server: proxy.url, ca: server.ca, namespace: "default" })),
    (open) => Effect.sync(() => open.close()),
  )
  const informer = yield* Effect.provideService(makeInformer(ConfigMap), Client, makeClient(transport))
  yield* informer.synced
  return { world, bad, server, proxy, informer }
})

describe.each(["h2", "http/1.1"] as const)("over %s, while the server", (protocol) => {
  it.live.each(faults)("%s, then recovers", ([, fault]) =>
    Effect.gen(function* () {
      const { world, bad, informer } = yield* overSockets(protocol)
      yield* churn(world, 0)
      yield* until(caughtUp(informer, world))
      bad.set(fault)
      for (let round = 1; round <= 4; round += 1) {
        yield* churn(world, round)
        yield* Effect.sleep("100 millis")
      }
      // A server that hangs without bookmarks is told by the idle timeout, which is longer than a test: this one falls over.
      if (fault === "hung") bad.set("dead")
      bad.set("none")
      yield* churn(world, 5)
      yield* until(caughtUp(informer, world))
      const { lists, watches } = informer.counts()
      expect(lists).toBeLessThanOrEqual(6)
      expect(watches).toBeLessThanOrEqual(40)
      // The transport sends a GET that was lost with its connection once more.
      expect(bad.asked.lists).toBeLessThanOrEqual(2 * lists)
      expect(bad.asked.watches).toBeLessThanOrEqual(2 * watches)
    }).pipe(Effect.scoped),
  )

  it.live("has its connections cut, again and again", () =>
    Effect.gen(function* () {
      const { world, server, informer } = yield* overSockets(protocol)
      for (let round = 0; round < 5; round += 1) {
        yield* churn(world, round)
        yield* until(caughtUp(informer, world))
        for (const socket of server.sockets) socket.destroy()
      }
      yield* churn(world, 6)
      yield* until(caughtUp(informer, world))
      expect(informer.counts()).toMatchObject({ lists: 1 })
      expect(informer.counts().watches).toBeLessThanOrEqual(12)
    }).pipe(Effect.scoped),
  )

  it.live("is cut off by a network that forgets the connection, its missing bookmark tells", () =>
    Effect.gen(function* () {
      const { world, proxy, informer } = yield* overSockets(protocol, withBookmarks)
      yield* until(Effect.sync(() => informer.counts().bookmarks >= 4))
      proxy.freeze()
      yield* churn(world, 1)
      yield* until(caughtUp(informer, world))
      expect(informer.counts()).toMatchObject({ lists: 1 })
      expect(informer.counts().watches).toBeLessThanOrEqual(4)
    }).pipe(Effect.scoped),
  )
})

/** With bookmarks ten times a second. */
const withBookmarks = (inner: Transport): Transport => ({
  request: async (sent) => {
    const response = await inner.request(sent)
    if (!sent.path.includes("watch=true")) return response
    return { ...response, body: paced(response.body, sent.signal) }
  },
})

const paced = async function* (body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
  const chunks = body[Symbol.asyncIterator]()
  let next = chunks.next()
  while (signal?.aborted !== true) {
    const tick = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 100))
    const came = await Promise.race([next, tick])
    if (came === undefined) {
      yield Buffer.from(bookmark("1"))
      continue
    }
    if (came.done === true) return
    yield came.value
    next = chunks.next()
  }
}

describe("a half-open watch", () => {
  it.effect("is noticed within two seconds of its missed bookmark, once three came", () =>
    Effect.gen(function* () {
      const server = tableTransport({ configmaps: list([], { resourceVersion: "2" }) })
      const informer = yield* makeInformer(ConfigMap).pipe(Effect.provide(clientLayer(server.transport)))
      const send = (line: string) => server.send("configmaps", line)
      yield* settle
      for (const version of ["10", "20", "30"]) {
        yield* TestClock.adjust("60 seconds")
        send(bookmark(version))
        yield* settle
      }
      // An event shortly before the next bookmark makes no difference.
      yield* TestClock.adjust("59 seconds")
      send(
        event("ADDED", {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "x", namespace: "n", resourceVersion: "31" },
        }),
      )
      yield* settle
      yield* TestClock.adjust("2 seconds")
      yield* settle
      expect(informer.state()._tag).toBe("Watching")
      yield* TestClock.adjust("1 second")
      yield* settle
      expect(informer.state()).toMatchObject({
        _tag: "Stale",
        trouble: {
          reason: "Unreachable",
          message: expect.stringContaining("no bookmark came, where the server sends one each 1m"),
        },
      })
      yield* TestClock.adjust("1 second")
      yield* settle
      expect(informer.counts()).toMatchObject({ lists: 1, watches: 2 })
    }),
  )
})
