/** The requests of one listener that are being answered. */
import type { IncomingHttpHeaders, IncomingMessage } from "node:http"
import type { Http2ServerRequest } from "node:http2"
import type { Duplex } from "node:stream"
import type { Ambient } from "../ambient.ts"
import { anonymous } from "../authenticator.ts"
import type { ApiRequest, UserInfo } from "../exchange.ts"
import { limits } from "../limits.ts"
import type { ApiServer } from "../server.ts"
import { credentialsOf } from "./credentials.ts"
import { readBody } from "./request-body.ts"
import { type NodeResponse, ResponseAdapter } from "./response-adapter.ts"

type NodeRequest = IncomingMessage | Http2ServerRequest

interface Exchange {
  readonly abort: AbortController
  readonly sink: ResponseAdapter | undefined
}

const refusal = (code: number, reason: string, message: string): Buffer =>
  Buffer.from(
    `${JSON.stringify({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code })}\n`,
  )

const flatHeaders = (headers: IncomingHttpHeaders): { readonly [name: string]: string | undefined } => {
  const flat: Record<string, string | undefined> = Object.create(null)
  for (const name in headers) {
    const value = headers[name]
    if (!name.startsWith(":")) flat[name] = Array.isArray(value) ? value.join(", ") : value
  }
  return flat
}

const socketOf = (request: NodeRequest) =>
  "stream" in request ? request.stream.session?.socket : request.socket

const bodiless: ReadonlySet<string> = new Set(["GET", "HEAD"])

export class Exchanges {
  readonly #server: ApiServer
  readonly #ambient: Ambient
  readonly #open = new Set<Exchange>()
  #whenEmpty: () => void = () => {}

  constructor(server: ApiServer, ambient: Ambient) {
    this.#server = server
    this.#ambient = ambient
  }

  /** Never rejects. */
  async answer(request: NodeRequest, response: NodeResponse): Promise<void> {
    const abort = new AbortController()
    const sink = new ResponseAdapter(response)
    const exchange: Exchange = { abort, sink }
    this.#open.add(exchange)
    sink.onGone(() => abort.abort())
    request.on("error", () => {})
    try {
      const user = await this.#userOf(request)
      const body = await this.#body(request, sink)
      if (body !== undefined) await this.#server.handle(this.#toRequest(request, { user, body, abort }), sink)
    } catch {
      this.#refuse(request, sink, [500, "InternalError", "Internal error occurred"])
    } finally {
      if (!sink.ended) sink.end()
      this.#closed(exchange)
    }
  }

  async #userOf(request: NodeRequest): Promise<UserInfo> {
    const user = await this.#server.authenticate(credentialsOf(socketOf(request), request.headers))
    return user === "invalid" ? anonymous : user
  }

  #toRequest(
    request: NodeRequest,
    more: { readonly user: UserInfo; readonly body: Uint8Array; readonly abort: AbortController },
  ): ApiRequest {
    const peer = socketOf(request)?.remoteAddress
    return {
      method: request.method ?? "GET",
      url: request.url ?? "/",
      headers: flatHeaders(request.headers),
      body: more.body,
      user: more.user,
      ...(peer === undefined ? {} : { peer }),
      signal: more.abort.signal,
    }
  }

  async #body(request: NodeRequest, sink: ResponseAdapter): Promise<Uint8Array | undefined> {
    if (bodiless.has(request.method ?? "GET")) {
      request.resume()
      return new Uint8Array()
    }
    const result = await readBody(request, this.#ambient)
    switch (result.type) {
      case "read":
        return result.body
      case "tooLarge": {
        const text = `Request entity too large: limit is ${limits.bodyBytesMax}`
        this.#refuse(request, sink, [413, "RequestEntityTooLarge", text])
        return undefined
      }
      case "tooSlow":
        this.#refuse(request, sink, [408, "Timeout", "the body of the request did not come in time"])
        return undefined
      case "gone":
        sink.end()
        return undefined
    }
  }

  #refuse(
    request: NodeRequest,
    sink: ResponseAdapter,
    [code, reason, text]: readonly [number, string, string],
  ): void {
    sink.head(code, {
      "content-type": "application/json",
      connection: "close",
      "audit-id": this.#ambient.uuid(),
    })
    sink.end(refusal(code, reason, text))
    request.resume()
    this.#ambient.timer(limits.closeMs, () => {
      if (!request.destroyed) request.destroy()
    })
  }

  /** Never rejects. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const abort = new AbortController()
    const exchange: Exchange = { abort, sink: undefined }
    this.#open.add(exchange)
    socket.on("error", () => {})
    socket.on("close", () => abort.abort())
    abort.signal.addEventListener("abort", () => socket.destroy())
    try {
      const user = await this.#userOf(request)
      const body = new Uint8Array()
      await this.#server.upgrade(this.#toRequest(request, { user, body, abort }), { socket, head })
    } catch {
      socket.destroy()
    } finally {
      this.#closed(exchange)
    }
  }

  #closed(exchange: Exchange): void {
    this.#open.delete(exchange)
    if (this.#open.size === 0) this.#whenEmpty()
  }

  /** Gives the last bytes time to go out, no longer than until all connections are closed. */
  async linger(closed: Promise<void>): Promise<void> {
    let cancel = (): void => {}
    const passed = new Promise<void>((resolve) => {
      cancel = this.#ambient.timer(limits.lingerMs, resolve)
    })
    await Promise.race([closed, passed])
    cancel()
  }

  /** Streams are ended now, other answers get a bounded time. */
  async finish(): Promise<void> {
    for (const { abort, sink } of this.#open) if (sink === undefined || sink.streaming) abort.abort()
    if (this.#open.size === 0) return
    await new Promise<void>((resolve) => {
      const cancel = this.#ambient.timer(limits.closeMs, resolve)
      this.#whenEmpty = () => {
        cancel()
        resolve()
      }
    })
  }
}
