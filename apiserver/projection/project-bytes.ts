/**
 * Copies the wanted parts out of a document's bytes, in their order, without reading it into objects: numbers and strings
 * stay as they are written. One pass; what is not wanted is stepped over.
 *
 * The bytes are what `JSON.stringify` wrote: no spaces, and each key in the one form that it gives to it.
 */

/** What is wanted of a value that is not wanted whole. Made by {@link partOf}. */
export interface Part {
  readonly members: ReadonlyArray<Member>
  readonly each: Each
}

interface Member {
  /** As it stands in a document, with its quotes. */
  readonly key: Buffer
  /** Undefined: whole. */
  readonly part: Part | undefined
}

/** What is wanted of every item or value that is not named. */
export type Each = "none" | "whole" | Part

export const partOf = (part: {
  readonly names: ReadonlyMap<string, Part | undefined>
  readonly each: Each
}): Part => ({
  members: [...part.names].map(([name, under]) => ({ key: Buffer.from(JSON.stringify(name)), part: under })),
  each: part.each,
})

const quote = 0x22
const comma = 0x2c
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** The index behind the string that opens at `at`. */
const stringEnd = (bytes: Buffer, at: number): number => {
  for (let index = at + 1; index < bytes.length; index++) {
    const byte = bytes[index]
    if (byte === backslash) index++
    else if (byte === quote) return index + 1
  }
  return bytes.length
}

/** The index behind the value that begins at `at`. */
const valueEnd = (bytes: Buffer, at: number): number => {
  let depth = 0
  let index = at
  while (index < bytes.length) {
    switch (bytes[index]) {
      case quote:
        index = stringEnd(bytes, index)
        if (depth === 0) return index
        continue
      case openBrace:
      case openBracket:
        depth++
        break
      case closeBrace:
      case closeBracket:
        // A scalar ends where what it is in ends.
        if (depth === 0) return index
        if (--depth === 0) return index + 1
        break
      case comma:
        if (depth === 0) return index
        break
    }
    index++
  }
  return index
}

/** Where copies are put together. Work is synchronous, so one serves all. */
let scratch = Buffer.allocUnsafeSlow(64 * 1024)

class Copier {
  readonly #bytes: Buffer
  /** How far the document is read. */
  #at = 0
  /** How much has been written. */
  #length = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    if (scratch.length < bytes.length) scratch = Buffer.allocUnsafeSlow(bytes.length)
  }

  document(part: Part): Buffer {
    this.#object(part, "stop")
    const copy = Buffer.allocUnsafe(this.#length)
    scratch.copy(copy, 0, 0, this.#length)
    return copy
  }

  /** Copies what is wanted of the value here, and steps behind it. False when the value has no parts. */
  #value(part: Part): boolean {
    switch (this.#bytes[this.#at]) {
      case openBrace:
        this.#object(part, "read on")
        return true
      case openBracket:
        if (part.each === "none") break
        this.#list(part.each)
        return true
    }
    this.#at = valueEnd(this.#bytes, this.#at)
    return false
  }

  /** `complete`: what to do when every wanted member has been found. Nobody asks for the end of a document. */
  #object(part: Part, complete: "stop" | "read on"): void {
    const bytes = this.#bytes
    let left = complete === "stop" && part.each === "none" ? part.members.length : Number.POSITIVE_INFINITY
    this.#write(openBrace)
    const start = this.#length
    let key = this.#at + 1
    while (bytes[key] === quote && left > 0) {
      const colon = stringEnd(bytes, key)
      const written = this.#length
      const wanted = this.#memberAt(part, key, colon)
      this.#at = colon + 1
      if (wanted === "none") this.#at = valueEnd(bytes, this.#at)
      else {
        left--
        if (written > start) this.#write(comma)
        this.#copy(key, colon + 1)
        if (!this.#wanted(wanted)) this.#length = written
      }
      key = bytes[this.#at] === comma ? this.#at + 1 : this.#at
    }
    this.#write(closeBrace)
    this.#at = key + 1
  }

  #list(each: Each): void {
    const bytes = this.#bytes
    this.#write(openBracket)
    const start = this.#length
    this.#at++
    while (this.#at < bytes.length && bytes[this.#at] !== closeBracket) {
      const written = this.#length
      if (written > start) this.#write(comma)
      if (!this.#wanted(each)) this.#length = written
      if (bytes[this.#at] === comma) this.#at++
    }
    this.#write(closeBracket)
    this.#at++
  }

  #wanted(wanted: Each): boolean {
    if (typeof wanted !== "string") return this.#value(wanted)
    const from = this.#at
    this.#at = valueEnd(this.#bytes, from)
    if (wanted === "whole") this.#copy(from, this.#at)
    return wanted === "whole"
  }

  #memberAt({ members, each }: Part, from: number, to: number): Each {
    for (const { key, part } of members) if (this.#isKey(key, from, to)) return part ?? "whole"
    return each
  }

  #isKey(key: Buffer, from: number, to: number): boolean {
    if (key.length !== to - from) return false
    for (let index = 1; index < key.length - 1; index++)
      if (key[index] !== this.#bytes[from + index]) return false
    return true
  }

  #write(byte: number): void {
    scratch[this.#length++] = byte
  }

  #copy(from: number, to: number): void {
    this.#length += this.#bytes.copy(scratch, this.#length, from, to)
  }
}

/** What is wanted of a document that is an object. */
export const projectBytes = (bytes: Buffer, part: Part): Buffer => new Copier(bytes).document(part)
