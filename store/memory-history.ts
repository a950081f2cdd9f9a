/** Every version of every key of a memory store, back to its compaction: plain data, synchronous, no watches. */
import { type ByteKey, byteKey, byteKeyAfterPrefix, textOfByteKey } from "./key.ts"
import { pastRange } from "./past-range.ts"
import { compacted, futureRevision, type History } from "./replay.ts"
import { type Bound, firstIndex, SortedKeys } from "./sorted-keys.ts"
import type { KeyValue, Range, RangeOptions, Revision, SessionId, StoreEvent } from "./store.ts"
import type { Commit } from "./watcher.ts"

/** One state of a key; without a document it is a tombstone. */
interface Version {
  readonly revision: Revision
  readonly kv: KeyValue | undefined
}

/** What becomes of a key: without a value it is deleted. */
export interface Change {
  readonly key: string
  readonly value: Uint8Array | undefined
  readonly session: SessionId | undefined
}

interface Entry {
  readonly key: ByteKey
  readonly versions: Array<Version>
  session: SessionId | undefined
}

const noBytes = new Uint8Array(0)

/** The document without its value. */
export const withoutValue = (kv: KeyValue): KeyValue => ({ ...kv, value: noBytes })

const documentAt = (versions: ReadonlyArray<Version>, at: Revision): KeyValue | undefined =>
  versions[firstIndex(versions.length, (index) => (versions[index]?.revision ?? 0n) > at) - 1]?.kv

export class MemoryHistory implements History {
  /** As in etcd an empty store is at revision 1, so that no list is ever "at revision 0". */
  revision: Revision = 1n
  compactRevision: Revision = 1n
  readonly #entries = new Map<string, Entry>()
  /** Keys that have a document now, and keys that have any version: past reads walk the second. */
  readonly #live = new SortedKeys<Entry>()
  readonly #known = new SortedKeys<Entry>()
  readonly #sessionKeys = new Map<SessionId, Set<string>>()
  /** One commit a revision, without gaps, the first of them at `#logStart`. */
  #log: Array<Commit> = []
  #logStart: Revision = 2n

  current(key: string): KeyValue | undefined {
    return this.#entries.get(key)?.versions.at(-1)?.kv
  }

  put(key: string, value: Uint8Array, session: SessionId | undefined): Commit {
    return this.commit([{ key, value, session }])
  }

  /** Deletes keys that exist, all in one revision. */
  delete(keys: ReadonlyArray<string>): Commit {
    return this.commit(keys.map((key) => ({ key, value: undefined, session: undefined })))
  }

  /** Makes changes of distinct keys in one revision, in this order. What is to be deleted and does not exist is left out. */
  commit(changes: ReadonlyArray<Change>): Commit {
    const revision = ++this.revision
    const events = changes.flatMap(({ key, value, session }): ReadonlyArray<StoreEvent> => {
      if (value !== undefined) return [this.#put({ key, value, session }, revision)]
      const deleted = this.#delete(key, revision)
      return deleted === undefined ? [] : [deleted]
    })
    const commit = { revision, events }
    this.#log.push(commit)
    return commit
  }

  #put({ key, value, session }: Change & { readonly value: Uint8Array }, revision: Revision): StoreEvent {
    const entry = this.#entryOf(key)
    const previous = entry.versions.at(-1)?.kv
    const kv = { key, value, createRevision: previous?.createRevision ?? revision, modRevision: revision }
    entry.versions.push({ revision, kv })
    if (previous === undefined) this.#live.set(entry.key, entry)
    if (entry.session !== session) this.#bind(key, entry, session)
    return previous === undefined ? { type: "put", kv } : { type: "put", kv, previous }
  }

