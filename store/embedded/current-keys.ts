/** The keys that have a document now, in memory without their values: what writes are checked against. */
import type { ByteKey } from "../key.ts"
import { SortedKeys } from "../sorted-keys.ts"
import type { Revision, SessionId } from "../store.ts"
import type { Change } from "./changes.ts"

/** Where a key's newest value lies. */
export interface CurrentKey {
  readonly key: ByteKey
  readonly id: bigint
  readonly createRevision: Revision
  readonly session: SessionId | undefined
}

export class CurrentKeys {
  readonly sorted = new SortedKeys<CurrentKey>()
  readonly #byKey = new Map<ByteKey, CurrentKey>()
  readonly #bySession = new Map<SessionId, Set<ByteKey>>()

  constructor(changes: Iterable<Change>) {
    for (const change of changes) this.apply(change)
  }

  get(key: ByteKey): CurrentKey | undefined {
    return this.#byKey.get(key)
  }

  /** In byte order, as a session's end deletes them. */
  keysOf(session: SessionId): ReadonlyArray<ByteKey> {
    return [...(this.#bySession.get(session) ?? [])].sort()
  }

  apply({ id, key, createRevision, session, deleted }: Change): void {
    this.#unbind(key, this.#byKey.get(key)?.session)
    if (deleted) {
      this.#byKey.delete(key)
      this.sorted.delete(key)
      return
    }
    const current = { key, id, createRevision, session }
    this.#byKey.set(key, current)
    this.sorted.set(key, current)
    if (session === undefined) return
    const keys = this.#bySession.get(session)
    if (keys === undefined) this.#bySession.set(session, new Set([key]))
    else keys.add(key)
  }

  #unbind(key: ByteKey, session: SessionId | undefined): void {
    if (session === undefined) return
    const keys = this.#bySession.get(session)
    keys?.delete(key)
    if (keys?.size === 0) this.#bySession.delete(session)
  }
}
