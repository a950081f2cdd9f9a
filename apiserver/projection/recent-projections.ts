/**
 * Projections of the latest versions of objects, so that watchers of different selections share them, and the state before
 * an event is not projected again. Bounded: the oldest go first.
 */
import type { CachedObject } from "../watch-cache/cached-object.ts"
import { projectionLimits } from "./limits.ts"

export class RecentProjections {
  readonly #made = new Map<CachedObject, Map<string, Buffer>>()
  #count = 0
  #bytes = 0

  /** What was made of the object under this id, or is made now. */
  of(object: CachedObject, id: string, make: () => Buffer): Buffer {
    const known = this.#made.get(object)?.get(id)
    if (known !== undefined) return known
    const bytes = make()
    this.#keep(object, id, bytes)
    return bytes
  }

  #keep(object: CachedObject, id: string, bytes: Buffer): void {
    let made = this.#made.get(object)
    if (made === undefined) {
      made = new Map()
      this.#made.set(object, made)
      this.#bytes += object.bytes.length
    }
    made.set(id, bytes)
    this.#count++
    this.#bytes += bytes.length
    for (const [oldest, projections] of this.#made) {
      if (
        this.#count <= projectionLimits.rememberedMax &&
        this.#bytes <= projectionLimits.rememberedBytesMax
      ) {
        return
      }
      this.#made.delete(oldest)
      this.#count -= projections.size
      this.#bytes -= oldest.bytes.length
      for (const dropped of projections.values()) this.#bytes -= dropped.length
    }
  }
}
