/** A sink over a bare connection: answers an upgrade request that is refused, in HTTP/1.1, and closes. */
import { STATUS_CODES } from "node:http"
import type { Duplex } from "node:stream"
import type { ResponseSink } from "./exchange.ts"

export class RawSink implements ResponseSink {
  readonly #socket: Duplex

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  get pending(): number {
    return this.#socket.writableLength
  }

  head(status: number, headers: { readonly [name: string]: string }): void {
    const lines = Object.entries({ ...headers, connection: "close" }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    )
    this.#socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`)
  }

  write(chunk: Uint8Array): boolean {
    return this.#socket.write(chunk)
  }

  drained(): Promise<void> {
    return Promise.resolve()
  }

  end(chunk?: Uint8Array): void {
    if (chunk === undefined) this.#socket.end()
    else this.#socket.end(chunk)
  }
}
