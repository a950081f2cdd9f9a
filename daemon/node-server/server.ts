/**
 * The HTTPS server of a runner, for its API server alone: logs of the sandboxes on this node, processes in
 * them, their ports, and what they use.
 *
 * Start with {@link makeNodeServer}.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer, type Server } from "node:https"
import { TLSSocket } from "node:tls"
import { Data, Effect, FiberSet, Result, type Scope } from "effect"
import type { SandboxRuntime } from "../../runtime-shim/index.ts"
import { statusReasons } from "../../schemas/index.ts"
import { limits } from "./limits.ts"
import { serveLog } from "./log-stream.ts"
import { Refusal, statusOf } from "./refusal.ts"
import { parseRoute, type Route } from "./route.ts"
import { makeStatsReader, type NodeStatsReader } from "./stats.ts"
import { makeWebSocketServer, refuseUpgrade, type Upgrade } from "./upgrade.ts"
import { serveUpgrade } from "./upgraded.ts"

export interface NodeServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: a free port, told in the result. */
  readonly port?: number
  /** PEM: this node's certificate and key, and the authority that signs client certificates. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string }
  /** The common name of the one client that is served: the API server's. */
  readonly clientCommonName: string
}

export interface NodeServer {
  readonly host: string
  readonly port: number
}

/** The server cannot listen: `PortInUse`, or `ListenFailed` with its cause. */
export class NodeServerError extends Data.TaggedError("NodeServerError")<{
  readonly reason: "PortInUse" | "ListenFailed"
  readonly message: string
  readonly cause?: unknown
}> {}

/**
 * Serves while the Scope is open; then open streams are cut and their processes killed.
 *
 * Fails with NodeServerError where the address cannot be listened on or the certificates cannot be used.
 */
export const makeNodeServer = Effect.fn("NodeServer.make")(function* (
  options: NodeServerOptions,
): Effect.fn.Return<NodeServer, NodeServerError, Scope.Scope | SandboxRuntime> {
  const host = options.host ?? "127.0.0.1"
  const server = yield* Effect.acquireRelease(listen(options, host), close)
  const sockets = yield* Effect.acquireRelease(Effect.sync(makeWebSocketServer), (all) =>
    Effect.sync(() => {
      for (const socket of all.clients) socket.terminate()
    }),
  )
  const fibers = yield* FiberSet.make<void>()
  const fork = yield* FiberSet.runtime(fibers)<SandboxRuntime>()
  const stats = makeStatsReader()
  const admit = (request: IncomingMessage) => routeOf(request, options, [...fibers].length)
  server.on("request", (request, response) => {
    const fiber = fork(respond(admit(request), response, stats))
    // A write to a peer that is gone: the close is what counts.
    response.on("error", () => {})
    response.once("close", () => fiber.interruptUnsafe())
  })
  server.on("upgrade", (request, socket, head) => {
    const fiber = fork(respondToUpgrade(admit(request), { request, socket, head, sockets }))
    socket.on("error", () => socket.destroy())
    socket.once("close", () => fiber.interruptUnsafe())
  })
  return { host, port: portOf(server) }
})

const routeOf = (
  request: IncomingMessage,
  options: NodeServerOptions,
  streams: number,
): Result.Result<Route, Refusal> => {
  if (clientNameOf(request) !== options.clientCommonName) {
    const message = "this node serves its API server only, and the client certificate names somebody else"
    return Result.fail(new Refusal({ reason: "Forbidden", message }))
  }
  if (streams >= limits.streams) {
    const message = `this node has ${limits.streams} streams open, and takes no more`
    return Result.fail(new Refusal({ reason: "TooManyRequests", message }))
  }
  // Older clients ask for an upgrade with POST.
  const isUpgrade = request.method === "POST" && request.headers.upgrade !== undefined
  if (request.method !== "GET" && !isUpgrade) {
    return Result.fail(new Refusal({ reason: "MethodNotAllowed", message: "only GET is served here" }))
  }
  return parseRoute(request.url ?? "/")
}

/** The common name in the client's certificate, which the handshake has verified. */
const clientNameOf = ({ socket }: IncomingMessage): string | undefined => {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const name: unknown = socket.getPeerCertificate().subject?.CN
  return typeof name === "string" ? name : undefined
}

const answer = (route: Route, response: ServerResponse, stats: NodeStatsReader) => {
  switch (route._tag) {
    case "Log":
      return serveLog(response, route)
    case "Stats":
      return Effect.map(stats, (found) => sendJson(response, 200, found))
    default:
      return Effect.fail(
        new Refusal({ reason: "BadRequest", message: "this needs an upgrade to a WebSocket or to SPDY/3.1" }),
      )
  }
}

const respond = (route: Result.Result<Route, Refusal>, response: ServerResponse, stats: NodeStatsReader) =>
  Effect.fromResult(route).pipe(
    Effect.flatMap((found) => answer(found, response, stats)),
    Effect.catchTag("Refusal", (refusal) => Effect.sync(() => sendStatus(response, refusal))),
    Effect.catchTag("RuntimeError", ({ reason, message }) =>
      Effect.andThen(
        Effect.logWarning("log stream broke").pipe(Effect.annotateLogs({ reason, message })),
        // The head is out: a broken connection is the only way left to say that this is not the whole log.
        Effect.sync(() => response.destroy()),
      ),
    ),
  )

const respondToUpgrade = (route: Result.Result<Route, Refusal>, upgrade: Upgrade) =>
  Effect.fromResult(route).pipe(
    Effect.flatMap((found) => serveUpgrade(found, upgrade)),
    Effect.catchTag("Refusal", (refusal) => refuseUpgrade(upgrade, refusal)),
  )

const sendJson = (response: ServerResponse, code: number, body: unknown): void => {
  response.writeHead(code, { "content-type": "application/json" })
  response.end(JSON.stringify(body))
}

const sendStatus = (response: ServerResponse, refusal: Refusal): void =>
  sendJson(response, statusReasons[refusal.reason].code, statusOf(refusal))

const listen = (options: NodeServerOptions, host: string): Effect.Effect<Server, NodeServerError> =>
  Effect.callback((resume) => {
    const fail = (cause: Error) => {
      const reason = "code" in cause && cause.code === "EADDRINUSE" ? "PortInUse" : "ListenFailed"
      const message = `the node server cannot listen on ${host}:${options.port ?? 0}`
      resume(Effect.fail(new NodeServerError({ reason, message, cause })))
    }
    let server: Server
    try {
      server = createServer({
        cert: options.tls.cert,
        key: options.tls.key,
        ca: options.tls.clientCa,
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: "TLSv1.2",
        keepAlive: true,
        keepAliveInitialDelay: limits.keepAliveMs,
      })
    } catch (cause) {
      return fail(cause instanceof Error ? cause : new Error(String(cause)))
    }
    server.once("error", fail)
    server.listen(options.port ?? 0, host, () => resume(Effect.succeed(server)))
    return Effect.sync(() => server.close())
  })

const close = (server: Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

const portOf = (server: Server): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}
