/** {@link startMemoryServer}: the server in memory for those who write no Effect. The same server, behind Promises. */
import { type Cause, type Context, type Duration, Effect, Exit, Layer, References, Scope } from "effect"
import { TestClock } from "effect/testing"
import type { UserInfo } from "../apiserver/index.ts"
import { makeClient, type Transport } from "../client/index.ts"
import { type PromiseClient, promiseClient } from "../reconciler/index.ts"
import type { CustomResourceDefinition } from "../schemas/index.ts"
import { type MemoryServerOptions, memoryServer, type ProcessServices } from "./memory-server.ts"
import type { MemoryServerListening, MemoryServerListenOptions } from "./memory-server-listen.ts"

export interface StartMemoryServerOptions extends MemoryServerOptions {
  /** `machine` (default): time passes. `test`: it stands still at 1970 until `advance`. */
  readonly clock?: "machine" | "test"
  /** What the server and the programs that it starts log, to the console. Default `warn`. */
  readonly logLevel?: "debug" | "info" | "warn" | "error" | "none"
}

/** Rejects with what the Effects fail with: ApiError by the client, StartError by the rest. */
export interface StartedMemoryServer extends AsyncDisposable {
  /** An administrator's client. */
  readonly client: PromiseClient
  /** A client of a user, by RBAC. */
  readonly clientOf: (user: UserInfo) => PromiseClient
  readonly transport: (user?: UserInfo) => Transport
  /** Runs a program in a process of its own until `stop`, and settles when it has come to rest: see MemoryServer.start. */
  readonly start: <E>(
    program: Effect.Effect<unknown, E, ProcessServices | Scope.Scope>,
    user?: UserInfo,
  ) => Promise<{ readonly stop: () => Promise<void> }>
  readonly define: (definition: CustomResourceDefinition) => Promise<void>
  /** See MemoryServer.settle. */
  readonly settle: () => Promise<void>
  /** See MemoryServer.advance; only with `clock: "test"`. */
  readonly advance: (duration: Duration.Input) => Promise<void>
  readonly listen: (options?: MemoryServerListenOptions) => Promise<MemoryServerListening>
  readonly close: () => Promise<void>
}

const levels = { debug: "Debug", info: "Info", warn: "Warn", error: "Error", none: "None" } as const

/**
 * `await using server = await startMemoryServer({ crds: ["crds/hello.yaml"] })`
 *
 * @example
 * ```ts
 * import { startMemoryServer } from "miren/daemon"
 * import { ConfigMap } from "miren/schemas"
 *
 * await using server = await startMemoryServer({ clock: "test" })
 * const metadata = { name: "a", namespace: "default" }
 * await server.advance("1 hour")
 * const made = await server.client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata })
 * if (made.metadata.creationTimestamp !== "1970-01-01T01:00:00Z") throw new Error("time moved by itself")
 * ```
 */
export const startMemoryServer = async (
  options: StartMemoryServerOptions = {},
): Promise<StartedMemoryServer> => {
  const { clock = "machine", logLevel = "warn", ...rest } = options
  const scope = Effect.runSync(Scope.make())
  const time = clock === "test" ? TestClock.layer({ warningDelay: "1 hour" }) : Layer.empty
  const logs = Layer.succeed(References.MinimumLogLevel, levels[logLevel])
  const context = await Effect.runPromise(Layer.buildWithScope(Layer.merge(time, logs), scope))
  const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> =>
    Effect.runPromise(Effect.provideContext(effect, context as Context.Context<never>))
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  const server = await run(Scope.provide(memoryServer(rest), scope)).catch(
    async (cause: Cause.Cause<unknown>) => {
      await close()
      throw cause
    },
  )
  const forever = new AbortController().signal
  const clientOf = (user?: UserInfo): PromiseClient =>
    promiseClient(makeClient(server.transport(user)), context as Context.Context<never>, forever)
  return {
    client: clientOf(),
    clientOf,
    transport: server.transport,
    start: async (program, user) => {
      const { stop } = await run(server.start(program, user))
      return { stop: () => run(stop) }
    },
    define: (definition) => run(server.define(definition)),
    settle: () => run(server.settle),
    advance: (duration) => run(server.advance(duration)),
    listen: (listening) => run(server.listen(listening)),
    close,
    [Symbol.asyncDispose]: close,
  }
}
