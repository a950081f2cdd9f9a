/** Writing responses: headers that every one has, compression, backpressure, HEAD. */
import { promisify } from "node:util"
import { constants, createGzip, gzip } from "node:zlib"
import type { Call } from "../call.ts"
import { limits } from "../limits.ts"
import { parseAccept } from "../negotiation.ts"

const compress = promisify(gzip)
const level = constants.Z_BEST_SPEED

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

/** One document, compressed when it is large and the client takes that. */
export const sendBytes = async (call: Call, head: Head, body: Uint8Array): Promise<void> => {
  const { sink } = call
  const gzipped = body.length > limits.gzipBytesMin && acceptsGzip(call)
  const sent = gzipped ? await compress(body, { level }) : body
  sink.head(head.status, {
    ...headersOf(call, head),
    ...(gzipped ? { "content-encoding": "gzip", vary: "Accept-Encoding" } : {}),
    "content-length": String(sent.length),
  })
  if (call.request.method === "HEAD") sink.end()
  else sink.end(sent)
}

/** Gathers pieces into chunks of about the size that is written at once. */
function* chunked(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let gathered: Uint8Array[] = []
  let size = 0
  for (const piece of pieces) {
    gathered.push(piece)
    size += piece.length
    if (size < limits.streamChunkBytes) continue
    yield Buffer.concat(gathered, size)
    gathered = []
    size = 0
  }
  if (size > 0) yield Buffer.concat(gathered, size)
}

/** A document in pieces: small ones as {@link sendBytes}, large ones streamed no faster than the peer reads. */
export const sendPieces = async (call: Call, head: Head, pieces: Iterable<Uint8Array>): Promise<void> => {
  const chunks = chunked(pieces)
  const first = chunks.next()
  const opening = first.done ? new Uint8Array() : first.value
  if (opening.length < limits.streamChunkBytes) {
    await sendBytes(call, head, opening)
    return
  }
  if (acceptsGzip(call)) await streamCompressed(call, head, [opening, chunks])
  else await streamPlain(call, head, [opening, chunks])
}

type Chunks = readonly [Uint8Array, Iterable<Uint8Array>]

const streamPlain = async (call: Call, head: Head, [opening, rest]: Chunks): Promise<void> => {
  const { sink, request } = call
  sink.head(head.status, headersOf(call, head))
  sink.write(opening)
  for (const chunk of rest) {
    if (sink.pending > limits.streamAheadBytes) await sink.drained()
    if (request.signal.aborted) return
    sink.write(chunk)
  }
  sink.end()
}

const streamCompressed = async (call: Call, head: Head, [opening, rest]: Chunks): Promise<void> => {
  const { sink, request } = call
  sink.head(head.status, { ...headersOf(call, head), "content-encoding": "gzip", vary: "Accept-Encoding" })
  const stream = createGzip({ level })
  const finished = new Promise<void>((resolve, reject) => {
    stream.on("data", (chunk: Uint8Array) => sink.write(chunk))
    stream.on("end", resolve)
    stream.on("error", reject)
  })
  const write = (chunk: Uint8Array): Promise<void> =>
    new Promise((resolve) => stream.write(chunk, () => resolve()))
  await write(opening)
  for (const chunk of rest) {
    if (sink.pending > limits.streamAheadBytes) await sink.drained()
    if (request.signal.aborted) {
      stream.destroy()
      return
    }
    await write(chunk)
  }
  stream.end()
  await finished
  sink.end()
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
