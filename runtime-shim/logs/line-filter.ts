/** Log bytes as lines with their times: prefixed with RFC 3339 when wanted, older ones left out. Pure. */
import { LOG_LINE_BYTES_MAX } from "../limits.ts"

export interface LineFilterOptions {
  readonly timestamps: boolean
  /** Milliseconds; lines before it are left out. */
  readonly since: number
  /** The time of the byte at an offset of the log. */
  readonly timeAt: (offset: number) => number
}

const NEWLINE = 10

export class LineFilter {
  readonly #options: LineFilterOptions
  #rest = Buffer.alloc(0)
  #offset: number

  constructor(offset: number, options: LineFilterOptions) {
    this.#offset = offset
    this.#options = options
  }

  /** The whole lines that are now known; what follows the last line end is kept. */
  push(chunk: Uint8Array): Uint8Array {
    const bytes = Buffer.concat([this.#rest, chunk])
    const lines: Array<Uint8Array> = []
    let from = 0
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      this.#line(bytes.subarray(from, end + 1), lines)
      from = end + 1
    }
    this.#rest = Buffer.from(bytes.subarray(from))
    if (this.#rest.length > LOG_LINE_BYTES_MAX) lines.push(this.end())
    return Buffer.concat(lines)
  }

  /** What is left when no more comes. */
  end(): Uint8Array {
    const lines: Array<Uint8Array> = []
    if (this.#rest.length > 0) this.#line(this.#rest, lines)
    this.#rest = Buffer.alloc(0)
    return Buffer.concat(lines)
  }

  #line(line: Uint8Array, lines: Array<Uint8Array>): void {
    const at = this.#options.timeAt(this.#offset)
    this.#offset += line.length
    if (at < this.#options.since) return
    if (this.#options.timestamps) lines.push(Buffer.from(`${new Date(at).toISOString()} `))
    lines.push(line)
  }
}
