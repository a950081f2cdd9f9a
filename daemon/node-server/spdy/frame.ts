/**
 * The frames of SPDY/3.1: bytes in, frames out, bounded. Source: SPDY protocol draft 3.1, section 2.2.
 * Start with {@link readFrames}.
 */
import { Data } from "effect"
import { limits } from "./limits.ts"

/** The peer broke the protocol, or asked for more than is given. */
export class SpdyError extends Data.TaggedError("SpdyError")<{ readonly message: string }> {}

const types = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7, headers: 8 } as const
const flagFin = 1
const headBytes = 8

export type Frame =
  | { readonly type: "data"; readonly stream: number; readonly fin: boolean; readonly payload: Buffer }
  /** Its block is compressed. */
  | { readonly type: "synStream"; readonly stream: number; readonly fin: boolean; readonly block: Buffer }
  /** Its block counts for the compression of later ones, and for nothing else. */
  | { readonly type: "headers"; readonly stream: number; readonly fin: boolean; readonly block: Buffer }
  | { readonly type: "rstStream"; readonly stream: number }
  | { readonly type: "ping"; readonly id: number }
  | { readonly type: "goAway" }
  /** SETTINGS, WINDOW_UPDATE and what nobody knows: no peer of ours keeps windows. */
  | { readonly type: "ignored" }

const word = (payload: Buffer, at: number): number => {
  if (payload.length < at + 4) throw new SpdyError({ message: "a SPDY frame is too short for its type" })
  return payload.readUInt32BE(at) & 0x7fffffff
}

const control = (type: number, fin: boolean, payload: Buffer): Frame => {
  switch (type) {
    case types.synStream:
      return { type: "synStream", stream: word(payload, 0), fin, block: payload.subarray(10) }
    case types.synReply:
    case types.headers:
      return { type: "headers", stream: word(payload, 0), fin, block: payload.subarray(4) }
    case types.rstStream:
      return { type: "rstStream", stream: word(payload, 0) }
    case types.ping:
      return { type: "ping", id: payload.length < 4 ? 0 : payload.readUInt32BE(0) }
    case types.goAway:
      return { type: "goAway" }
    default:
      return { type: "ignored" }
  }
}

/** A frame of which head and payload are there. */
const frameOf = (head: Buffer, payload: Buffer): Frame => {
  const first = head.readUInt32BE(0)
  const fin = ((head[4] ?? 0) & flagFin) !== 0
  if (first >>> 31 === 0) return { type: "data", stream: first, fin, payload }
  const version = (first >>> 16) & 0x7fff
  if (version !== 3) throw new SpdyError({ message: `SPDY version ${version} is not spoken here` })
  return control(first & 0xffff, fin, payload)
}

/** The frames in a sequence of chunks. Throws SpdyError; ends with the chunks. */
export async function* readFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let waiting: Buffer[] = []
  let size = 0
  let needed = headBytes
  for await (const chunk of chunks) {
    waiting.push(chunk)
    size += chunk.length
    if (size < needed) continue
    let bytes = Buffer.concat(waiting)
    while (bytes.length >= headBytes) {
      const length = bytes.readUIntBE(5, 3)
      if (length > limits.frameBytes)
        throw new SpdyError({ message: `a SPDY frame may have ${limits.frameBytes} bytes, not ${length}` })
      needed = headBytes + length
      if (bytes.length < needed) break
      yield frameOf(bytes.subarray(0, headBytes), bytes.subarray(headBytes, needed))
      bytes = bytes.subarray(needed)
      needed = headBytes
    }
    waiting = bytes.length === 0 ? [] : [bytes]
    size = bytes.length
  }
}

const controlHead = (type: number, length: number): Buffer => {
  const head = Buffer.alloc(headBytes)
  head.writeUInt16BE(0x8003, 0)
  head.writeUInt16BE(type, 2)
  head.writeUIntBE(length, 5, 3)
  return head
}

const words = (...values: ReadonlyArray<number>): Buffer => {
  const buffer = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value, index * 4)
  return buffer
}

export const dataFrame = (stream: number, payload: Uint8Array, fin: boolean): Buffer => {
  const head = words(stream, 0)
  head[4] = fin ? flagFin : 0
  head.writeUIntBE(payload.length, 5, 3)
  return Buffer.concat([head, payload])
}

export const synReplyFrame = (stream: number, block: Uint8Array): Buffer =>
  Buffer.concat([controlHead(types.synReply, 4 + block.length), words(stream), block])

/** Source: section 2.6.3: 3 is REFUSED_STREAM, 5 is CANCEL. */
export const rstStreamFrame = (stream: number, status: 3 | 5): Buffer =>
  Buffer.concat([controlHead(types.rstStream, 8), words(stream, status)])

export const pingFrame = (id: number): Buffer => Buffer.concat([controlHead(types.ping, 4), words(id)])

export const goAwayFrame = (lastStream: number): Buffer =>
  Buffer.concat([controlHead(types.goAway, 8), words(lastStream, 0)])
