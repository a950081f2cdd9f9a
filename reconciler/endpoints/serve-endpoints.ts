/**
 * The endpoints of a manager over HTTP, in a Scope. Start with {@link serveEndpoints}.
 *
 * `/healthz` and `/livez`: the process answers. `/readyz`: every informer of the controllers that run here has read its list.
 * `/metrics`: Prometheus' text, under controller-runtime's and client-go's names. `/debug/controllers`: queues, informers, the last
 * reconciles, hot loops and fights; `POST /debug/controllers/NAME/reconcile?key=NAMESPACE/NAME` asks for one, with the token.
 *
 * Default deny: bound to loopback; debug endpoints are for the token, or without one for loopback names on a loopback address.
 */
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { Effect, type Scope } from "effect"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import { answer, type EndpointWorld, type ShownManager } from "./answer.ts"
import { maxConnections, maxHeaderBytes, requestTimeoutMs } from "./limits.ts"

export interface EndpointOptions {
  /** 0: any free one. */
  readonly port: number
  /** Absent: 127.0.0.1. */
  readonly host?: string
  /** Opens the debug endpoints to who sends it as a bearer token; without one nobody can ask for a reconcile. */
  readonly token?: string
}

export interface Endpoints {
  readonly url: string
}

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || /^127\./.test(host)

const respond = (
  world: EndpointWorld,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void => {
  // No endpoint has a body to read.
  request.resume()
  const url = new URL(request.url ?? "/", "http://endpoints")
  const { status, contentType, body } = answer(world, {
    method: request.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    host: request.headers.host ?? "",
    authorization: request.headers.authorization,
  })
  response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" })
  response.end(request.method === "HEAD" ? undefined : body)
}

/** Dies where the port cannot be had: a manager that nobody can see is not what was asked for. */
export const serveEndpoints = Effect.fnUntraced(function* (
  manager: ShownManager,
  options: EndpointOptions,
): Effect.fn.Return<Endpoints, never, Scope.Scope> {
  const { port, host = "127.0.0.1", token } = options
  if (token === "") return yield* Effect.die(new Error("endpoints: the token is empty"))
  const context = yield* Effect.context<never>()
  const world: EndpointWorld = {
    manager,
    token,
    isLoopback: isLoopback(host),
    metrics: () => PrometheusMetrics.formatUnsafe(context),
  }
  const listening = Effect.promise(
    () =>
      new Promise<http.Server>((resolve, reject) => {
        const server = http.createServer(
          { maxHeaderSize: maxHeaderBytes, requestTimeout: requestTimeoutMs },
          (request, response) => {
            try {
              respond(world, request, response)
            } catch {
              response.writeHead(400).end()
            }
          },
        )
        server.maxConnections = maxConnections
        server.once("error", (cause) =>
          reject(new Error(`endpoints: cannot listen on ${host}:${port}: ${cause.message}`, { cause })),
        )
        server.listen(port, host, () => resolve(server))
      }),
  )
  const server = yield* Effect.acquireRelease(listening, (running) =>
    Effect.promise(
      () =>
        new Promise<void>((resolve) => {
          running.close(() => resolve())
          running.closeAllConnections()
        }),
    ),
  )
  const { port: bound } = server.address() as AddressInfo
  return { url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}` }
})
