/**
 * What this server has written and the watch of the store has not told yet, by key: so that an event need not be read again,
 * and that one write can rest on the one before.
 */
import type { Anticipated } from "./cached-object.ts"

/** What a key holds since a revision: served bytes in the storage version. */
export interface Committed {
  readonly revision: bigint
  readonly bytes: Buffer
  /** Of the bytes. */
  readonly version: string
}

export class OwnWrites {
  readonly #anticipated = new Map<string, Anticipated>()
  readonly #committed = new Map<string, Committed>()

  /** A write is about to be made: the returned function says that it was not. */
  anticipate(key: string, write: Anticipated): () => void {
    this.#anticipated.set(key, write)
    return () => {
      if (this.#anticipated.get(key) === write) this.#anticipated.delete(key)
    }
  }

  /** A write was answered whose event has not come yet. */
  commit(key: string, write: Committed): void {
    this.#committed.set(key, write)
  }

  committed(key: string): Committed | undefined {
    return this.#committed.get(key)
  }

  /** An event of the key has come: every write up to it is known. Gives what was anticipated of it. */
  told(key: string, revision: bigint, type: "put" | "delete"): Anticipated | undefined {
    const written = this.#committed.get(key)
    if (written !== undefined && written.revision <= revision) this.#committed.delete(key)
    if (type === "delete") return undefined
    const anticipated = this.#anticipated.get(key)
    if (anticipated !== undefined) this.#anticipated.delete(key)
    return anticipated
  }

  clear(): void {
    this.#anticipated.clear()
    this.#committed.clear()
  }
}
