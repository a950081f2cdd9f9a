/**
 * Subresources that the node answers: the request is passed on with the server's own certificate, and the answer passed
 * back as it comes. Logs are streamed no faster than the client reads; upgraded connections are piped byte by byte.
 */
import type { IncomingMessage } from "node:http"
import { request as httpsRequest, type RequestOptions } from "node:https"
import type { Duplex } from "node:stream"
import type { Ambient } from "../ambient.ts"
import type { Call } from "../call.ts"
import { limits } from "../limits.ts"
import type { Operation, Target } from "../registry/context.ts"
import type { ResourceRequestInfo } from "../request-info.ts"
import { badRequest, failure, methodNotAllowed } from "../status-error.ts"
import { headersOf } from "../wire/response.ts"
import type { ConnectConfig } from "./config.ts"
import { type NodeAddress, nodeOf } from "./node-address.ts"

/** The raw connection of an upgrade request. */
export interface Upgrade {
  readonly socket: Duplex
  /** What the client sent behind the request. */
  readonly head: Uint8Array
}

/** Passed on to the node; everything else is between the client and this server. */
const passedOn = [
  "upgrade",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
  "sec-websocket-extensions",
  "x-stream-protocol-version",
  "user-agent",
]

export class ConnectHandler {
  readonly #config: ConnectConfig | undefined
  readonly #ambient: Ambient

  constructor(config: ConnectConfig | undefined, ambient: Ambient) {
    this.#config = config
    this.#ambient = ambient
  }

  /** Subresources that nodes answer, by `group/plural`. */
  get proxied(): ConnectConfig["resources"] {
    return this.#config?.resources ?? {}
  }

  serves({ resource, subresource }: Target): boolean {
    const id = resource.id.replace(/^\//, "")
    return Object.hasOwn(this.proxied, id) && (this.proxied[id]?.includes(subresource) ?? false)
  }

  /** A plain request: only logs are one. */
  async stream(operation: Operation): Promise<void> {
    const { call, target } = operation
    if (target.subresource !== "log") throw badRequest("Upgrade request required")
    if (call.info.method !== "GET")
      throw methodNotAllowed(target.resource.subject(target.name), call.info.method)
    const address = await nodeOf(operation)
    const response = await this.#ask(operation, address)
    call.sink.head(
      response.statusCode ?? 502,
      headersOf(call, {
        status: response.statusCode ?? 502,
        contentType: response.headers["content-type"] ?? "text/plain",
      }),
    )
    await pour(response, call)
  }

  #ask(operation: Operation, address: NodeAddress): Promise<IncomingMessage> {
    const { signal } = operation.call.request
    return new Promise((resolve, reject) => {
      const asked = httpsRequest({ ...this.#options(operation.call, operation.target, address), signal })
      const cancel = this.#deadline(() => asked.destroy(new Error("the node did not answer in time")))
      asked.on("response", (response) => {
        cancel()
        resolve(response)
      })
      asked.on("error", (cause) => {
        cancel()
        reject(unreachable(address, cause))
      })
      asked.end()
    })
  }

  #deadline(expire: () => void): () => void {
    return this.#ambient.timer(limits.connectMs, expire)
  }

  #options(call: Call<ResourceRequestInfo>, target: Target, address: NodeAddress): RequestOptions {
    const tls = this.#config?.clientTls
    const { namespace, name, subresource, resource } = target
    const mark = call.request.url.indexOf("?")
    const query = mark < 0 ? "" : call.request.url.slice(mark)
    const parts = [resource.stored.plural, ...(resource.namespaced ? [namespace] : []), name, subresource]
    return {
      host: address.host,
      port: address.port,
      method: call.info.method,
      path: `/${parts.map(encodeURIComponent).join("/")}${query}`,
      headers: { host: `${address.host}:${address.port}`, accept: "*/*" },
      agent: false,
      ...(tls === undefined ? {} : { cert: tls.cert, key: tls.key, ca: tls.ca }),
    }
  }

  /** An upgrade: settles when the connection has ended. Fails before anything was answered. */
  async upgrade(operation: Operation, client: Upgrade): Promise<void> {
    const address = await nodeOf(operation)
    const { call, target } = operation
    const headers: Record<string, string> = { connection: "Upgrade" }
    for (const name of passedOn) {
      const value = call.request.headers[name]
      if (value !== undefined) headers[name] = value
    }
    const options = this.#options(call, target, address)
    const asked = httpsRequest({ ...options, headers: { ...options.headers, ...headers } })
    await new Promise<void>((resolve, reject) => {
      const cancel = this.#deadline(() => asked.destroy(new Error("the node did not answer in time")))
      asked.on("error", (cause) => {
        cancel()
        reject(unreachable(address, cause))
      })
      asked.on("upgrade", (response, node, head) => {
        cancel()
        client.socket.write(headText(response, "101 Switching Protocols"))
        join(client, { socket: node, head }).then(resolve, resolve)
      })
      asked.on("response", (response) => {
        cancel()
        client.socket.write(
          headText(response, `${response.statusCode ?? 502} ${response.statusMessage ?? ""}`),
        )
        response.pipe(client.socket)
        response.on("close", resolve)
      })
      client.socket.on("close", () => asked.destroy())
      asked.end()
    })
  }
}

const unreachable = (address: NodeAddress, cause: unknown): Error => {
  const why = cause instanceof Error ? cause.message : String(cause)
  const text = `error dialing node ${address.node} at ${address.host}:${address.port}: ${why}`
  return failure("ServiceUnavailable", text, { details: { retryAfterSeconds: 1 }, cause })
}

const headText = (response: IncomingMessage, statusLine: string): string => {
  const { rawHeaders } = response
  const lines: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase()
    if (response.statusCode !== 101 && (name === "transfer-encoding" || name === "connection")) continue
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`)
  }
  if (response.statusCode !== 101) lines.push("Connection: close")
  return `HTTP/1.1 ${statusLine.trimEnd()}\r\n${lines.join("\r\n")}\r\n\r\n`
}

/** Joins two connections until either ends. */
const join = (client: Upgrade, node: Upgrade): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      // What one side has said before it went is still on its way to the other.
      for (const { socket } of [client, node]) {
        if (socket.writableLength === 0) socket.destroy()
        else socket.end(() => socket.destroy())
      }
      resolve()
    }
    for (const { socket } of [client, node]) {
      socket.on("error", end)
      socket.on("close", end)
    }
    if (node.head.length > 0) client.socket.write(node.head)
    if (client.head.length > 0) node.socket.write(client.head)
    client.socket.pipe(node.socket)
    node.socket.pipe(client.socket)
  })

const pour = async (response: IncomingMessage, { sink, request }: Call): Promise<void> => {
  try {
    for await (const chunk of response) {
      sink.write(chunk)
      if (sink.pending > limits.streamAheadBytes) await sink.drained()
      if (request.signal.aborted) break
    }
  } catch {
    // The head is out: the client learns of a broken stream by its end.
  } finally {
    response.destroy()
    sink.end()
  }
}
