/**
 * A whole control plane in this process, for tests and for programs that embed one: the real API server over the memory store,
 * with namespace deletion and garbage collection running. Start with `Server.memory`; without Effect, {@link startMemoryServer}.
 *
 * Guarantees: ready means that every kind given is served. Worlds share nothing: make one per test, in parallel if you like.
 * Admission (webhooks, policies), conversion, finalizers, RBAC, watches and server-side apply are those of `mctl server`, as it
 * is the same server.
 *
 * Time is that of the Clock in scope. Under a TestClock (`it.effect`) it stands still until {@link MemoryServer.advance}; else
 * it is the machine's. Ids are from a seed, so that a run repeats.
 */
import { type Context, Duration, Effect, Exit, Fiber, Layer, Scope } from "effect"
import type { UserInfo } from "../apiserver/index.ts"
import {
  type ApiError,
  Client,
  type Discovery,
  discoveryLayer,
  isReason,
  makeClient,
  type Transport,
} from "../client/index.ts"
import { Informers } from "../reconciler/index.ts"
import { CustomResourceDefinition } from "../schemas/index.ts"
import { makeWorld, platform } from "../simulation/index.ts"
import { readDefinitions } from "./memory-server-definitions.ts"
import {
  listenOnLoopback,
  type MemoryServerListening,
  type MemoryServerListenOptions,
} from "./memory-server-listen.ts"
import { advance, settle, Traffic } from "./memory-server-rest.ts"
import { StartError } from "./start-error.ts"

export interface MemoryServerOptions {
  /** Custom kinds: objects, or paths of YAML or JSON files with one or more of them. */
  readonly crds?: ReadonlyArray<CustomResourceDefinition | string | URL>
  /**
   * Namespace deletion and garbage collection run. Default true. They watch every kind, and their watches get a bookmark a minute:
   * without them days of a TestClock pass much faster.
   */
  readonly platform?: boolean
  /** Of the server's ids and chance. Default 1. */
  readonly seed?: number
}

/** What a program that runs against an API needs: each process has its own. */
export type ProcessServices = Client | Informers | Discovery

/** A program that runs, until `stop` or the end of the server. */
export interface MemoryServerProcess {
  /** Ends it as a shutdown does, and forgets what it held in memory. */
  readonly stop: Effect.Effect<void>
}

export interface MemoryServer {
  /** An administrator's client. */
  readonly client: Client["Service"]
  /** Requests of a user, by RBAC; of an administrator where none is named. */
  readonly transport: (user?: UserInfo) => Transport
  /** What one process of a user holds: client, informers, discovery. */
  readonly process: (user?: UserInfo) => Layer.Layer<ProcessServices>
  /**
   * Runs a program in a process of its own: `server.start(Manager.start({ controllers }))`. Returns when the program has, with what
   * it left running in its Scope, and all is at rest; fails when the program does. One that never ends is given as
   * `Effect.forkScoped(program)`.
   */
  readonly start: <E>(
    program: Effect.Effect<unknown, E, ProcessServices | Scope.Scope>,
    user?: UserInfo,
  ) => Effect.Effect<MemoryServerProcess, E>
  /** Serves one more custom kind. */
  readonly define: (definition: CustomResourceDefinition) => Effect.Effect<void, StartError>
  /**
   * Waits until nothing is under way but what waits for time: every watch event told, every reconcile done. Moves no time.
   * It sees what goes through this server; a reconcile that waits for anything else is not seen.
   */
  readonly settle: Effect.Effect<void>
  /**
   * Lets time pass under a TestClock, in steps of a second (of a 600th of the whole where that is more), each followed by
   * `settle`. Dies under the machine's clock.
   */
  readonly advance: (duration: Duration.Input) => Effect.Effect<void>
  /** Serves over loopback HTTPS for as long as the server runs: for kubectl and other programs. */
  readonly listen: (options?: MemoryServerListenOptions) => Effect.Effect<MemoryServerListening, StartError>
}

