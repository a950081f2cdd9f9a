/**
 * The store in this process, gone with it: for tests, simulation and embedding.
 *
 * A write is committed, and live watches are told of it, before `put` returns its promise; the past is replayed in a
 * microtask. Nothing here waits for anything but the injected timer, which only sessions use.
 */
import { systemTimer } from "./ambient.ts"
import type { ClosableStore } from "./closable.ts"
import { sessionGone, unmetExpectation } from "./expectation.ts"
import { checkKey, checkTtl, checkValue } from "./key.ts"
import { memoryHistoryRevisionsMax } from "./limits.ts"
import { type Change, MemoryHistory } from "./memory-history.ts"
import { futureRevision, ReplayingWatches } from "./replay.ts"
import { SessionDeadlines } from "./session-deadlines.ts"
import {
  type ConditionalWrite,
  type Expect,
  type Put,
  type Range,
  type RangeOptions,
  type Revision,
  type Session,
  type SessionId,
  StoreError,
  type Watch,
  type WatchOptions,
  type WatchSink,
} from "./store.ts"
import type { StoreTimer } from "./timer.ts"
import { checkTransaction, unmetConditions } from "./transaction.ts"
import type { Commit } from "./watcher.ts"

export interface MemoryStoreOptions {
  /** What sessions expire by; the system's time unless given. */
  readonly timer?: StoreTimer
  /** Compacts by itself to about this many revisions. */
  readonly historyRevisionsMax?: number
}

/** A memory store at revision 1, with nothing in it. */
export const makeMemoryStore = (options: MemoryStoreOptions = {}): ClosableStore => new InMemory(options)

class InMemory implements ClosableStore {
  readonly name = "memory"
  readonly #history = new MemoryHistory()
  readonly #watches = new ReplayingWatches(this.#history, queueMicrotask)
  readonly #sessions: SessionDeadlines
  readonly #historyRevisionsMax: bigint
  #sessionsMade = 0
  #closed: StoreError | undefined

  constructor({ timer = systemTimer, historyRevisionsMax = memoryHistoryRevisionsMax }: MemoryStoreOptions) {
    this.#sessions = new SessionDeadlines(timer, (session) => this.#deleteKeysOf(session))
    this.#historyRevisionsMax = BigInt(historyRevisionsMax)
  }

  async get(key: string) {
    this.#assertOpen(key)
    return { kv: this.#history.current(key), revision: this.#history.revision }
  }

  async range(options: RangeOptions): Promise<Range> {
    this.#assertOpen(options.prefix)
    return this.#history.range(options)
  }

  async put({ key, value, expect, session }: Put): Promise<Revision> {
    this.#assertOpen(key)
    checkKey(key)
    checkValue(key, value)
    this.#assertExpected(key, expect)
    if (session !== undefined && !this.#sessions.has(session)) throw sessionGone(key, session)
    return this.#publish(this.#history.put(key, value, session))
  }

  async delete(key: string, expect: { readonly modRevision: Revision }): Promise<Revision> {
    this.#assertOpen(key)
    this.#assertExpected(key, expect)
    return this.#publish(this.#history.delete([key]))
  }

  async transact(writes: ReadonlyArray<ConditionalWrite>): Promise<Revision> {
    this.#assertOpen("transaction")
    checkTransaction(writes)
    const unmet = unmetConditions(writes, (key) => this.#history.current(key)?.modRevision)
    if (unmet !== undefined) throw unmet
    const changes = writes.flatMap((write): ReadonlyArray<Change> => {
      if (write.type === "check") return []
      if (write.type === "delete") return [{ key: write.key, value: undefined, session: undefined }]
      const { key, value, session } = write
      if (session !== undefined && !this.#sessions.has(session)) throw sessionGone(key, session)
      return [{ key, value, session }]
    })
    return changes.length === 0 ? this.#history.revision : this.#publish(this.#history.commit(changes))
  }

  watch(options: WatchOptions, sink: WatchSink): Watch {
    return this.#watches.watch(options, sink)
  }

  async compact(revision: Revision): Promise<void> {
    this.#assertOpen("history")
    if (revision > this.#history.revision) throw futureRevision("history", revision, this.#history.revision)
    this.#history.compact(revision)
  }

  async session(ttlSeconds: number): Promise<Session> {
    this.#assertOpen("session")
    const ttl = checkTtl(ttlSeconds)
    const id = String(++this.#sessionsMade)
    this.#sessions.extend(id, ttl)
    return {
      id,
      ttlSeconds: ttl,
      renew: async () => {
        this.#assertOpen("session")
        if (!this.#sessions.has(id)) throw sessionGone("session", id)
        this.#sessions.extend(id, ttl)
      },
      revoke: async () => {
        this.#assertOpen("session")
        if (this.#sessions.forget(id)) this.#deleteKeysOf(id)
      },
    }
  }

  async close(): Promise<void> {
    if (this.#closed !== undefined) return
    this.#closed = new StoreError("Closed", "store", { message: "the store is closed" })
    this.#sessions.close()
    this.#watches.close(this.#closed)
  }

  #assertOpen(key: string): void {
    if (this.#closed !== undefined) throw new StoreError("Closed", key, { message: "the store is closed" })
  }

  #assertExpected(key: string, expect: Expect): void {
    const unmet = unmetExpectation(key, expect, this.#history.current(key))
    if (unmet !== undefined) throw unmet
  }

  #deleteKeysOf(session: SessionId): void {
    const keys = this.#history.keysOf(session)
    if (keys.length > 0) this.#publish(this.#history.delete(keys))
  }

  #publish(commit: Commit): Revision {
    this.#watches.publish([commit])
    const excess = this.#history.revision - this.#history.compactRevision - this.#historyRevisionsMax
    // A little late, so that the cost of dropping is spread over many writes.
    if (excess > this.#historyRevisionsMax / 32n)
      this.#history.compact(this.#history.compactRevision + excess)
    return commit.revision
  }
}
