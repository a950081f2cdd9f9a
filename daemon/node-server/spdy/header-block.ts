/**
 * Header blocks of SPDY/3.1: names and values, compressed with zlib. One state a direction lives as long as the connection.
 * Source: SPDY protocol draft 3.1, section 2.6.10.
 */
import { constants, createInflate } from "node:zlib"
import { dictionary, dictionaryId } from "./dictionary.ts"
import { SpdyError } from "./frame.ts"
import { limits } from "./limits.ts"

export type Headers = ReadonlyMap<string, string>

const malformed = (): SpdyError => new SpdyError({ message: "a SPDY header block cannot be read" })

/** The names and values in an inflated block. Throws SpdyError. */
export const parseBlock = (block: Buffer): Headers => {
  let at = 0
  const number = (): number => {
    if (block.length < at + 4) throw malformed()
    at += 4
    return block.readUInt32BE(at - 4)
  }
  const text = (): string => {
    const length = number()
    if (length > block.length - at) throw malformed()
    at += length
    return block.toString("utf8", at - length, at)
  }
  const count = number()
  if (count > limits.headersPerBlock) throw malformed()
  const headers = new Map<string, string>()
  for (let index = 0; index < count; index++) headers.set(text().toLowerCase(), text())
  return headers
}

export interface HeaderReader {
  /** Rejects with SpdyError. One block at a time, in the order of the wire. */
  readonly read: (block: Buffer) => Promise<Headers>
  readonly close: () => void
}

/** Reads the blocks of one peer. */
export const makeHeaderReader = (): HeaderReader => {
  const inflate = createInflate({ dictionary, flush: constants.Z_SYNC_FLUSH })
  let pieces: Buffer[] = []
  let size = 0
  let failure: SpdyError | undefined
  let settle: (() => void) | undefined
  const fail = (): void => {
    failure ??= malformed()
    settle?.()
  }
  inflate.on("data", (piece: Buffer) => {
    size += piece.length
    if (size > limits.headerBlockBytes) {
      inflate.destroy()
      fail()
    } else pieces.push(piece)
  })
  inflate.on("error", fail)
  const read = async (block: Buffer): Promise<Headers> => {
    if (failure !== undefined) throw failure
    pieces = []
    size = 0
    await new Promise<void>((resolve) => {
      settle = resolve
      inflate.write(block, () => resolve())
    })
    if (failure !== undefined) throw failure
    return parseBlock(Buffer.concat(pieces))
  }
  return { read, close: () => inflate.destroy() }
}

/** zlib's head, which names the dictionary. */
const zlibHead = Buffer.from([
  0x78,
  0xbb,
  dictionaryId >>> 24,
  (dictionaryId >>> 16) & 255,
  (dictionaryId >>> 8) & 255,
  dictionaryId & 255,
])

/** An uncompressed deflate block: needs no state. */
const storedBlock = (bytes: Buffer): Buffer => {
  const head = Buffer.alloc(5)
  head.writeUInt16LE(bytes.length, 1)
  head.writeUInt16LE(~bytes.length & 0xffff, 3)
  return Buffer.concat([head, bytes])
}

/** An empty block, as a flush leaves it: Go's reader gives out what it has only then. */
const flushed = storedBlock(Buffer.alloc(0))

/** Writes blocks without any header, all that a server of Kubernetes' streams has to say. */
export const makeEmptyBlockWriter = (): (() => Buffer) => {
  const empty = Buffer.concat([storedBlock(Buffer.alloc(4)), flushed])
  let next: Buffer = Buffer.concat([zlibHead, empty])
  return () => {
    const block = next
    next = empty
    return block
  }
}