const controllersUser: UserInfo = { name: "system:miren:controllers", groups: ["system:masters"] }

const notServed = (definition: CustomResourceDefinition) => (error: ApiError) =>
  new StartError({
    reason: "InvalidConfig",
    message: `CustomResourceDefinition ${definition.metadata.name} is not served: ${error.message}`,
    cause: error,
  })

/** Creates the kind and waits until each of its served versions answers. */
const define = Effect.fnUntraced(function* (
  client: Client["Service"],
  definition: CustomResourceDefinition,
): Effect.fn.Return<void, StartError> {
  const { group, names, versions, scope } = definition.spec
  yield* client.create(CustomResourceDefinition, definition).pipe(Effect.mapError(notServed(definition)))
  for (const { name: version } of versions.filter(({ served }) => served)) {
    const kind = {
      group,
      version,
      kind: names.kind,
      plural: names.plural,
      namespaced: scope === "Namespaced",
    }
    yield* client.list(kind, { limit: 1 }).pipe(
      Effect.tapError(() => Effect.yieldNow),
      Effect.retry({ while: isReason("NotFound"), times: 10_000 }),
      Effect.mapError(notServed(definition)),
    )
  }
})

/**
 * A server that runs while the Scope is open. Fails with `InvalidConfig` where a kind cannot be served.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Server } from "miren/daemon"
 * import { ConfigMap } from "miren/schemas"
 *
 * const program = Effect.gen(function* () {
 *   const { client, settle } = yield* Server.memory()
 *   const metadata = { name: "a", namespace: "default" }
 *   yield* client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata })
 *   yield* settle
 * })
 * await Effect.runPromise(Effect.scoped(program))
 * ```
 */
export const memoryServer = Effect.fn("Server.memory")(function* (
  options: MemoryServerOptions = {},
): Effect.fn.Return<MemoryServer, StartError, Scope.Scope> {
  const definitions = yield* readDefinitions(options.crds ?? [])
  const world = yield* makeWorld(options.seed === undefined ? {} : { seed: options.seed })
  const scope = yield* Effect.scope
  const traffic = new Traffic()
  const transport = (user?: UserInfo) => traffic.counted(world.transport(user))
  const client = makeClient(transport())
  for (const definition of definitions) yield* define(client, definition)

  const process = (user?: UserInfo): Layer.Layer<ProcessServices> => {
    const own = transport(user)
    return Layer.fresh(
      Informers.layer().pipe(
        Layer.provideMerge(Layer.succeed(Client, makeClient(own))),
        Layer.merge(discoveryLayer(own)),
      ),
    )
  }

  const run = Effect.fnUntraced(function* <E>(
    program: Effect.Effect<unknown, E, ProcessServices | Scope.Scope>,
    { user, within }: { readonly user?: UserInfo | undefined; readonly within: Scope.Scope },
  ) {
    const services: Context.Context<ProcessServices> = yield* Layer.build(process(user)).pipe(
      Scope.provide(within),
    )
    return yield* program.pipe(Effect.provideContext(services), Scope.provide(within), Effect.forkIn(within))
  })

  const start: MemoryServer["start"] = Effect.fnUntraced(function* (program, user) {
    const own = yield* Scope.fork(scope)
    const fiber = yield* run(program, { user, within: own })
    yield* Fiber.join(fiber).pipe(Effect.tapError(() => Scope.close(own, Exit.void)))
    yield* settle(traffic)
    return { stop: Scope.close(own, Exit.void) }
  })

  if (options.platform !== false) yield* run(platform.run, { user: controllersUser, within: scope })
  return {
    client,
    transport,
    process,
    start,
    define: (definition) => define(client, definition),
    settle: settle(traffic),
    advance: (duration) => advance(Duration.toMillis(duration), traffic),
    listen: (listening = {}) => listenOnLoopback(world.server, listening).pipe(Scope.provide(scope)),
  }
})
