/**
 * The causes of deletions, where no version is left to carry them: kept beside the registry for about as long as history is,
 * written in the same transaction as the deletion.
 *
 * They are bound to sessions of the store, each for so many deletions or so long, so that they go away by themselves and
 * cannot pile up: beyond the newest few sessions the oldest is ended early.
 */
import { isStoreError, type Session, type Store, StoreError } from "../../store/index.ts"
import type { Ambient } from "../ambient.ts"
import { limits } from "../limits.ts"

const prefix = "/causes"

interface Batch {
  readonly session: Promise<Session>
  readonly endsAtMs: number
  count: number
}

export interface DeletionCausesOptions {
  readonly store: Store
  readonly ambient: Ambient
  /** How long causes are kept at least. */
  readonly keepMs: number
}

export class DeletionCauses {
  readonly #options: DeletionCausesOptions
  readonly #batches: Batch[] = []

  constructor(options: DeletionCausesOptions) {
    this.#options = options
  }

  /** Deletes the key and notes why. Rejects as `Store.delete` does. */
  async delete(key: string, modRevision: bigint, line: Uint8Array): Promise<bigint> {
    const { store } = this.#options
    const session = await this.#session()
    if (session === undefined) return store.delete(key, { modRevision })
    const note = { key: `${prefix}${key}@${modRevision}`, value: line, session: session.id }
    try {
      return await store.transact([
        { type: "delete", key, expect: { modRevision } },
        { type: "put", ...note, expect: { absent: true } },
      ])
    } catch (error) {
      if (isStoreError(error, "SessionGone")) {
        this.#batches.length = 0
        return store.delete(key, { modRevision })
      }
      if (!isStoreError(error, "ConditionsUnmet")) throw error
      const [unmet] = error.unmet
      throw new StoreError(unmet?.reason ?? "RevisionMismatch", key, { cause: error })
    }
  }

  /** Why the last object of this key was deleted, with the revision of its last version; undefined when that is not known. */
  async last(
    key: string,
  ): Promise<{ readonly line: Uint8Array; readonly of: bigint; readonly at: bigint } | undefined> {
    const { items } = await this.#options.store.range({ prefix: `${prefix}${key}@` })
    const newest = items.reduce<(typeof items)[number] | undefined>(
      (found, item) => (found === undefined || item.modRevision > found.modRevision ? item : found),
      undefined,
    )
    if (newest === undefined) return undefined
    const of = BigInt(newest.key.slice(newest.key.lastIndexOf("@") + 1))
    return { line: newest.value, of, at: newest.modRevision }
  }

  /** Undefined when the store gives none now: a deletion does not fail for want of a note. */
  async #session(): Promise<Session | undefined> {
    const { ambient } = this.#options
    let batch = this.#batches.at(-1)
    if (
      batch === undefined ||
      batch.endsAtMs <= ambient.now() ||
      batch.count >= limits.deletionCausesPerSession
    ) {
      batch = this.#begin()
    }
    batch.count += 1
    try {
      return await batch.session
    } catch {
      if (this.#batches.at(-1) === batch) this.#batches.pop()
      return undefined
    }
  }

  #begin(): Batch {
    const { store, ambient, keepMs } = this.#options
    const { deletionCausesSessionMs, deletionCausesSessions } = limits
    const session = store.session(Math.ceil((keepMs + deletionCausesSessionMs) / 1000))
    const batch = { session, endsAtMs: ambient.now() + deletionCausesSessionMs, count: 0 }
    this.#batches.push(batch)
    if (this.#batches.length > deletionCausesSessions) this.#end(this.#batches.shift())
    return batch
  }

  #end(batch: Batch | undefined): void {
    batch?.session.then((session) => session.revoke()).catch(() => {})
  }
}
