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

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a === b || Buffer.compare(a, b) === 0

export class OwnWrites {
  /** In the order in which they were made: one key may be written again before the first event of it comes. */
  readonly #anticipated = new Map<string, ReadonlyArray<Anticipated>>()
  readonly #committed = new Map<string, Committed>()

  /** A write is about to be made: the returned function says that it was not. */
  anticipate(key: string, write: Anticipated): () => void {
    this.#anticipated.set(key, [...(this.#anticipated.get(key) ?? []), write])
    return () => this.#keep(key, (other) => other !== write)
  }

  #keep(key: string, kept: (write: Anticipated, index: number) => boolean): void {
    const left = this.#anticipated.get(key)?.filter(kept) ?? []
    if (left.length === 0) this.#anticipated.delete(key)
    else this.#anticipated.set(key, left)
  }

  /** A write was answered whose event has not come yet. */
  commit(key: string, write: Committed): void {
    this.#committed.set(key, write)
  }

  committed(key: string): Committed | undefined {
    return this.#committed.get(key)
  }

  /** An event of the key has come: what was answered up to it is known. */
  told(key: string, revision: bigint): void {
    const written = this.#committed.get(key)
    if (written !== undefined && written.revision <= revision) this.#committed.delete(key)
  }

  /** The write that put these bytes (in clear), if it was one of this server; it and those before it are over. */
  take(key: string, value: Uint8Array): Anticipated | undefined {
    const writes = this.#anticipated.get(key)
    if (writes === undefined) return undefined
    const at = writes.findIndex((write) => sameBytes(write.value, value))
    if (at < 0) return undefined
    this.#keep(key, (_, index) => index > at)
    return writes[at]
  }

  clear(): void {
    this.#anticipated.clear()
    this.#committed.clear()
  }
}
