/** A map ordered by key: binary search over chunks small enough that an insertion moves little memory. */
import type { ByteKey } from "./key.ts"

const chunkKeysMax = 512

interface Chunk<Value> {
  readonly keys: Array<ByteKey>
  readonly values: Array<Value>
}

interface Place {
  readonly chunk: number
  readonly index: number
}

/** Where a walk starts: at the first key not before `key`, or strictly after it. */
export interface Bound {
  readonly key: ByteKey
  readonly exclusive: boolean
}

export class SortedKeys<Value> {
  /** Never an empty chunk in it. */
  readonly #chunks: Array<Chunk<Value>> = []
  #size = 0

  get size(): number {
    return this.#size
  }

  has(key: ByteKey): boolean {
    const { chunk, index } = this.#place({ key, exclusive: false })
    return this.#chunks[chunk]?.keys[index] === key
  }

  set(key: ByteKey, value: Value): void {
    const last = this.#chunks.at(-1)
    if (last === undefined) {
      this.#chunks.push({ keys: [key], values: [value] })
      this.#size = 1
      return
    }
    const place = this.#place({ key, exclusive: false })
    const chunk = this.#chunks[place.chunk] ?? last
    const index = place.chunk < this.#chunks.length ? place.index : last.keys.length
    if (chunk.keys[index] === key) {
      chunk.values[index] = value
      return
    }
    chunk.keys.splice(index, 0, key)
    chunk.values.splice(index, 0, value)
    this.#size++
    if (chunk.keys.length > chunkKeysMax) this.#split(Math.min(place.chunk, this.#chunks.length - 1))
  }

  delete(key: ByteKey): void {
    const { chunk: at, index } = this.#place({ key, exclusive: false })
    const chunk = this.#chunks[at]
    if (chunk === undefined || chunk.keys[index] !== key) return
    chunk.keys.splice(index, 1)
    chunk.values.splice(index, 1)
    this.#size--
    if (chunk.keys.length === 0) this.#chunks.splice(at, 1)
  }

  /** How many keys lie from the bound up to, and without, `end`. */
  count(from: Bound, end: ByteKey | undefined): number {
    const first = this.#place(from)
    const last: Place =
      end === undefined
        ? { chunk: this.#chunks.length, index: 0 }
        : this.#place({ key: end, exclusive: false })
    if (last.chunk < first.chunk || (last.chunk === first.chunk && last.index <= first.index)) return 0
    let count = last.index - first.index
    for (let chunk = first.chunk; chunk < last.chunk; chunk++) count += this.#chunks[chunk]?.keys.length ?? 0
    return count
  }

  /** Visits values in key order from the bound up to, and without, `end`, until the visitor returns false. */
  walk(from: Bound, end: ByteKey | undefined, visit: (value: Value) => boolean): void {
    const place = this.#place(from)
    let index = place.index
    for (let at = place.chunk; at < this.#chunks.length; at++, index = 0) {
      const chunk = this.#chunks[at]
      if (chunk === undefined) return
      for (; index < chunk.keys.length; index++) {
        const key = chunk.keys[index]
        const value = chunk.values[index]
        if (key === undefined || value === undefined || (end !== undefined && key >= end)) return
        if (!visit(value)) return
      }
    }
  }

  #split(at: number): void {
    const chunk = this.#chunks[at]
    if (chunk === undefined) return
    const half = chunk.keys.length >> 1
    this.#chunks.splice(at + 1, 0, { keys: chunk.keys.splice(half), values: chunk.values.splice(half) })
  }

  #place({ key, exclusive }: Bound): Place {
    const before = (candidate: ByteKey | undefined) =>
      candidate !== undefined && (exclusive ? candidate <= key : candidate < key)
    const chunk = firstIndex(this.#chunks.length, (at) => !before(this.#chunks[at]?.keys.at(-1)))
    const keys = this.#chunks[chunk]?.keys
    return { chunk, index: keys === undefined ? 0 : firstIndex(keys.length, (at) => !before(keys[at])) }
  }
}

/** The first index for which a predicate that turns true once holds, or `length`. */
export const firstIndex = (length: number, holds: (index: number) => boolean): number => {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
