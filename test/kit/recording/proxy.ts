/**
 * A proxy between a client and the API server that writes down what goes through: HTTP/2 and HTTP/1.1, watches as they come,
 * upgraded connections byte by byte. To the client it is the server itself (it has its certificate); to the server it is the
 * administrator. Start with {@link startProxy}.
 */
import { type IncomingHttpHeaders, type IncomingMessage, ServerResponse } from "node:http"
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2"
import { type RequestOptions, request as send } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import type { Duplex } from "node:stream"
import { type Asked, askedOf } from "./asked.ts"

export interface ProxyOptions {
  /** Of the API server. */
  readonly url: string
  /** PEM: its authority, its own pair, and the pair that the proxy uses. */
  readonly ca: string
  readonly server: { readonly cert: string; readonly key: string }
  readonly client: { readonly cert: string; readonly key: string }
  readonly onAsked: (asked: Asked) => void
}

export interface RecordingProxy {
  readonly url: string
  readonly close: () => Promise<void>
}

/** Of one connection, not of the message. */
const ofConnection = new Set([
  "connection",
  "host",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
])

const passedOn = (headers: IncomingHttpHeaders): { [name: string]: string | string[] } =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || name.startsWith(":") || ofConnection.has(name) ? [] : [[name, value]],
    ),
  )

const flat = (headers: IncomingHttpHeaders): { readonly [name: string]: string | undefined } =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  )

type Request = IncomingMessage | Http2ServerRequest
type Response = ServerResponse | Http2ServerResponse

export const startProxy = async (options: ProxyOptions): Promise<RecordingProxy> => {
  const { hostname, port } = new URL(options.url)
  const upstream = ({ method, url }: Request): RequestOptions => ({
    host: hostname,
    port,
    method: method ?? "GET",
    path: url ?? "/",
    ca: options.ca,
    ...options.client,
    agent: false,
  })
  const note = (request: Request, body: Uint8Array, answer: IncomingMessage): void => {
    options.onAsked(
      askedOf({
        method: request.method ?? "GET",
        path: request.url ?? "/",
        headers: flat(request.headers),
        body,
        status: answer.statusCode ?? 0,
        responseType: answer.headers["content-type"],
      }),
    )
  }

  const relay = async (request: Request, response: Response): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const body = Buffer.concat(chunks)
    const asked = send({ ...upstream(request), headers: passedOn(request.headers) })
    asked.on("response", (answer) => {
      note(request, body, answer)
      response.statusCode = answer.statusCode ?? 502
      for (const [name, value] of Object.entries(passedOn(answer.headers))) response.setHeader(name, value)
      // Watchers of what is quiet wait for the head.
      if (response instanceof ServerResponse) response.flushHeaders()
      else response.writeHead(response.statusCode)
      answer.on("error", () => response.destroy())
      answer.pipe(response)
    })
    asked.on("error", () => response.destroy())
    response.on("close", () => asked.destroy())
    response.on("error", () => asked.destroy())
    asked.end(body)
  }

  const join = (one: Duplex, other: Duplex): void => {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      from.on("error", () => to.destroy())
      from.on("close", () => to.destroy())
      from.pipe(to)
    }
  }

  const headText = (answer: IncomingMessage): string => {
    const lines: string[] = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`]
    for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2)
      lines.push(`${answer.rawHeaders[at]}: ${answer.rawHeaders[at + 1]}`)
    return `${lines.join("\r\n")}\r\n\r\n`
  }

  const relayUpgrade = (request: IncomingMessage, client: Duplex, head: Buffer): void => {
    client.on("error", () => client.destroy())
    const headers = { ...passedOn(request.headers), connection: "Upgrade", upgrade: request.headers.upgrade }
    const asked = send({ ...upstream(request), headers })
    asked.on("upgrade", (answer, server, rest) => {
      note(request, Buffer.alloc(0), answer)
      client.write(headText(answer))
      if (rest.length > 0) client.write(rest)
      if (head.length > 0) server.write(head)
      join(client, server)
    })
    asked.on("response", (answer) => {
      note(request, Buffer.alloc(0), answer)
      client.write(headText(answer))
      answer.pipe(client)
    })
    asked.on("error", () => client.destroy())
    client.on("close", () => asked.destroy())
    asked.end()
  }

  const proxy = createSecureServer({ allowHTTP1: true, ...options.server })
  const sockets = new Set<Socket>()
  proxy.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
    socket.on("error", () => {})
  })
  proxy.on("sessionError", () => {})
  proxy.on("request", (request: Request, response: Response) => {
    relay(request, response).catch(() => response.destroy())
  })
  proxy.on("upgrade", relayUpgrade)
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      proxy.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return { url: `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`, close }
}
