/** Lists and maps that expressions make. */
import { keyOf, type MapKey } from "./map-key.ts"
import { CelList, CelMap, type Value } from "./value.ts"

export class ArrayList extends CelList {
  readonly #items: ReadonlyArray<Value>

  constructor(items: ReadonlyArray<Value>) {
    super()
    this.#items = items
  }

  get size(): number {
    return this.#items.length
  }

  at(index: number): Value {
    return this.#items[index] ?? null
  }
}

export class EntryMap extends CelMap {
  readonly #entries = new Map<MapKey, readonly [Value, Value]>()

  constructor(entries: Iterable<readonly [Value, Value]>) {
    super()
    for (const entry of entries) {
      const key = keyOf(entry[0])
      if (key !== undefined) this.#entries.set(key, entry)
    }
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: Value): Value | undefined {
    const normal = keyOf(key)
    return normal === undefined ? undefined : this.#entries.get(normal)?.[1]
  }

  keys(): ReadonlyArray<Value> {
    return [...this.#entries.values()].map(([key]) => key)
  }
}
