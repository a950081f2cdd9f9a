/**
 * The embedded store's state: the file, and the current keys in memory that always agree with what is committed.
 *
 * Synchronous. Writes happen only inside {@link Ledger.commit}, which either makes all of them durable or none.
 */
import type { DatabaseSync } from "node:sqlite"
import { sessionGone, unmetExpectation } from "../expectation.ts"
import { type ByteKey, byteKey, byteKeyAfterPrefix, textOfByteKey } from "../key.ts"
import { withoutValue } from "../memory-history.ts"
import { pastRange } from "../past-range.ts"
import { compacted, futureRevision, type History } from "../replay.ts"
import type {
  ConditionalWrite,
  Expect,
  KeyValue,
  Put,
  Range,
  RangeOptions,
  Revision,
  SessionId,
  StoreEvent,
} from "../store.ts"
import { unmetConditions } from "../transaction.ts"
import type { Commit } from "../watcher.ts"
import { type Change, Changes, type KeyBounds, keyValueOf, revisionOf, rowId } from "./changes.ts"
import { type CurrentKey, CurrentKeys } from "./current-keys.ts"
import { prunePageRevisions, replayPageRevisions } from "./limits.ts"

/** What a write does: to the file, and to who watches. */
interface Effect {
  readonly change: Change
  readonly event: StoreEvent
}

export class Ledger implements History {
  readonly #changes: Changes
  #keys: CurrentKeys
  #revision: Revision
  #compactRevision: Revision
  /** Commits of the batch that is being written, not yet durable. */
  #written: Array<Commit> = []

  constructor(database: DatabaseSync) {
    this.#changes = new Changes(database)
    this.#keys = new CurrentKeys(this.#changes.current())
    this.#revision = this.#changes.newestRevision()
    this.#compactRevision = this.#changes.meta("compact_revision")
  }

  get revision(): Revision {
    return this.#revision
  }
  get compactRevision(): Revision {
    return this.#compactRevision
  }

  /** Runs writes as one transaction and returns its commits; if it fails nothing happened. */
  commit(run: () => void): ReadonlyArray<Commit> {
    this.#written = []
    try {
      this.#changes.transaction(run)
      return this.#written
    } catch (error) {
      this.#keys = new CurrentKeys(this.#changes.current())
      this.#revision = this.#changes.newestRevision()
      this.#compactRevision = this.#changes.meta("compact_revision")
      throw error
    }
  }

  put(put: Put): Revision {
    const previous = this.get(put.key)
    refuseUnlessMet(put.key, put.expect, previous)
    return this.#write([this.#putting(put, { previous, place: 0 })])
  }

