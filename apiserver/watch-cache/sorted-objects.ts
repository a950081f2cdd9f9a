/**
 * Objects by key, readable in the order of keys, now or as they were at a moment. Start with {@link SortedObjects}.
 *
 * Kept in chunks, so that an insertion moves little; a snapshot shares the chunks, and a chunk that is shared is copied
 * before it is written to: a snapshot costs a few words a chunk, whatever is written after it.
 */
import type { CachedObject } from "./cached-object.ts"

const chunkObjectsMax = 512

interface Chunk {
  readonly objects: CachedObject[]
  /** Not older than the latest snapshot: nobody else reads it. */
  readonly epoch: number
}

interface Place {
  readonly chunk: number
  readonly index: number
}

/** The first index for which a predicate that turns true once holds, or `length`. */
const firstIndex = (length: number, holds: (index: number) => boolean): number => {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** Where the first object is whose key is not before `key`; with `exclusive`, behind it. */
const placeOf = (chunks: ReadonlyArray<Chunk>, key: string, exclusive = false): Place => {
  const isBefore = (object: CachedObject | undefined): boolean =>
    object !== undefined && (exclusive ? object.key <= key : object.key < key)
  const chunk = firstIndex(chunks.length, (at) => !isBefore(chunks[at]?.objects.at(-1)))
  const objects = chunks[chunk]?.objects ?? []
  return { chunk, index: firstIndex(objects.length, (at) => !isBefore(objects[at])) }
}

/** Objects that nothing changes any more. */
export class Snapshot {
  readonly #chunks: ReadonlyArray<Chunk>

  constructor(chunks: ReadonlyArray<Chunk>) {
    this.#chunks = chunks
  }

  #bounds(prefix: string, after: string): { readonly start: Place; readonly end: Place } {
    const start =
      after !== "" && after >= prefix ? placeOf(this.#chunks, after, true) : placeOf(this.#chunks, prefix)
    return { start, end: placeOf(this.#chunks, `${prefix}\uffff`) }
  }

  /** Objects whose key starts with the prefix and is greater than `after`, in order. */
  *from(prefix: string, after = ""): Generator<CachedObject, undefined> {
    const { start, end } = this.#bounds(prefix, after)
    for (let at = start.chunk; at <= end.chunk; at++) {
      const objects = this.#chunks[at]?.objects ?? []
      const until = at === end.chunk ? end.index : objects.length
      for (let index = at === start.chunk ? start.index : 0; index < until; index++) {
        const object = objects[index]
        if (object !== undefined) yield object
      }
    }
  }

  /** How many {@link from} would give. */
  count(prefix: string, after = ""): number {
    const { start, end } = this.#bounds(prefix, after)
    if (end.chunk < start.chunk) return 0
    let count = end.index - start.index
    for (let at = start.chunk; at < end.chunk; at++) count += this.#chunks[at]?.objects.length ?? 0
    return Math.max(0, count)
  }
}

export class SortedObjects {
  readonly #objects = new Map<string, CachedObject>()
  /** Never an empty one in it. */
  #chunks: Chunk[] = []
  #chunksEpoch = 0
  #epoch = 0

  get size(): number {
    return this.#objects.size
  }

  get(key: string): CachedObject | undefined {
    return this.#objects.get(key)
  }

  set(object: CachedObject): void {
    const isNew = !this.#objects.has(object.key)
    this.#objects.set(object.key, object)
    const chunks = this.#ownChunks()
    const last = chunks.at(-1)
    if (last === undefined) {
      chunks.push({ objects: [object], epoch: this.#epoch })
      return
    }
    const place = placeOf(chunks, object.key)
    const at = Math.min(place.chunk, chunks.length - 1)
    const { objects } = this.#ownChunk(at)
    if (!isNew) {
      objects[place.index] = object
      return
    }
    if (place.chunk === chunks.length) objects.push(object)
    else objects.splice(place.index, 0, object)
    if (objects.length > chunkObjectsMax) this.#split(at)
  }

  delete(key: string): void {
    if (!this.#objects.delete(key)) return
    const chunks = this.#ownChunks()
    const { chunk, index } = placeOf(chunks, key)
    const { objects } = this.#ownChunk(chunk)
    objects.splice(index, 1)
    if (objects.length === 0) chunks.splice(chunk, 1)
  }

  clear(): void {
    this.#objects.clear()
    this.#chunks = []
    this.#chunksEpoch = this.#epoch
  }

  /** As it is now, for good. */
  snapshot(): Snapshot {
    this.#epoch++
    return new Snapshot(this.#chunks)
  }

  /** As {@link Snapshot.from}, of now. Do not change the set meanwhile. */
  from(prefix: string, after?: string): Generator<CachedObject, undefined> {
    return new Snapshot(this.#chunks).from(prefix, after)
  }

  #ownChunks(): Chunk[] {
    if (this.#chunksEpoch !== this.#epoch) this.#chunks = [...this.#chunks]
    this.#chunksEpoch = this.#epoch
    return this.#chunks
  }

  #ownChunk(at: number): Chunk {
    const chunk = this.#chunks[at]
    if (chunk?.epoch === this.#epoch) return chunk
    const own: Chunk = { objects: [...(chunk?.objects ?? [])], epoch: this.#epoch }
    this.#chunks[at] = own
    return own
  }

  /** Appending in order leaves full chunks behind. */
  #split(at: number): void {
    const chunk = this.#ownChunk(at)
    const keep = at === this.#chunks.length - 1 ? chunk.objects.length - 1 : chunk.objects.length >> 1
    this.#chunks.splice(at + 1, 0, { objects: chunk.objects.splice(keep), epoch: this.#epoch })
  }
}
