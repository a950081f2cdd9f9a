/**
 * A cutter of byte chunks into lines, as they come off a socket: a chunk may end anywhere, inside a character too.
 * Bytes are decoded only once a line is whole, so a character cut in two is never seen.
 */
const newline = 0x0a

class LineTooLong extends Error {
  override readonly name = "LineTooLong"
}

export class LineSplitter {
  readonly #maxLineBytes: number
  #pending: Array<Buffer> = []
  #pendingBytes = 0

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /** Bytes of a line whose end has not come. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** The lines that this chunk completes, without their ends; empty lines are left out. */
  push(chunk: Uint8Array): Array<string> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const lines: Array<string> = []
    let start = 0
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      const line = this.#complete(bytes.subarray(start, end))
      if (line !== "" && line !== "\r") lines.push(line)
      start = end + 1
    }
    if (start < bytes.length) this.#hold(bytes.subarray(start))
    return lines
  }

  #complete(tail: Buffer): string {
    if (this.#pending.length === 0) {
      this.#bound(tail.length)
      return tail.toString("utf8")
    }
    this.#hold(tail)
    const line = Buffer.concat(this.#pending, this.#pendingBytes).toString("utf8")
    this.#pending = []
    this.#pendingBytes = 0
    return line
  }

  #hold(part: Buffer): void {
    this.#bound(this.#pendingBytes + part.length)
    this.#pending.push(part)
    this.#pendingBytes += part.length
  }

  #bound(bytes: number): void {
    if (bytes > this.#maxLineBytes) throw new LineTooLong(`a line has more than ${this.#maxLineBytes} bytes`)
  }
}
