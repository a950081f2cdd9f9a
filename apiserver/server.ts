/**
 * The Kubernetes API over a store: discovery, verbs, watches, custom kinds. Start with {@link ApiServer}.
 *
 * Guarantees: stateless but for its cache; any number may serve one store. A write that was answered is visible to every
 * later read through any of them.
 */
import { Data, Effect, type Scope } from "effect"
import { systemAmbient } from "./ambient.ts"
import { authenticate, type Credentials, certificateAuthenticator } from "./authenticator.ts"
import type { Upgrade } from "./connect/connect-handler.ts"
import { assemble, type Core } from "./core.ts"
import type { ApiRequest, ResponseSink, UserInfo } from "./exchange.ts"
import { type InProcessTransport, inProcessTransport } from "./in-process.ts"
import type { ApiServerOptions } from "./server-options.ts"

/** Why a server could not be made. */
export class ApiServerError extends Data.TaggedError("ApiServerError")<{
  readonly reason: "InvalidDefinition"
  readonly message: string
  readonly cause?: unknown
}> {}

export interface ApiServer {
  /** Answers one request. Never rejects. */
  readonly handle: (request: ApiRequest, sink: ResponseSink) => Promise<void>
  /** Answers an upgrade request on its raw connection. Settles when the connection is over. Never rejects. */
  readonly upgrade: (request: ApiRequest, upgrade: Upgrade) => Promise<void>
  /** Who has these credentials; `invalid` (also when no authenticator could tell) answers 401. Never rejects. */
  readonly authenticate: (credentials: Credentials) => Promise<UserInfo | "invalid">
  /** Requests of a user without a port. Structurally a client's Transport. */
  readonly inProcess: (user: UserInfo) => InProcessTransport
  /** Settles when the store has been read and the first namespaces exist. */
  readonly ready: Effect.Effect<void>
  readonly healthy: () => boolean
}

const make = Effect.fnUntraced(function* (
  options: ApiServerOptions,
): Effect.fn.Return<ApiServer, ApiServerError, Scope.Scope> {
  const ambient = options.ambient ?? systemAmbient
  const services = yield* Effect.context<never>()
  const fork = Effect.runForkWith(services)
  const onFault = (message: string, cause: unknown): void => {
    fork(Effect.logError(message).pipe(Effect.annotateLogs({ cause: String(cause) })))
  }
  const core: Core = yield* Effect.acquireRelease(
    Effect.try({
      try: () =>
        assemble({
          ...options,
          ambient,
          authenticate: options.authenticate ?? [certificateAuthenticator],
          onFault,
        }),
      catch: (cause) =>
        new ApiServerError({
          reason: "InvalidDefinition",
          message: `a built-in kind cannot be served: ${cause}`,
          cause,
        }),
    }),
    (running) => Effect.sync(() => running.close()),
  )
  const started = core.start()
  started.catch((cause: unknown) => onFault("the server could not start", cause))
  const handle = (request: ApiRequest, sink: ResponseSink) => core.handle(request, sink)
  return {
    handle,
    upgrade: (request, upgrade) => core.upgrade(request, upgrade),
    authenticate: async (credentials) => {
      try {
        return await authenticate(core.authenticators, credentials)
      } catch (cause) {
        onFault("an authenticator failed", cause)
        return "invalid"
      }
    },
    inProcess: (user) => inProcessTransport(handle, user),
    ready: Effect.promise(() => started),
    healthy: () => core.healthy(),
  }
})

export const ApiServer = { make }
