/** What is stored for resources that nobody has defined (yet): by resource, since a definition claims all of its own. */
import type { KeyValue } from "../../store/index.ts"

export class Unclaimed {
  readonly #byPrefix = new Map<string, Map<string, KeyValue>>()

  /** `prefix` is the resource's, which the key begins with. */
  put(prefix: string, kv: KeyValue): void {
    const of = this.#byPrefix.get(prefix)
    if (of === undefined) this.#byPrefix.set(prefix, new Map([[kv.key, kv]]))
    else of.set(kv.key, kv)
  }

  delete(prefix: string, key: string): void {
    const of = this.#byPrefix.get(prefix)
    of?.delete(key)
    if (of?.size === 0) this.#byPrefix.delete(prefix)
  }

  /** All of a resource, which are unclaimed no longer. */
  take(prefix: string): Iterable<KeyValue> {
    const of = this.#byPrefix.get(prefix)
    this.#byPrefix.delete(prefix)
    return of?.values() ?? []
  }

  clear(): void {
    this.#byPrefix.clear()
  }
}
