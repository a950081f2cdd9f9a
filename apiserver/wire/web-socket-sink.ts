/**
 * A watch over a WebSocket, for browsers: one event a text message.
 * Source: RFC 6455; apiserver handlers/watch.go HandleWS.
 */
import { createHash } from "node:crypto"
import type { Duplex } from "node:stream"
import type { ApiRequest, ResponseSink } from "../exchange.ts"
import { badRequest } from "../status-error.ts"
import { untilDrained } from "./drained.ts"

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
const tokenProtocol = "base64url.bearer.authorization.k8s.io."
const closeFrame = Uint8Array.from([0x88, 0x02, 0x03, 0xe8])

/** Header of one unmasked text message. */
const messageHead = (length: number): Buffer => {
  if (length < 126) return Buffer.from([0x81, length])
  const head = Buffer.alloc(length < 65_536 ? 4 : 10)
  head[0] = 0x81
  if (length < 65_536) {
    head[1] = 126
    head.writeUInt16BE(length, 2)
  } else {
    head[1] = 127
    head.writeBigUInt64BE(BigInt(length), 2)
  }
  return head
}

/** The subprotocol to agree on: the first that is no bearer token. */
const protocolOf = (request: ApiRequest): string | undefined =>
  request.headers["sec-websocket-protocol"]
    ?.split(",")
    .map((name) => name.trim())
    .find((name) => name !== "" && !name.startsWith(tokenProtocol))

export const isWebSocketRequest = (request: ApiRequest): boolean =>
  request.method === "GET" && request.headers.upgrade?.toLowerCase() === "websocket"

export class WebSocketSink implements ResponseSink {
  readonly #socket: Duplex
  readonly #request: ApiRequest
  /** What of a line has been written without its end. */
  #line: Uint8Array[] = []

  constructor(socket: Duplex, request: ApiRequest) {
    this.#socket = socket
    this.#request = request
  }

  get pending(): number {
    return this.#socket.writableLength
  }

  /** The handshake. Fails with `BadRequest` when the client's is not complete. */
  head(): void {
    const key = this.#request.headers["sec-websocket-key"] ?? ""
    if (key === "" || this.#request.headers["sec-websocket-version"] !== "13") {
      throw badRequest("the WebSocket handshake is not complete: version 13 and a key are needed")
    }
    const accept = createHash("sha1").update(`${key}${guid}`).digest("base64")
    const protocol = protocolOf(this.#request)
    const lines = [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${accept}`,
      ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol.replace(/[^\x21-\x7e]/g, "")}`]),
    ]
    this.#socket.write(`${lines.join("\r\n")}\r\n\r\n`)
    this.#socket.on("data", (chunk: Buffer) => {
      // The client has nothing to say but that it goes: its first frame's opcode tells.
      if (((chunk[0] ?? 0) & 0x0f) === 0x08) this.#socket.end(closeFrame)
    })
    this.#socket.on("end", () => this.#socket.end())
  }

  write(chunk: Uint8Array): boolean {
    let from = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      this.#message(Buffer.concat([...this.#line, chunk.subarray(from, end)]))
      this.#line = []
      from = end + 1
    }
    if (from < chunk.length) this.#line.push(chunk.subarray(from))
    return !this.#socket.writableNeedDrain
  }

  #message(text: Uint8Array): void {
    this.#socket.write(messageHead(text.length))
    this.#socket.write(text)
  }

  drained(): Promise<void> {
    const socket = this.#socket
    if (!socket.writableNeedDrain || socket.destroyed) return Promise.resolve()
    return untilDrained(socket)
  }

  end(chunk?: Uint8Array): void {
    if (chunk !== undefined) this.write(chunk)
    this.#socket.end(closeFrame)
  }
}
