/** HTTPS in front of the server: HTTP/2 and HTTP/1.1 on one port, client certificates asked for, everything bounded. */

import type { IncomingMessage } from "node:http"
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2Session,
} from "node:http2"
import type { AddressInfo, Socket } from "node:net"
import type { Duplex } from "node:stream"
import { Data, Effect, type Scope } from "effect"
import { type Ambient, systemAmbient } from "../ambient.ts"
import { limits } from "../limits.ts"
import type { ApiServer } from "../server.ts"
import { Exchanges } from "./exchanges.ts"
import type { NodeResponse } from "./response-adapter.ts"

/** Why nothing listens. The message is one sentence for people. */
export class ListenError extends Data.TaggedError("ListenError")<{
  readonly reason: "AddressInUse" | "AddressUnavailable" | "Forbidden" | "BadCertificate" | "Failed"
  readonly message: string
  readonly cause?: unknown
}> {}

export interface ListenOptions {
  readonly server: ApiServer
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  /** PEM. */
  readonly tls: { readonly cert: string; readonly key: string }
  /** PEM of the CA whose client certificates are believed. */
  readonly clientCA?: string
  readonly ambient?: Ambient
}

export interface Listening {
  readonly host: string
  readonly port: number
  /** `https://HOST:PORT` */
  readonly url: string
}

const listenError = (cause: unknown, { host, port }: ListenOptions): ListenError => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  const at = `${host}:${port}`
  switch (code) {
    case "EADDRINUSE":
      return new ListenError({
        reason: "AddressInUse",
        message: `${at} is already in use: stop what listens there, or choose another address`,
        cause,
      })
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new ListenError({
        reason: "AddressUnavailable",
        message: `${host} is no address of this machine`,
        cause,
      })
    case "EACCES":
      return new ListenError({
        reason: "Forbidden",
        message: `this user may not listen on ${at}: choose a port above 1023`,
        cause,
      })
    default:
      return new ListenError({ reason: "Failed", message: `cannot listen on ${at}: ${cause}`, cause })
  }
}

/** Known to node, not to its types. */
const slowRequestChecks = { connectionsCheckingInterval: limits.connectionsCheckMs }

const makeServer = (options: ListenOptions): Http2SecureServer => {
  const server = createSecureServer({
    allowHTTP1: true,
    cert: options.tls.cert,
    key: options.tls.key,
    ...(options.clientCA === undefined ? {} : { ca: options.clientCA, requestCert: true }),
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    handshakeTimeout: limits.headersTimeoutMs,
    ...slowRequestChecks,
    maxSessionMemory: limits.sessionMemoryMegabytes,
    settings: {
      maxConcurrentStreams: limits.streamsPerConnectionMax,
      initialWindowSize: limits.streamWindowBytes,
    },
  })
  server.maxConnections = limits.connectionsMax
  Object.assign(server, {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    maxHeadersCount: limits.headersMax,
  })
  return server
}

const bind = (server: Http2SecureServer, options: ListenOptions): Effect.Effect<AddressInfo, ListenError> =>
  Effect.callback((resume) => {
    const failed = (cause: unknown): void => resume(Effect.fail(listenError(cause, options)))
    server.once("error", failed)
    server.listen({ host: options.host, port: options.port }, () => {
      server.off("error", failed)
      server.on("error", () => {})
      const address = server.address()
      if (address !== null && typeof address === "object") resume(Effect.succeed(address))
      else failed(new Error("the listening address is not known"))
    })
  })

interface Open {
  readonly sockets: Set<Socket>
  readonly sessions: Set<Http2Session>
}

/** Stops accepting, lets answers finish, ends watches, and after a bounded time everything that is left. */
const close = (
  server: Http2SecureServer,
  exchanges: Exchanges,
  { sockets, sessions }: Open,
): Effect.Effect<void> =>
  Effect.promise(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const session of sessions) session.close()
    await exchanges.finish()
    await exchanges.linger(closed)
    for (const socket of sockets) socket.destroy()
    await closed
  })

/** Serves until the scope closes. Fails with `ListenError`. */
export const listen = Effect.fnUntraced(function* (
  options: ListenOptions,
): Effect.fn.Return<Listening, ListenError, Scope.Scope> {
  const ambient = options.ambient ?? systemAmbient
  const exchanges = new Exchanges(options.server, ambient)
  const open: Open = { sockets: new Set(), sessions: new Set() }
  const server = yield* Effect.acquireRelease(
    Effect.try({
      try: () => makeServer(options),
      catch: (cause) =>
        new ListenError({
          reason: "BadCertificate",
          message: `the serving certificate cannot be used: ${cause}`,
          cause,
        }),
    }),
    (made) => close(made, exchanges, open),
  )
  server.on("connection", (socket: Socket) => {
    open.sockets.add(socket)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, limits.keepAliveProbeMs)
    socket.on("close", () => open.sockets.delete(socket))
    socket.on("error", () => {})
  })
  server.on("session", (session) => {
    open.sessions.add(session)
    session.on("close", () => open.sessions.delete(session))
  })
  server.on("tlsClientError", (_error, socket) => socket.destroy())
  server.on("sessionError", () => {})
  server.on("request", (request: IncomingMessage | Http2ServerRequest, response: NodeResponse) => {
    void exchanges.answer(request, response)
  })
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void exchanges.upgrade(request, socket, head)
  })
  const { address, port } = yield* bind(server, options)
  const shown = address.includes(":") ? `[${address}]` : address
  return { host: address, port, url: `https://${shown}:${port}` }
})
