/**
 * The server's side of a SPDY/3.1 connection: takes the streams that a peer opens.
 *
 * There are no windows: Kubernetes' clients neither keep nor grant them, so the transport's own pace is the pace.
 * Guarantees: total on hostile input: a broken protocol ends the connection, never the process; what is held is bounded by
 * `limits`. Start with {@link serveSpdy}.
 */
import type { Duplex } from "node:stream"
import {
  dataFrame,
  type Frame,
  goAwayFrame,
  pingFrame,
  readFrames,
  rstStreamFrame,
  synReplyFrame,
} from "./frame.ts"
import { type HeaderReader, makeEmptyBlockWriter, makeHeaderReader } from "./header-block.ts"
import { limits } from "./limits.ts"
import { SpdyStream, type StreamWire } from "./stream.ts"

export interface SpdyConnection {
  /** Settles when the connection has ended, from whichever side; every stream has then. */
  readonly closed: Promise<void>
  /** Says that nothing more comes, and ends the transport once what was written is out. */
  readonly close: () => void
}

class Connection implements SpdyConnection {
  readonly closed: Promise<void>
  readonly #transport: Duplex
  readonly #onStream: (stream: SpdyStream) => void
  readonly #streams = new Map<number, SpdyStream>()
  readonly #headers: HeaderReader = makeHeaderReader()
  readonly #emptyBlock = makeEmptyBlockWriter()
  #lastStream = 0

  constructor(transport: Duplex, onStream: (stream: SpdyStream) => void) {
    this.#transport = transport
    this.#onStream = onStream
    transport.on("error", () => {})
    this.closed = this.#run()
  }

  close(): void {
    if (this.#transport.writable) this.#transport.end(goAwayFrame(this.#lastStream))
  }

  async #run(): Promise<void> {
    try {
      for await (const frame of readFrames(this.#transport)) await this.#take(frame)
    } catch {
      // The peer has broken the protocol, or is gone: either way this is the end.
    } finally {
      for (const stream of [...this.#streams.values()]) stream.abort()
      this.#headers.close()
      this.#transport.destroy()
    }
  }

  async #take(frame: Frame): Promise<void> {
    switch (frame.type) {
      case "data":
        return this.#streams.get(frame.stream)?.receive(frame.payload, frame.fin)
      case "synStream":
        return this.#open(frame)
      case "headers":
        await this.#headers.read(frame.block)
        return this.#streams.get(frame.stream)?.receive(Buffer.alloc(0), frame.fin)
      case "rstStream":
        this.#streams.get(frame.stream)?.abort()
        return
      case "ping":
        // An even id would be the answer to a ping of ours.
        if (frame.id % 2 === 1) this.#write(pingFrame(frame.id))
        return
      case "goAway":
      case "ignored":
        return
    }
  }

  async #open(frame: Extract<Frame, { type: "synStream" }>): Promise<void> {
    const headers = await this.#headers.read(frame.block)
    const { stream: id } = frame
    // A stream's number is odd, and higher than all before.
    const isFresh = id % 2 === 1 && id > this.#lastStream
    if (!isFresh || this.#streams.size >= limits.streams) {
      this.#write(rstStreamFrame(id, 3))
      return
    }
    this.#lastStream = id
    const stream = new SpdyStream(this.#wire, id, headers)
    this.#streams.set(id, stream)
    this.#write(synReplyFrame(id, this.#emptyBlock()))
    if (frame.fin) await stream.receive(Buffer.alloc(0), true)
    this.#onStream(stream)
  }

  readonly #wire: StreamWire = {
    data: (stream, chunk, fin) =>
      new Promise((resolve, reject) => {
        if (!this.#transport.writable) return reject(new Error("the connection has ended"))
        this.#transport.write(dataFrame(stream, chunk, fin), (error) => (error ? reject(error) : resolve()))
      }),
    reset: (stream) => this.#write(rstStreamFrame(stream, 5)),
    closed: (stream) => this.#streams.delete(stream),
  }

  #write(frame: Buffer): void {
    if (this.#transport.writable) this.#transport.write(frame)
  }
}

/** Serves a peer; `onStream` is called for every stream that it opens, which has been accepted already. */
export const serveSpdy = (transport: Duplex, onStream: (stream: SpdyStream) => void): SpdyConnection =>
  new Connection(transport, onStream)
