/** Writing responses: headers that every one has, compression, backpressure, HEAD. */
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import type { Call } from "../call.ts"
import { limits } from "../limits.ts"
import { parseAccept } from "../negotiation.ts"
import type { Turns } from "../turns.ts"
import { gzipLevel, gzipOutlet, type Outlet, plainOutlet } from "./outlet.ts"
import { giveStreamBuffer, takeStreamBuffer } from "./stream-buffer.ts"

const compress = promisify(gzip)

export interface Head {
  readonly status: number
  readonly contentType: string
  readonly headers?: { readonly [name: string]: string }
}

const quoted = (text: string): string => {
  const printable = text.slice(0, limits.warningCharactersMax).replace(/[^\x20-\x7e]/g, "?")
  return `299 - ${JSON.stringify(printable)}`
}

/** As many as fit: a header has an end. */
const warningHeader = (warnings: ReadonlyArray<string>): string => {
  let header = ""
  for (const warning of new Set(warnings)) {
    const part = header === "" ? quoted(warning) : `, ${quoted(warning)}`
    if (header.length + part.length > limits.warningsCharactersMax) break
    header += part
  }
  return header
}

export const headersOf = (call: Call, head: Head): { readonly [name: string]: string } => ({
  "audit-id": call.auditId,
  "cache-control": "no-cache, private",
  "content-type": head.contentType,
  ...(call.warnings.length === 0 ? {} : { warning: warningHeader(call.warnings) }),
  ...head.headers,
})

const acceptsGzip = (call: Call): boolean =>
  parseAccept(call.request.headers["accept-encoding"] ?? "").some((range) => range.type === "gzip")

/** Bytes that are sent more than once, with their compressed form once somebody has asked for it. */
export interface Compressible {
  readonly bytes: Uint8Array
  gzipped: Promise<Uint8Array> | undefined
}

const compressed = (body: Compressible): Promise<Uint8Array> => {
  body.gzipped ??= compress(body.bytes, { level: gzipLevel })
  return body.gzipped
}

/** One document, compressed when it is large and the client takes that. */
export const sendBytes = async (call: Call, head: Head, body: Uint8Array | Compressible): Promise<void> => {
  const { sink } = call
  const whole = "bytes" in body ? body : { bytes: body, gzipped: undefined }
  const gzipped = whole.bytes.length > limits.gzipBytesMin && acceptsGzip(call)
  const sent = gzipped ? await compressed(whole) : whole.bytes
  sink.head(head.status, {
    ...headersOf(call, head),
    ...(gzipped ? { "content-encoding": "gzip", vary: "Accept-Encoding" } : {}),
    "content-length": String(sent.length),
  })
  if (call.request.method === "HEAD") sink.end()
  else sink.end(sent)
}

/** Puts pieces together in chunks and gives those to an outlet. */
class ChunkWriter {
  readonly #outlet: Outlet
  #buffer = takeStreamBuffer()
  #length = 0

  constructor(outlet: Outlet) {
    this.#outlet = outlet
  }

  async write(pieces: ReadonlyArray<Uint8Array>): Promise<void> {
    for (const piece of pieces) {
      for (let from = 0; from < piece.length; ) {
        const part = piece.subarray(from, from + this.#buffer.length - this.#length)
        this.#buffer.set(part, this.#length)
        this.#length += part.length
        from += part.length
        if (this.#length === this.#buffer.length) await this.#put()
      }
    }
  }

  async #put(): Promise<void> {
    const put = await this.#outlet.put(this.#buffer)
    if (put === "kept") this.#buffer = takeStreamBuffer()
    this.#length = 0
  }

  async end(): Promise<void> {
    await this.#outlet.end(this.#buffer.subarray(0, this.#length))
    giveStreamBuffer(this.#buffer)
  }
}

/** A long document: each step is the work of one turn, and waits until the peer has read what came before. */
export const sendTurns = async (
  call: Call,
  head: Head,
  { turns, steps }: { readonly turns: Turns; readonly steps: Iterable<ReadonlyArray<Uint8Array>> },
): Promise<void> => {
  const { sink, request } = call
  const gzipped = acceptsGzip(call)
  const coding = gzipped ? { "content-encoding": "gzip", vary: "Accept-Encoding" } : {}
  await turns.next()
  sink.head(head.status, { ...headersOf(call, head), ...coding })
  if (request.method === "HEAD") {
    sink.end()
    return
  }
  const outlet = gzipped ? gzipOutlet(sink) : plainOutlet(sink)
  const writer = new ChunkWriter(outlet)
  try {
    for (const pieces of steps) {
      await writer.write(pieces)
      await turns.next()
      if (request.signal.aborted) {
        outlet.abandon()
        return
      }
    }
    await writer.end()
  } catch (error) {
    outlet.abandon()
    throw error
  }
}

const encoder = new TextEncoder()

/** Any value as JSON; indented where the client is a person. */
export const sendJson = (
  call: Call,
  head: Omit<Head, "contentType"> & { readonly contentType?: string; readonly pretty?: boolean },
  value: unknown,
): Promise<void> => {
  const text = head.pretty ? JSON.stringify(value, null, 2) : JSON.stringify(value)
  const { status, headers, contentType = "application/json" } = head
  return sendBytes(
    call,
    headers === undefined ? { status, contentType } : { status, contentType, headers },
    encoder.encode(`${text}\n`),
  )
}

export const sendText = (call: Call, status: number, text: string): Promise<void> =>
  sendBytes(call, { status, contentType: "text/plain; charset=utf-8" }, encoder.encode(text))