  delete(key: string, expect: { readonly modRevision: Revision }): Revision {
    const at = byteKey(key)
    const current = this.#keys.get(at)
    refuseUnlessMet(key, expect, current && this.#documentOf(current))
    return this.#deleteAll([at])
  }

  /** All of the writes, or a StoreError and none. Only checks take no revision. */
  transact(writes: ReadonlyArray<ConditionalWrite>, isAlive: (session: SessionId) => boolean): Revision {
    const unmet = unmetConditions(writes, (key) => {
      const current = this.#keys.get(byteKey(key))
      return current && revisionOf(current.id)
    })
    if (unmet !== undefined) throw unmet
    const effects: Array<Effect> = []
    for (const write of writes) {
      if (write.type === "check") continue
      if (write.type === "delete") effects.push(...this.#deleting(byteKey(write.key), effects.length))
      else {
        const { key, session } = write
        if (session !== undefined && !isAlive(session)) throw sessionGone(key, session)
        effects.push(this.#putting(write, { previous: this.get(key), place: effects.length }))
      }
    }
    return effects.length === 0 ? this.#revision : this.#write(effects)
  }

  /** Deletes the keys that a session holds, all in one revision. */
  deleteKeysOf(session: SessionId): void {
    const keys = this.#keys.keysOf(session)
    if (keys.length > 0) this.#deleteAll(keys)
  }

  get(key: string): KeyValue | undefined {
    const current = this.#keys.get(byteKey(key))
    return current && this.#documentOf(current)
  }

  range({ prefix, after, limit = Number.POSITIVE_INFINITY, revision, keysOnly }: RangeOptions): Range {
    const at = revision ?? this.#revision
    if (at < this.#compactRevision) throw compacted(prefix, this.#compactRevision)
    if (at > this.#revision) throw futureRevision(prefix, at, this.#revision)
    const start = byteKey(prefix)
    const end = byteKeyAfterPrefix(start)
    const last = after === undefined ? undefined : byteKey(after)
    const exclusive = last !== undefined && last >= start
    const key = exclusive ? last : start
    if (at < this.#revision) {
      const past = this.#pastRange(at, { from: key, exclusive, end }, limit)
      return { items: keysOnly ? past.items.map(withoutValue) : past.items, revision: at, count: past.count }
    }
    const items: Array<KeyValue> = []
    this.#keys.sorted.walk({ key, exclusive }, end, (current) => {
      if (items.length < limit) items.push(keysOnly ? keyOf(current) : this.#documentOf(current))
      return items.length < limit
    })
    return { items, revision: at, count: this.#keys.sorted.count({ key, exclusive }, end) }
  }

  page(from: Revision): { readonly commits: ReadonlyArray<Commit>; readonly next: Revision } {
    const last = from + BigInt(replayPageRevisions)
    const next = last > this.#revision ? this.#revision + 1n : last
    const commits: Array<{ revision: Revision; events: Array<StoreEvent> }> = []
    for (const change of this.#changes.page(rowId(from, 0), rowId(next, 0))) {
      const revision = revisionOf(change.id)
      if (commits.at(-1)?.revision !== revision) commits.push({ revision, events: [] })
      commits.at(-1)?.events.push(this.#eventOf(change))
    }
    return { commits, next }
  }

  /** Forgets the history before this revision, which is at most the newest. Rows go later, by {@link prune}. */
  compact(revision: Revision): void {
    if (revision <= this.#compactRevision) return
    this.#changes.setMeta("compact_revision", revision)
    this.#compactRevision = revision
  }

  /** Removes a page of what was forgotten; false when there is no more. */
  prune(): boolean {
    const from = this.#changes.meta("pruned_revision")
    if (from >= this.#compactRevision) return false
    const last = from + BigInt(prunePageRevisions)
    const next = last > this.#compactRevision ? this.#compactRevision : last
    this.#changes.prune(rowId(from, 0), rowId(next, 0))
    this.#changes.setMeta("pruned_revision", next)
    return next < this.#compactRevision
  }

  /** From what changed since, or by a scan of every version where that is more than there are keys. */
  #pastRange(at: Revision, bounds: KeyBounds, limit: number) {
    if (this.#revision - at > BigInt(this.#keys.sorted.size)) {
      const { changes, count } = this.#changes.at(at, bounds, limit)
      return { items: changes.map(keyValueOf), count }
    }
    const { from: key, exclusive, end } = bounds
    const before = rowId(at + 1n, 0)
    return pastRange({
      sorted: this.#keys.sorted,
      from: { key, exclusive },
      end,
      limit,
      changed: this.#changes.keysSince(before),
      stood: (changed) => {
        const change = this.#changes.before(changed, before)
        return change === undefined || change.deleted ? undefined : keyValueOf(change)
      },
      stands: (current) => this.#documentOf(current),
    })
  }

  #deleteAll(keys: ReadonlyArray<ByteKey>): Revision {
    const effects: Array<Effect> = []
    for (const key of keys) effects.push(...this.#deleting(key, effects.length))
    return this.#write(effects)
  }

  /** A put in the next revision, at a place in it, over what stands there. */
  #putting(
    { key, value, session }: Put,
    { previous, place }: { readonly previous: KeyValue | undefined; readonly place: number },
  ): Effect {
    const revision = this.#revision + 1n
    const createRevision = previous?.createRevision ?? revision
    const id = rowId(revision, place)
    const kv = { key, value, createRevision, modRevision: revision }
    return {
      change: { id, key: byteKey(key), createRevision, deleted: false, session, value },
      event: previous === undefined ? { type: "put", kv } : { type: "put", kv, previous },
    }
  }

  /** The deletion of a key in the next revision, at a place in it; nothing where the key is not there. */
  #deleting(key: ByteKey, place: number): ReadonlyArray<Effect> {
    const revision = this.#revision + 1n
    const current = this.#keys.get(key)
    if (current === undefined) return []
    const { createRevision } = current
    const id = rowId(revision, place)
    return [
      {
        change: { id, key, createRevision, deleted: true, session: undefined, value: undefined },
        event: { type: "delete", kv: { ...this.#documentOf(current), modRevision: revision } },
      },
    ]
  }

  #write(effects: ReadonlyArray<Effect>): Revision {
    const revision = this.#revision + 1n
    for (const { change } of effects) {
      this.#changes.insert(change)
      this.#keys.apply(change)
    }
    this.#revision = revision
    this.#written.push({ revision, events: effects.map(({ event }) => event) })
    return revision
  }

  #documentOf(current: CurrentKey): KeyValue {
    return { ...keyOf(current), value: this.#changes.value(current.id) }
  }

  #eventOf(change: Change): StoreEvent {
    const before = this.#changes.before(change.key, change.id)
    const previous = before === undefined || before.deleted ? undefined : keyValueOf(before)
    if (!change.deleted)
      return previous === undefined
        ? { type: "put", kv: keyValueOf(change) }
        : { type: "put", kv: keyValueOf(change), previous }
    if (previous === undefined)
      throw new Error(`the last bytes of ${change.key} are gone from the store's file`)
    return { type: "delete", kv: { ...previous, modRevision: revisionOf(change.id) } }
  }
}

const refuseUnlessMet = (key: string, expect: Expect, current: KeyValue | undefined): void => {
  const unmet = unmetExpectation(key, expect, current)
  if (unmet !== undefined) throw unmet
}

const noBytes = new Uint8Array(0)

const keyOf = ({ key, id, createRevision }: CurrentKey): KeyValue => ({
  key: textOfByteKey(key),
  value: noBytes,
  createRevision,
  modRevision: revisionOf(id),
})
