/** The client's side of SPDY/3.1, as Go's clients speak it: its own compression of headers, no windows. */
import type { Duplex } from "node:stream"
import { constants, createDeflate } from "node:zlib"
import { dictionary } from "../spdy/dictionary.ts"
import { dataFrame, type Frame, readFrames } from "../spdy/frame.ts"

const word = (value: number): Buffer => {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(value)
  return buffer
}

const counted = (text: string): Buffer => Buffer.concat([word(Buffer.byteLength(text)), Buffer.from(text)])

/** An uncompressed header block. */
export const plainBlock = (headers: { readonly [name: string]: string }): Buffer =>
  Buffer.concat([
    word(Object.keys(headers).length),
    ...Object.entries(headers).flatMap(([name, value]) => [counted(name), counted(value)]),
  ])

/** Compresses the blocks of one connection, in order. */
export const makeBlockWriter = (): ((block: Uint8Array) => Promise<Buffer>) => {
  const deflate = createDeflate({ dictionary, flush: constants.Z_SYNC_FLUSH })
  let pieces: Buffer[] = []
  deflate.on("data", (piece: Buffer) => pieces.push(piece))
  return async (block) => {
    pieces = []
    await new Promise<void>((resolve) => deflate.write(block, () => resolve()))
    return Buffer.concat(pieces)
  }
}

export const controlFrame = (type: number, payload: Uint8Array, flags = 0): Buffer => {
  const head = Buffer.from([0x80, 3, 0, type, flags, 0, 0, 0])
  head.writeUIntBE(payload.length, 5, 3)
  return Buffer.concat([head, payload])
}

export class SpdyClient {
  /** What came on each stream, as bytes. */
  readonly received = new Map<number, Buffer>()
  /** Streams that the server has ended. */
  readonly ended = new Set<number>()
  readonly frames: Array<Frame> = []
  readonly closed: Promise<void>
  readonly #transport: Duplex
  readonly #compress = makeBlockWriter()
  #next = 1
  #waiting: Array<() => void> = []

  constructor(transport: Duplex) {
    this.#transport = transport
    transport.on("error", () => {})
    this.closed = this.#read()
  }

  async #read(): Promise<void> {
    try {
      for await (const frame of readFrames(this.#transport)) {
        this.frames.push(frame)
        if (frame.type === "data") {
          const before = this.received.get(frame.stream) ?? Buffer.alloc(0)
          this.received.set(frame.stream, Buffer.concat([before, frame.payload]))
          if (frame.fin) this.ended.add(frame.stream)
        }
        this.#notify()
      }
    } catch {
      // The server has ended the connection.
    }
    this.#notify()
  }

  #notify(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  /** Waits until something that came makes it true. */
  async until(check: () => boolean): Promise<void> {
    while (!check()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  async open(headers: { readonly [name: string]: string }): Promise<number> {
    const id = this.#next
    this.#next += 2
    const block = await this.#compress(plainBlock(headers))
    this.#transport.write(controlFrame(1, Buffer.concat([word(id), word(0), Buffer.alloc(2), block])))
    return id
  }

  send(stream: number, data: string | Uint8Array, fin = false): void {
    this.#transport.write(dataFrame(stream, Buffer.from(data), fin))
  }

  raw(bytes: Uint8Array): void {
    this.#transport.write(bytes)
  }

  text(stream: number): string {
    return this.received.get(stream)?.toString("utf8") ?? ""
  }

  end(): void {
    this.#transport.destroy()
  }
}
