/**
 * Bytes that were made of versions of objects lately, by what they were made for: whoever asks for the same again shares
 * them. Bounded: the oldest go first.
 */

/** A version of an object, by its identity. */
interface Source {
  readonly bytes: Uint8Array
}

export interface RecentBounds {
  /** What is remembered. */
  readonly count: number
  /** What that comes to, with the objects that it was made of. */
  readonly bytes: number
}

export class RecentBytes {
  readonly #bounds: RecentBounds
  readonly #made = new Map<Source, Map<string, Buffer>>()
  #count = 0
  #bytes = 0

  constructor(bounds: RecentBounds) {
    this.#bounds = bounds
  }

  /** What was made of the object under this id, or is made now. */
  of(object: Source, id: string, make: () => Buffer): Buffer {
    const known = this.#made.get(object)?.get(id)
    if (known !== undefined) return known
    const bytes = make()
    this.#keep(object, id, bytes)
    return bytes
  }

  #keep(object: Source, id: string, bytes: Buffer): void {
    let made = this.#made.get(object)
    if (made === undefined) {
      made = new Map()
      this.#made.set(object, made)
      this.#bytes += object.bytes.length
    }
    made.set(id, bytes)
    this.#count++
    this.#bytes += bytes.length
    for (const [oldest, kept] of this.#made) {
      if (this.#count <= this.#bounds.count && this.#bytes <= this.#bounds.bytes) return
      this.#made.delete(oldest)
      this.#count -= kept.size
      this.#bytes -= oldest.bytes.length
      for (const dropped of kept.values()) this.#bytes -= dropped.length
    }
  }
}
