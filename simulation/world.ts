/**
 * A whole control plane in this process: the real API server over the memory store, in the caller's time, with chance and
 * ids from a seed. Start with {@link makeWorld}.
 */
import { Clock, type Context, Duration, Effect, Layer, Scheduler, type Scope } from "effect"
import { type Ambient, ApiServer, type UserInfo } from "../apiserver/index.ts"
import { Client, makeClient, type Transport } from "../client/index.ts"
import { Informers } from "../reconciler/index.ts"
import {
  type CustomResourceDefinition,
  CustomResourceDefinition as crds,
  definitions,
} from "../schemas/index.ts"
import { openMemoryStore, type Store } from "../store/index.ts"
import { seeded } from "./chance.ts"
import { putFirstObjects } from "./first-objects.ts"

export interface WorldOptions {
  /** Of the server's ids and chance. Default 1. */
  readonly seed?: number
  /** What the server stores in; an empty memory store by default. */
  readonly store?: Store
}

export interface World {
  readonly server: ApiServer
  /** What the server stores in: the truth under every cache. */
  readonly store: Store
  /** Requests of a user; of an administrator where none is named. */
  readonly transport: (user?: UserInfo) => Transport
  /** An administrator's client. */
  readonly client: Client["Service"]
  /** What one process of a user holds: its client and its informers. Each has its own. */
  readonly process: (transport?: Transport) => Layer.Layer<Client | Informers>
  /** Creates a custom kind and waits until it is served. */
  readonly define: (definition: CustomResourceDefinition) => Effect.Effect<void>
}

const admin: UserInfo = { name: "admin", groups: ["system:masters", "system:authenticated"] }

/** Time of the Clock and turns of the Scheduler in scope, chance and ids of the seed. */
const ambientOf = (clock: Clock.Clock, scheduler: Scheduler.Scheduler, seed: number): Ambient => {
  const turns = scheduler.makeDispatcher()
  const random = seeded(seed)
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, "0")
  return {
    now: () => clock.currentTimeMillisUnsafe(),
    timer: (ms, run) => {
      const fiber = Effect.runFork(Effect.andThen(clock.sleep(Duration.millis(ms)), Effect.sync(run)))
      return () => fiber.interruptUnsafe()
    },
    soon: (run) => turns.scheduleTask(run, 0),
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`,
    random,
  }
}

/** Runs in the Scope, and is ready: an administrator may write. */
export const makeWorld = Effect.fnUntraced(function* (
  options: WorldOptions = {},
): Effect.fn.Return<World, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const ambient = ambientOf(clock, yield* Scheduler.Scheduler, options.seed ?? 1)
  const store = options.store ?? (yield* openMemoryStore())
  yield* Effect.promise(() => putFirstObjects(store, ambient.now()))
  const server = yield* Effect.orDie(ApiServer.make({ store, definitions, ambient }))
  yield* server.ready
  const transport = (user = admin) => server.inProcess(user)
  const client = makeClient(transport())

  const define = Effect.fnUntraced(function* (definition: CustomResourceDefinition) {
    yield* Effect.orDie(client.create(crds, definition))
    const { group, names, versions, scope } = definition.spec
    const [version] = versions
    if (version === undefined) return
    const kind = {
      group,
      version: version.name,
      kind: names.kind,
      plural: names.plural,
      namespaced: scope === "Namespaced",
    }
    yield* client.list(kind).pipe(
      Effect.tapError(() => Effect.yieldNow),
      Effect.retry({ times: 1000 }),
      Effect.orDie,
    )
  })

  const process = (through = transport()) => {
    const own = Layer.succeed(Client, makeClient(through))
    return Layer.provideMerge(Informers.layer(), own)
  }
  return { server, store, transport, client, process, define }
})

/** The services of one process, built in the Scope: for several processes in one test. */
export const startProcess = (
  world: World,
  transport?: Transport,
): Effect.Effect<Context.Context<Client | Informers>, never, Scope.Scope> =>
  Layer.build(Layer.fresh(world.process(transport)))
