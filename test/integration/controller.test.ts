import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { Client, isReason, type Transport } from "../../client/index.ts"
import {
  Controller,
  controllerReference,
  Informers,
  keyString,
  Manager,
  type Request,
  Result,
  TerminalError,
} from "../../reconciler/index.ts"
import { ConfigMap, Event, type KubeObject } from "../../schemas/index.ts"
import { cutWatches, gatedWatches, lostAnswers, recordedWrites } from "../kit/faulty-transport.ts"
import { pass, settle } from "../kit/settle.ts"
import { makeWorld, startProcess, type World } from "../kit/world.ts"
import { Fleet, fleet, fleetController, fleetDefinition } from "./fleet.ts"

const namespace = "default"

const fleetWorld = Effect.tap(makeWorld(), (world) => world.define(fleetDefinition))

/** The fleet controller in a process of its own, until the returned effect is run. */
const runFleets = Effect.fnUntraced(function* (world: World, transport?: Transport) {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const process = yield* startProcess(world, transport).pipe(Scope.provide(scope))
  yield* Effect.flatMap(fleetController, (controller) => Manager.start({ controllers: [controller] })).pipe(
    Scope.provide(scope),
    Effect.provideContext(process),
  )
  yield* settle
  return Scope.close(scope, Exit.void)
})

const names = (world: World) =>
  Effect.map(world.client.list(ConfigMap, { namespace }), ({ items }) =>
    items.map(({ metadata }) => metadata.name).sort(),
  )

