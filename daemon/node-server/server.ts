/**
 * The HTTPS server of a runner, for its API server alone: logs and exec of the sandboxes on this node.
 *
 * Start with {@link makeNodeServer}.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer, type Server } from "node:https"
import type { Duplex } from "node:stream"
import { TLSSocket } from "node:tls"
import { Data, Effect, FiberSet, Result, type Scope } from "effect"
import { type WebSocket, WebSocketServer } from "ws"
import type { SandboxRuntime } from "../../runtime-shim/index.ts"
import { chooseSubprotocol, subprotocols } from "./channel.ts"
import { type ExecRequest, serveExec } from "./exec-session.ts"
import { limits } from "./limits.ts"
import { serveLog } from "./log-stream.ts"
import { Refusal, statusOf } from "./refusal.ts"
import { resolveSandbox } from "./resolve.ts"
import { parseRoute, Route } from "./route.ts"

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
 * Fails with NodeServerError where the address cannot be listened on or the certificates cannot be used.
 */
export const makeNodeServer = Effect.fn("NodeServer.make")(function* (
  options: NodeServerOptions,
): Effect.fn.Return<NodeServer, NodeServerError, Scope.Scope | SandboxRuntime> {
  const address = { host: options.host ?? "127.0.0.1", port: options.port ?? 0 }
  const server = yield* Effect.acquireRelease(listen(options, address), close)
  const fibers = yield* FiberSet.make<void>()
  const fork = yield* FiberSet.runtime(fibers)<SandboxRuntime>()
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.inboundFrameBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => chooseSubprotocol(offered) ?? false,
  })
  const admit = (request: IncomingMessage): Result.Result<Route, Refusal> => {
    if (clientNameOf(request) !== options.clientCommonName) return Result.fail(forbidden)
    if (Effect.runSync(FiberSet.size(fibers)) >= limits.streams) return Result.fail(tooMany)
    return request.method === "GET" ? parseRoute(request.url ?? "/") : Result.fail(onlyGet)
  }
  server.on("request", (request, response) => {
    const fiber = fork(respond(admit(request), response))
    response.once("close", () => fiber.interruptUnsafe())
  })
  server.on("upgrade", (request, socket, head) => {
    const upgrade = new Upgrade({ request, socket, head, sockets })
    const fiber = fork(upgradeToExec(admit(request), upgrade))
    socket.on("error", () => socket.destroy())
    socket.once("close", () => fiber.interruptUnsafe())
  })
  return { host: address.host, port: portOf(server) }
})

const forbidden = new Refusal({
  reason: "Forbidden",
  message: "this node speaks with its API server only: the client certificate names somebody else",
})
const tooMany = new Refusal({
  reason: "TooManyRequests",
  message: `this node has ${limits.streams} streams open, and takes no more`,
})
const onlyGet = new Refusal({ reason: "MethodNotAllowed", message: "only GET is served here" })
const wantsUpgrade = new Refusal({ reason: "BadRequest", message: "exec needs an upgrade to a WebSocket" })
const wantsNoUpgrade = new Refusal({ reason: "BadRequest", message: "logs are not served over a WebSocket" })
