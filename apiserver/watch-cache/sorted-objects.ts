/** Objects by key, readable in the order of keys. Appending in order costs nothing more; other inserts a binary search. */
import type { CachedObject } from "./cached-object.ts"

export class SortedObjects {
  readonly #objects = new Map<string, CachedObject>()
  readonly #keys: string[] = []

  get size(): number {
    return this.#objects.size
  }

  get(key: string): CachedObject | undefined {
    return this.#objects.get(key)
  }

  set(object: CachedObject): void {
    if (!this.#objects.has(object.key)) {
      const last = this.#keys.at(-1)
      if (last === undefined || last < object.key) this.#keys.push(object.key)
      else this.#keys.splice(this.#lowerBound(object.key), 0, object.key)
    }
    this.#objects.set(object.key, object)
  }

  delete(key: string): void {
    if (!this.#objects.delete(key)) return
    const at = this.#lowerBound(key)
    if (this.#keys[at] === key) this.#keys.splice(at, 1)
  }

  clear(): void {
    this.#objects.clear()
    this.#keys.length = 0
  }

  /** Objects whose key starts with the prefix and is greater than `after`, in order. Do not change the set meanwhile. */
  *from(prefix: string, after = ""): Generator<CachedObject> {
    const start = after !== "" && after >= prefix ? this.#lowerBound(`${after}\0`) : this.#lowerBound(prefix)
    for (let at = start; at < this.#keys.length; at++) {
      const key = this.#keys[at]
      if (key === undefined || !key.startsWith(prefix)) return
      const object = this.#objects.get(key)
      if (object !== undefined) yield object
    }
  }

  /** How many {@link from} would give. */
  count(prefix: string, after = ""): number {
    const start = after !== "" && after >= prefix ? this.#lowerBound(`${after}\0`) : this.#lowerBound(prefix)
    return Math.max(0, this.#lowerBound(`${prefix}\uffff`) - start)
  }

  /** The first index whose key is not less than this. */
  #lowerBound(key: string): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const found = this.#keys[middle]
      if (found !== undefined && found < key) low = middle + 1
      else high = middle
    }
    return low
  }
}