/** The version of every object that a fleet is about. */
const versions = (world: World) =>
  Effect.gen(function* () {
    const fleets = yield* world.client.list(Fleet)
    const maps = yield* world.client.list(ConfigMap, { namespace })
    return [...fleets.items, ...maps.items].map(
      ({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`,
    )
  })

const resize = (world: World, name: string, size: number) =>
  world.client.patch(Fleet, { namespace, name }, { patch: { type: "merge", value: { spec: { size } } } })

describe("a controller over the real API", () => {
  it.effect("converges, follows its object, and repairs what others break", () =>
    Effect.gen(function* () {
      const world = yield* fleetWorld
      yield* runFleets(world)
      yield* world.client.create(Fleet, fleet("f", 3))
      yield* pass(1)
      expect(yield* names(world)).toEqual(["f-0", "f-1", "f-2"])
      const stored = yield* world.client.get(Fleet, { namespace, name: "f" })
      expect(stored.status).toMatchObject({ ready: 3, conditions: [{ type: "Ready", status: "True" }] })

      yield* resize(world, "f", 1)
      yield* pass(1)
      expect(yield* names(world)).toEqual(["f-0"])

      yield* world.client.delete(ConfigMap, { namespace, name: "f-0" })
      yield* pass(1)
      expect(yield* names(world)).toEqual(["f-0"])

      const meddling = { patch: { type: "merge", value: { data: { of: "me" } } } } as const
      yield* world.client.patch(ConfigMap, { namespace, name: "f-0" }, meddling)
      yield* pass(1)
      const repaired = yield* world.client.get(ConfigMap, { namespace, name: "f-0" })
      expect(repaired.data).toEqual({ of: "f" })
    }),
  )

  it.effect("cleans up before its object goes, by the finalizer", () =>
    Effect.gen(function* () {
      const world = yield* fleetWorld
      yield* runFleets(world)
      yield* world.client.create(Fleet, fleet("f", 2))
      yield* pass(1)
      yield* world.client.delete(Fleet, { namespace, name: "f" })
      yield* pass(1)
      expect(yield* names(world)).toEqual([])
      expect(yield* Effect.flip(world.client.get(Fleet, { namespace, name: "f" }))).toMatchObject({
        reason: "NotFound",
      })
    }),
  )

  it.effect("changes nothing once the world is as it should be, also after a restart", () =>
    Effect.gen(function* () {
      const world = yield* fleetWorld
      const stop = yield* runFleets(world)
      yield* world.client.create(Fleet, fleet("f", 3))
      yield* pass(1)
      yield* stop
      const before = yield* versions(world)
      const { transport, writes } = recordedWrites(world.transport())
      yield* runFleets(world, transport)
      yield* pass(2)
      expect(yield* versions(world)).toEqual(before)
      expect(writes).toEqual([])
    }),
  )

  it.effect("converges over watches that break in the middle of every other line", () =>
    Effect.gen(function* () {
      const world = yield* fleetWorld
      yield* runFleets(world, cutWatches(world.transport(), 1))
      for (const name of ["a", "b", "c"]) yield* world.client.create(Fleet, fleet(name, 2))
      yield* pass(120)
      expect(yield* names(world)).toEqual(["a-0", "a-1", "b-0", "b-1", "c-0", "c-1"])
      const { items } = yield* world.client.list(Fleet)
      expect(items.map(({ status }) => status?.ready)).toEqual([2, 2, 2])
    }),
  )
})

/** A process with one controller of Fleets whose reconcile is given. */
const runController = Effect.fnUntraced(function* (
  world: World,
  reconcile: (fleets: {
    readonly get: (name: string) => Fleet | undefined
  }) => (name: string) => Effect.Effect<unknown, unknown, Client | Informers>,
  transport?: Transport,
) {
  const process = yield* startProcess(world, transport)
  const start = Effect.gen(function* () {
    const informers = yield* Informers
    const { lister } = yield* informers.get(Fleet)
    const run = reconcile({ get: (name) => lister.get({ namespace, name }) })
    const controller = Controller.make({
      name: "toy",
      for: Fleet,
      reconcile: (request) => Effect.as(run(request.name), Result.Done()),
    })
    return yield* Manager.start({ controllers: [controller] })
  })
  const manager = yield* Effect.provideContext(start, process)
  yield* settle
  return manager
})

it.effect("a conflict is met by reading again, and never by losing the other's write", () =>
  Effect.gen(function* () {
    const world = yield* fleetWorld
    yield* world.client.create(Fleet, fleet("f", 1))
    const label = (found: Fleet, key: string): Fleet => ({
      ...found,
      metadata: { ...found.metadata, labels: { ...found.metadata.labels, [key]: "yes" } },
    })
    let conflicts = 0
    yield* runController(world, ({ get }) => (name) => {
      const found = get(name)
      if (found === undefined || found.metadata.labels?.ours === "yes") return Effect.void
      const theirs =
        conflicts === 0 ? Effect.asVoid(world.client.update(Fleet, label(found, "theirs"))) : Effect.void
      return Effect.andThen(theirs, world.client.update(Fleet, label(found, "ours"))).pipe(
        Effect.tapError((error) => Effect.sync(() => (conflicts += isReason("Conflict")(error) ? 1 : 0))),
      )
    })
    yield* pass(2)
    expect(conflicts).toBe(1)
    const stored = yield* world.client.get(Fleet, { namespace, name: "f" })
    expect(stored.metadata.labels).toEqual({ ours: "yes", theirs: "yes" })
  }),
)

/** Makes one ConfigMap, of a new name each time, whenever its cache shows none. */
const maker = Effect.gen(function* () {
  const client = yield* Client
  const informers = yield* Informers
  const fleets = yield* informers.get(Fleet)
  const maps = yield* informers.get(ConfigMap)
  let reconciles = 0
  const reconcile = Effect.fnUntraced(function* (request: Request) {
    reconciles += 1
    const owner = fleets.lister.get(request)
    if (owner === undefined || maps.lister.list(namespace).length > 0) return Result.Done()
    const ownerReferences = [controllerReference(Fleet, owner)]
    const metadata = { name: `made-${reconciles}`, namespace, ownerReferences }
    yield* client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata })
    return Result.Done()
  })
  const controller = Controller.make({ name: "maker", for: Fleet, owns: [ConfigMap], reconcile })
  const manager = yield* Manager.start({ controllers: [controller] })
  const enqueue = () => manager.controllers()[0]?.enqueue({ namespace, name: "f" })
  return { enqueue, reconciles: () => reconciles }
})

const late: ReadonlyArray<[string, (transport: Transport) => Transport]> = [
  ["and the cache is late", (transport) => transport],
  [
    "the answer is lost, and the cache is late",
    (transport) => lostAnswers(transport, /POST .*configmaps/, 1),
  ],
]
it.effect.each(late)("what a cache does not show is made once, also when %s", ([, through]) =>
  Effect.gen(function* () {
    const world = yield* fleetWorld
    yield* world.client.create(Fleet, fleet("f", 1))
    const gate = gatedWatches(through(world.transport()))
    gate.close()
    const process = yield* startProcess(world, gate.transport)
    const { enqueue, reconciles } = yield* Effect.provideContext(maker, process)
    yield* settle
    enqueue()
    yield* pass(5)
    expect(reconciles()).toBe(1)
    gate.open()
    yield* pass(1)
    expect(reconciles()).toBeGreaterThan(1)
    expect(yield* names(world)).toEqual(["made-1"])
  }),
)

it.effect("two managers: one works at a time, and the other takes over what is left", () =>
  Effect.gen(function* () {
    const world = yield* fleetWorld
    const log: Array<string> = []
    const replica = Effect.fnUntraced(function* (identity: string) {
      const process = yield* startProcess(world)
      const controller = Controller.make({
        name: "logging",
        for: Fleet,
        reconcile: (request) =>
          Effect.sync(() => {
            log.push(`${identity} ${keyString(request)}`)
            return Result.Done()
          }),
      })
      const leaderElection = { name: "fleets", namespace, identity }
      return yield* Effect.forkChild(
        Effect.provideContext(Manager.run({ controllers: [controller], leaderElection }), process),
      )
    })
    const first = yield* replica("a")
    yield* settle
    yield* replica("b")
    yield* world.client.create(Fleet, fleet("one", 0))
    yield* pass(5)
    expect(log).toEqual(["a default/one"])
    yield* Fiber.interrupt(first)
    yield* world.client.create(Fleet, fleet("two", 0))
    yield* pass(5)
    expect(log.slice(1).sort()).toEqual(["b default/one", "b default/two"])
  }),
)

it.effect("informers of two kinds show every object that the server has", () =>
  Effect.gen(function* () {
    const world = yield* fleetWorld
    const process = yield* startProcess(world)
    const informers = yield* Effect.provideContext(Informers, process)
    const maps = yield* informers.get(ConfigMap, { namespace })
    const shown = () =>
      maps.lister
        .list()
        .map(({ metadata }: KubeObject) => metadata.name)
        .sort()
    yield* maps.synced
    for (let i = 0; i < 20; i++) {
      const metadata = { name: `m-${i}`, namespace }
      yield* world.client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata })
    }
    yield* world.client.delete(ConfigMap, { namespace, name: "m-7" })
    yield* settle
    expect(shown()).toEqual(yield* names(world))
    expect(yield* informers.get(ConfigMap, { namespace })).toBe(maps)
  }),
)

it.effect(
  "what a reconcile gives up on shows as one Event that counts, and is left alone until it changes",
  () =>
    Effect.gen(function* () {
      const world = yield* fleetWorld
      let reconciles = 0
      yield* world.client.create(Fleet, fleet("f", 1))
      yield* runController(world, () => () => {
        reconciles += 1
        return Effect.fail(new TerminalError({ reason: "NoCapacity", message: "there is no room for it" }))
      })
      yield* pass(60)
      expect(reconciles).toBe(1)
      yield* resize(world, "f", 2)
      yield* pass(2)
      expect(reconciles).toBe(2)
      const { items } = yield* world.client.list(Event, { namespace })
      expect(items).toMatchObject([
        {
          type: "Warning",
          reason: "NoCapacity",
          count: 2,
          involvedObject: { kind: "Fleet", name: "f", namespace },
          source: { component: "toy" },
        },
      ])
    }),
)
