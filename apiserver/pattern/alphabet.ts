/** The code points that a program cannot tell apart, as numbered classes. */
import { type CharSet, newline, word } from "./char-set.ts"
import type { Program } from "./program.ts"

const ASCII = 128

export class Alphabet {
  /** First code point of each class, ascending. */
  readonly #starts: ReadonlyArray<number>
  readonly #ascii = new Uint32Array(ASCII)

  constructor({ instructions }: Program) {
    const starts = new Set([0])
    const cut = (set: CharSet): void => {
      for (const [from, to] of set) starts.add(from).add(to + 1)
    }
    for (const instruction of instructions) if (instruction.op === "chars") cut(instruction.set)
    if (instructions.some(({ op }) => op === "assert")) {
      cut(word)
      cut(newline)
    }
    this.#starts = [...starts].sort((a, b) => a - b)
    for (let point = 0; point < ASCII; point++) this.#ascii[point] = this.#search(point)
  }

  get size(): number {
    return this.#starts.length
  }

  classOf(point: number): number {
    return point < ASCII ? (this.#ascii[point] ?? 0) : this.#search(point)
  }

  /** Which classes a set holds: it holds each whole or not at all. */
  members(set: CharSet): Uint8Array {
    const members = new Uint8Array(this.#starts.length)
    for (const [from, to] of set) {
      for (let index = this.#search(from); index < members.length; index++) {
        if ((this.#starts[index] ?? 0) > to) break
        members[index] = 1
      }
    }
    return members
  }

  #search(point: number): number {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#starts[middle] ?? 0) <= point) low = middle
      else high = middle - 1
    }
    return low
  }
}
