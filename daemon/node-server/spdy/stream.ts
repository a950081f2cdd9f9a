/** One stream of a SPDY connection as a Duplex: read slowly, and the connection waits; write fast, and you wait. */
import { Duplex } from "node:stream"
import type { Headers } from "./header-block.ts"
import { limits } from "./limits.ts"

/** What a stream asks of its connection. */
export interface StreamWire {
  /** Done when the connection has room for more. */
  readonly data: (stream: number, chunk: Uint8Array, fin: boolean) => Promise<void>
  readonly reset: (stream: number) => void
  readonly closed: (stream: number) => void
}

export class SpdyStream extends Duplex {
  readonly id: number
  readonly headers: Headers
  readonly #wire: StreamWire
  #roomWaiter: (() => void) | undefined
  #sentFin = false
  #gotFin = false

  constructor(wire: StreamWire, id: number, headers: Headers) {
    super({ readableHighWaterMark: limits.waitingBytes, allowHalfOpen: true })
    this.#wire = wire
    this.id = id
    this.headers = headers
    // Who waits for its end is told; who does not must not end the process.
    this.on("error", () => {})
  }

  /** Takes what the peer sent; done when there is room for more. */
  async receive(chunk: Buffer, fin: boolean): Promise<void> {
    if (this.destroyed || this.#gotFin) return
    const hasRoom = chunk.length === 0 || this.push(chunk)
    if (fin) {
      this.#gotFin = true
      this.push(null)
      return
    }
    if (hasRoom) return
    await new Promise<void>((resolve) => {
      this.#roomWaiter = resolve
    })
  }

  /** The peer takes the stream back, or is gone. */
  abort(): void {
    this.#sentFin = true
    this.destroy()
  }

  override _read(): void {
    this.#roomWaiter?.()
    this.#roomWaiter = undefined
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#send(chunk, false).then(() => done(), done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#sentFin = true
    this.#send(Buffer.alloc(0), true).then(() => done(), done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#roomWaiter?.()
    if (!this.#sentFin) this.#wire.reset(this.id)
    this.#wire.closed(this.id)
    done(error)
  }

  async #send(chunk: Buffer, fin: boolean): Promise<void> {
    const { outboundFrameBytes } = limits
    for (let at = 0; at + outboundFrameBytes < chunk.length; at += outboundFrameBytes)
      await this.#wire.data(this.id, chunk.subarray(at, at + outboundFrameBytes), false)
    const lastAt = Math.max(0, Math.ceil(chunk.length / outboundFrameBytes) - 1) * outboundFrameBytes
    await this.#wire.data(this.id, chunk.subarray(lastAt), fin)
  }
}
