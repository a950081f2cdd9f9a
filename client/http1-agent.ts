/** HTTP/1.1 for servers that offer no HTTP/2: one kept-alive connection for each request under way. */
import type * as http from "node:http"
import * as https from "node:https"
import { after } from "./ambient.ts"
import { type ConnectionConfig, tlsOptions } from "./connection-config.ts"
import { hostOf, portOf } from "./dial.ts"
import { connectTimeoutMs } from "./limits.ts"
import { ConnectionLost } from "./lost-requests.ts"
import type { TransportRequest, TransportResponse } from "./transport.ts"

export interface Http1Agent {
  request(request: TransportRequest): Promise<TransportResponse>
  close(): void
}

const responseHeaders = (headers: http.IncomingHttpHeaders): { readonly [name: string]: string } => {
  const plain: { [name: string]: string } = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(", ") : value
  }
  return plain
}

const wasReset = (error: Error): boolean =>
  "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE")

export const http1Agent = (config: ConnectionConfig): Http1Agent => {
  const url = new URL(config.server)
  const secure = url.protocol === "https:"
  // Importing node:http as a module evaluates all of its getters, and one of them loads undici: 12 ms for nothing.
  const plain = secure ? undefined : process.getBuiltinModule("node:http")
  const agent =
    plain === undefined
      ? new https.Agent({ keepAlive: true, ...tlsOptions(config) })
      : new plain.Agent({ keepAlive: true })
  const send = plain === undefined ? https.request : plain.request

  const request = (exchange: TransportRequest): Promise<TransportResponse> =>
    new Promise((resolve, reject) => {
      const outgoing = send({
        agent,
        host: hostOf(url),
        port: portOf(url),
        method: exchange.method,
        path: exchange.path,
        headers: {
          ...exchange.headers,
          ...(exchange.body === undefined ? {} : { "content-length": String(exchange.body.byteLength) }),
        },
        ...(exchange.signal === undefined ? {} : { signal: exchange.signal }),
      })
      outgoing.once("socket", (socket) => {
        if (!socket.connecting) return
        socket.setNoDelay(true)
        const late = new Error(`no connection to ${url.host} within ${connectTimeoutMs} ms`)
        const cancel = after(connectTimeoutMs, () => outgoing.destroy(late))
        socket.once(secure ? "secureConnect" : "connect", cancel).once("close", cancel)
      })
      outgoing.once("error", (cause) =>
        // Most often the server closed an idle connection as we took it: the usual race of keep-alive.
        reject(
          outgoing.reusedSocket && wasReset(cause) ? new ConnectionLost(cause.message, { cause }) : cause,
        ),
      )
      outgoing.once("response", (incoming) =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: responseHeaders(incoming.headers),
          body: incoming,
        }),
      )
      outgoing.end(exchange.body)
    })

  return { request, close: () => agent.destroy() }
}
