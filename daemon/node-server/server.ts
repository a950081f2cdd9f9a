/**
 * The HTTPS server of a runner, for its API server alone: logs and exec of the sandboxes on this node.
 *
 * Start with {@link makeNodeServer}.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer, type Server } from "node:https"
import { TLSSocket } from "node:tls"
import { Data, Effect, FiberSet, Result, type Scope } from "effect"
import { WebSocketServer } from "ws"
import type { SandboxRuntime } from "../../runtime-shim/index.ts"
import { statusReasons } from "../../schemas/index.ts"
import { chooseSubprotocol } from "./channel.ts"
import { serveExec } from "./exec-session.ts"
import { limits } from "./limits.ts"
import { serveLog } from "./log-stream.ts"
import { Refusal, statusOf } from "./refusal.ts"
import { resolveSandbox } from "./resolve.ts"
import { parseRoute, type Route } from "./route.ts"
import { acceptUpgrade, refuseUpgrade, type Upgrade } from "./upgrade.ts"

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
  const sockets = yield* Effect.acquireRelease(Effect.sync(makeSockets), (all) =>
    Effect.sync(() => {
      for (const socket of all.clients) socket.terminate()
    }),
  )
  const fibers = yield* FiberSet.make<void>()
  const fork = yield* FiberSet.runtime(fibers)<SandboxRuntime>()
  const admit = (request: IncomingMessage) => routeOf(request, options, [...fibers].length)
  server.on("request", (request, response) => {
    const fiber = fork(respond(admit(request), response))
    // A write to a peer that is gone: the close is what counts.
    response.on("error", () => {})
    response.once("close", () => fiber.interruptUnsafe())
  })
  server.on("upgrade", (request, socket, head) => {
    const fiber = fork(upgradeToExec(admit(request), { request, socket, head, sockets }))
    socket.on("error", () => socket.destroy())
    socket.once("close", () => fiber.interruptUnsafe())
  })
  return { host, port: portOf(server) }
})

const makeSockets = (): WebSocketServer =>
  new WebSocketServer({
    noServer: true,
    maxPayload: limits.inboundFrameBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => chooseSubprotocol(offered) ?? false,
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
  if (request.method !== "GET") {
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

const respond = (route: Result.Result<Route, Refusal>, response: ServerResponse) =>
  Effect.fromResult(route).pipe(
    Effect.flatMap((found) =>
      found._tag === "Log"
        ? serveLog(response, found)
        : Effect.fail(new Refusal({ reason: "BadRequest", message: "exec needs an upgrade to a WebSocket" })),
    ),
    Effect.catchTag("Refusal", (refusal) => Effect.sync(() => sendStatus(response, refusal))),
    Effect.catchTag("RuntimeError", ({ reason, message }) =>
      Effect.andThen(
        Effect.logWarning("log stream broke").pipe(Effect.annotateLogs({ reason, message })),
        // The head is out: a broken connection is the only way left to say that this is not the whole log.
        Effect.sync(() => response.destroy()),
      ),
    ),
  )

const upgradeToExec = Effect.fnUntraced(
  function* (route: Result.Result<Route, Refusal>, upgrade: Upgrade) {
    const found = yield* Effect.fromResult(route)
    if (found._tag !== "Exec") {
      const message = "logs are served without an upgrade"
      return yield* new Refusal({ reason: "BadRequest", message })
    }
    const offered = (upgrade.request.headers["sec-websocket-protocol"] ?? "").split(",")
    const protocol = chooseSubprotocol(new Set(offered.map((name) => name.trim())))
    if (protocol === undefined) {
      const message =
        "exec speaks v5.channel.k8s.io and v4.channel.k8s.io: offer one in Sec-WebSocket-Protocol"
      return yield* new Refusal({ reason: "BadRequest", message })
    }
    const id = yield* resolveSandbox(found.sandbox, { previous: false })
    const socket = yield* acceptUpgrade(upgrade)
    yield* serveExec(socket, { id, query: found.query, protocol })
  },
  (effect, _route, upgrade) =>
    Effect.catchTag(effect, "Refusal", (refusal) => refuseUpgrade(upgrade, refusal)),
)

const sendStatus = (response: ServerResponse, refusal: Refusal): void => {
  response.writeHead(statusReasons[refusal.reason].code, { "content-type": "application/json" })
  response.end(JSON.stringify(statusOf(refusal)))
}

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
