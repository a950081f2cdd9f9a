/** Lists and maps that expressions make. */
import { spend } from "./effort.ts"
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

/** What going down into one of two joined lists counts as. */
const DESCENT_STEPS = 0.2

/** Two lists one behind the other, which takes no time and no memory: `x + x` many times over is a long list. */
export class JoinedList extends CelList {
  readonly #head: CelList
  readonly #tail: CelList
  readonly size: number

  constructor(head: CelList, tail: CelList) {
    super()
    this.#head = head
    this.#tail = tail
    this.size = head.size + tail.size
  }

  at(index: number): Value {
    let list: CelList = this
    let offset = index
    while (list instanceof JoinedList) {
      spend(DESCENT_STEPS)
      if (offset < list.#head.size) list = list.#head
      else {
        offset -= list.#head.size
        list = list.#tail
      }
    }
    return list.at(offset)
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