  #delete(key: string, revision: Revision): StoreEvent | undefined {
    const entry = this.#entries.get(key)
    const last = entry?.versions.at(-1)?.kv
    if (entry === undefined || last === undefined) return undefined
    entry.versions.push({ revision, kv: undefined })
    this.#live.delete(entry.key)
    this.#bind(key, entry, undefined)
    return { type: "delete", kv: { ...last, modRevision: revision } }
  }

  keysOf(session: SessionId): ReadonlyArray<string> {
    return [...(this.#sessionKeys.get(session) ?? [])].sort()
  }

  range({ prefix, after, limit = Number.POSITIVE_INFINITY, revision, keysOnly }: RangeOptions): Range {
    const at = revision ?? this.revision
    if (at < this.compactRevision) throw compacted(prefix, this.compactRevision)
    if (at > this.revision) throw futureRevision(prefix, at, this.revision)
    const start = byteKey(prefix)
    const end = byteKeyAfterPrefix(start)
    const afterKey = after === undefined ? undefined : byteKey(after)
    const from: Bound =
      afterKey !== undefined && afterKey >= start
        ? { key: afterKey, exclusive: true }
        : { key: start, exclusive: false }
    const items: Array<KeyValue> = []
    const take = (kv: KeyValue) => items.push(keysOnly ? withoutValue(kv) : kv)
    if (at === this.revision) {
      this.#live.walk(from, end, ({ versions }) => {
        const kv = versions.at(-1)?.kv
        if (kv !== undefined && items.length < limit) take(kv)
        return items.length < limit
      })
      return { items, revision: at, count: this.#live.count(from, end) }
    }
    const since = this.#log.slice(Math.max(0, Number(at + 1n - this.#logStart)))
    if (since.length <= this.#live.size) {
      const past = pastRange({
        sorted: this.#live,
        from,
        end,
        limit,
        changed: since.flatMap(({ events }) => events.map(({ kv }) => byteKey(kv.key))),
        stood: (key) => documentAt(this.#entries.get(textOfByteKey(key))?.versions ?? [], at),
        stands: ({ versions }) => documentAt(versions, at),
      })
      return { items: keysOnly ? past.items.map(withoutValue) : past.items, revision: at, count: past.count }
    }
    let count = 0
    this.#known.walk(from, end, ({ versions }) => {
      const kv = documentAt(versions, at)
      if (kv !== undefined && ++count <= limit) take(kv)
      return true
    })
    return { items, revision: at, count }
  }

  page(from: Revision): { commits: ReadonlyArray<Commit>; next: Revision } {
    return { commits: this.#log.slice(Math.max(0, Number(from - this.#logStart))), next: this.revision + 1n }
  }

  /** Forgets what no read or watch from this revision on can see; `revision` is at most the newest. */
  compact(revision: Revision): void {
    if (revision <= this.compactRevision) return
    this.compactRevision = revision
    if (revision <= this.#logStart) return
    const dropped = this.#log.slice(0, Number(revision - this.#logStart))
    this.#log = this.#log.slice(dropped.length)
    this.#logStart = revision
    for (const { events } of dropped) for (const { kv } of events) this.#prune(kv.key, revision)
  }

  #prune(key: string, revision: Revision): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    const { versions } = entry
    const last = firstIndex(versions.length, (index) => (versions[index]?.revision ?? 0n) > revision) - 1
    if (last > 0) versions.splice(0, last)
    const [only] = versions
    if (versions.length === 1 && only?.kv === undefined) {
      this.#entries.delete(key)
      this.#known.delete(entry.key)
    }
  }

  #entryOf(key: string): Entry {
    const found = this.#entries.get(key)
    if (found !== undefined) return found
    const entry: Entry = { key: byteKey(key), versions: [], session: undefined }
    this.#entries.set(key, entry)
    this.#known.set(entry.key, entry)
    return entry
  }

  #bind(key: string, entry: Entry, session: SessionId | undefined): void {
    if (entry.session !== undefined) {
      const keys = this.#sessionKeys.get(entry.session)
      keys?.delete(key)
      if (keys?.size === 0) this.#sessionKeys.delete(entry.session)
    }
    entry.session = session
    if (session === undefined) return
    const keys = this.#sessionKeys.get(session)
    if (keys === undefined) this.#sessionKeys.set(session, new Set([key]))
    else keys.add(key)
  }
}
