/**
 * The table of a tar file on disk: where each regular file's bytes lie, read without unpacking anything.
 *
 * Knows ustar, pax (path, linkpath and size) and GNU long names. Nothing is ever written, so a path in it can't lead
 * anywhere; entries, names and what is read whole are bounded by `limits.ts`.
 */
import type { FileHandle } from "node:fs/promises"
import { posix } from "node:path"
import { TAR_ENTRIES_MAX, TAR_EXTENDED_HEADER_BYTES_MAX } from "../limits.ts"

export interface TarEntry {
  readonly offset: number
  readonly size: number
}

const BLOCK = 512

const textAt = (header: Buffer, start: number, length: number): string => {
  const end = header.indexOf(0, start)
  return header.toString("utf8", start, end === -1 || end > start + length ? start + length : end)
}

const numberAt = (header: Buffer, start: number, length: number): number => {
  const first = header[start] ?? 0
  if (first & 0x80) {
    let value = first & 0x7f
    for (let i = 1; i < length; i += 1) value = value * 256 + (header[start + i] ?? 0)
    return value
  }
  const text = textAt(header, start, length).trim()
  return text === "" ? 0 : /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN
}

const checksumHolds = (header: Buffer): boolean => {
  let sum = 0
  for (let i = 0; i < BLOCK; i += 1) sum += i >= 148 && i < 156 ? 32 : (header[i] ?? 0)
  return sum === numberAt(header, 148, 8)
}

/** pax records: `<length> <key>=<value>\n`, the length counting the whole record. */
const paxRecords = (bytes: Buffer): Map<string, string> => {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at)
    const length = Number(bytes.toString("latin1", at, space))
    if (space === -1 || !Number.isInteger(length) || length <= 0) break
    const record = bytes.toString("utf8", space + 1, at + length - 1)
    const equals = record.indexOf("=")
    records.set(record.slice(0, equals), record.slice(equals + 1))
    at += length
  }
  return records
}

const clean = (path: string) =>
  posix
    .normalize(path)
    .replace(/^(\.?\/)+/, "")
    .replace(/\/$/, "")

export class TarIndex {
  readonly #file: FileHandle
  readonly #entries: Map<string, TarEntry>
  readonly #links: Map<string, string>

  constructor(file: FileHandle, entries: Map<string, TarEntry>, links: Map<string, string>) {
    this.#file = file
    this.#entries = entries
    this.#links = links
  }

  /** The entry of that name, through at most one link (docker-save links equal layers). */
  find(name: string): TarEntry | undefined {
    const path = clean(name)
    return this.#entries.get(path) ?? this.#entries.get(this.#links.get(path) ?? "")
  }

  /** A whole file; fails when it is longer than `bytesMax`. */
  async read(name: string, bytesMax: number): Promise<Buffer> {
    const entry = this.find(name)
    if (entry === undefined) throw new Error(`the archive has no ${name}`)
    if (entry.size > bytesMax) throw new RangeError(`${name} in the archive is longer than ${bytesMax} bytes`)
    return this.readAt(entry, 0, entry.size)
  }

  async readAt(entry: TarEntry, from: number, length: number): Promise<Buffer> {
    const wanted = Math.min(length, entry.size - from)
    const buffer = Buffer.allocUnsafe(wanted)
    const { bytesRead } = await this.#file.read(buffer, 0, wanted, entry.offset + from)
    if (bytesRead !== wanted) throw new Error("the archive ends in the middle of a file")
    return buffer
  }
}

/** Reads the table of an open tar. Throws on what is not a whole tar. */
export const indexTar = async (file: FileHandle): Promise<TarIndex> => {
  const entries = new Map<string, TarEntry>()
  const links = new Map<string, string>()
  const { size: fileSize } = await file.stat()
  const header = Buffer.alloc(BLOCK)
  let extended = new Map<string, string>()
  for (let at = 0, count = 0; at + BLOCK <= fileSize; count += 1) {
    if (count >= TAR_ENTRIES_MAX) throw new RangeError(`the archive has more than ${TAR_ENTRIES_MAX} entries`)
    await file.read(header, 0, BLOCK, at)
    if (header.every((byte) => byte === 0)) break
    if (!checksumHolds(header)) throw new Error(`the file is not a tar, or is broken at byte ${at}`)
    const size = Number(extended.get("size") ?? numberAt(header, 124, 12))
    const offset = at + BLOCK
    if (!Number.isSafeInteger(size) || size < 0 || offset + size > fileSize) {
      throw new Error(`the archive ends in the middle of the file at byte ${at}`)
    }
    at = offset + Math.ceil(size / BLOCK) * BLOCK
    const type = String.fromCharCode(header[156] ?? 0)
    if (type === "x" || type === "L" || type === "K" || type === "g") {
      if (size > TAR_EXTENDED_HEADER_BYTES_MAX) throw new RangeError("the archive has an oversized header")
      const bytes = Buffer.alloc(size)
      await file.read(bytes, 0, size, offset)
      if (type === "x") extended = new Map([...extended, ...paxRecords(bytes)])
      if (type === "L") extended.set("path", textAt(bytes, 0, size))
      if (type === "K") extended.set("linkpath", textAt(bytes, 0, size))
      continue
    }
    const prefix = textAt(header, 257, 5) === "ustar" ? textAt(header, 345, 155) : ""
    const name = textAt(header, 0, 100)
    const path = clean(extended.get("path") ?? (prefix === "" ? name : `${prefix}/${name}`))
    if (type === "0" || type === "\0" || type === "7") entries.set(path, { offset, size })
    if (type === "1") links.set(path, clean(extended.get("linkpath") ?? textAt(header, 157, 100)))
    if (type === "2") {
      const target = extended.get("linkpath") ?? textAt(header, 157, 100)
      links.set(path, clean(posix.join(posix.dirname(path), target)))
    }
    extended = new Map()
  }
  return new TarIndex(file, entries, links)
}
