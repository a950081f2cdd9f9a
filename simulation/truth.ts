/** What is stored, at every moment: told by the store in the instant of each commit, parsed when asked for. */
import { documentOf } from "../apiserver/index.ts"
import type { Kind, KubeObject } from "../schemas/index.ts"
import type { KeyValue, Store, StoreEvent } from "../store/index.ts"

/** An object before and after a commit, as it is stored; undefined where it was not, or is no more. */
export interface Commit {
  readonly revision: bigint
  readonly key: string
  readonly before: KubeObject | undefined
  readonly after: KubeObject | undefined
}

const registry = "/registry/"

/** Where the objects of a kind are stored. */
export const storedUnder = ({ group, plural }: Pick<Kind, "group" | "plural">): string =>
  `${registry}${group === "" ? "core" : group}/${plural}/`

const decoder = new TextDecoder()

/** Stored documents carry no resourceVersion: the store's revision is it. */
const parse = ({ value, modRevision }: KeyValue): KubeObject => {
  const document: KubeObject = JSON.parse(decoder.decode(documentOf(value)))
  return { ...document, metadata: { ...document.metadata, resourceVersion: String(modRevision) } }
}

export class Truth {
  readonly #current = new Map<string, KeyValue>()
  readonly #parsed = new WeakMap<KeyValue, KubeObject>()
  readonly #listeners = new Set<(commits: ReadonlyArray<Commit>) => void>()
  #revision = 0n

  constructor(store: Store) {
    store.watch(
      { prefix: registry, from: 2n },
      { events: (events) => this.#take(events), progress: () => {}, ended: () => {} },
    )
  }

  get revision(): bigint {
    return this.#revision
  }

  onCommit(listener: (commits: ReadonlyArray<Commit>) => void): void {
    this.#listeners.add(listener)
  }

  /** In the order of their keys. */
  readonly list = <T extends KubeObject>(kind: Kind<T>): ReadonlyArray<T> =>
    this.#under(storedUnder(kind)).map((object) => object as T)

  /** Everything there is. */
  all(): ReadonlyArray<KubeObject> {
    return this.#under(registry)
  }

  #under(prefix: string): ReadonlyArray<KubeObject> {
    const found: Array<KeyValue> = []
    for (const [key, kv] of this.#current) if (key.startsWith(prefix)) found.push(kv)
    return found.sort((a, b) => (a.key < b.key ? -1 : 1)).map((kv) => this.#object(kv))
  }

  #object(kv: KeyValue): KubeObject {
    const known = this.#parsed.get(kv)
    if (known !== undefined) return known
    const object = parse(kv)
    this.#parsed.set(kv, object)
    return object
  }

  #take(events: ReadonlyArray<StoreEvent>): void {
    const commits: Array<Commit> = []
    for (const event of events) {
      const { kv } = event
      const before = this.#current.get(kv.key)
      if (event.type === "put") this.#current.set(kv.key, kv)
      else this.#current.delete(kv.key)
      this.#revision = kv.modRevision
      if (this.#listeners.size === 0) continue
      const object = (of: KeyValue | undefined) => (of === undefined ? undefined : this.#object(of))
      commits.push({
        revision: kv.modRevision,
        key: kv.key,
        get before() {
          return object(before)
        },
        get after() {
          return event.type === "put" ? object(kv) : undefined
        },
      })
    }
    if (commits.length > 0) for (const listener of this.#listeners) listener(commits)
  }
}
