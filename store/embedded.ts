/**
 * The store in one SQLite file, for one machine with nothing installed: WAL, synchronous=FULL.
 *
 * Guarantees beyond the seam's: concurrent writers share an fsync; whatever was acknowledged is there after kill -9 or
 * a power cut; one process at a time has a directory open. Sessions outlive a restart, which gives each its whole time
 * again, as a new etcd leader does: their holders could not renew meanwhile.
 */
import type { DatabaseSync } from "node:sqlite"
import { systemTimer } from "./ambient.ts"
import type { ClosableStore } from "./closable.ts"
import { ensureDirectory, lockDirectory } from "./data-dir.ts"
import { openDatabase } from "./embedded/database.ts"
import { GroupCommit } from "./embedded/group-commit.ts"
import { Ledger } from "./embedded/ledger.ts"
import { SessionRows } from "./embedded/session-rows.ts"
import { sessionGone } from "./expectation.ts"
import { checkKey, checkTtl, checkValue } from "./key.ts"
import { futureRevision, ReplayingWatches } from "./replay.ts"
import { SessionDeadlines } from "./session-deadlines.ts"
import {
  type ConditionalWrite,
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
import { checkTransaction } from "./transaction.ts"

export interface EmbeddedStoreOptions {
  /** Holds the file; made when it is not there. */
  readonly directory: string
  /** What sessions expire by; the system's time unless given. */
  readonly timer?: StoreTimer
}

/** Opens a directory's store. Throws a StoreOpenError: `DataDirUnusable`, `DataDirInUse` or `DataTooNew`. */
export const makeEmbeddedStore = (options: EmbeddedStoreOptions): ClosableStore => {
  ensureDirectory(options.directory)
  const release = lockDirectory(options.directory)
  try {
    return new Embedded({ ...options, database: openDatabase(options.directory), release })
  } catch (error) {
    release()
    throw error
  }
}

class Embedded implements ClosableStore {
  readonly name = "embedded"
  readonly #database: DatabaseSync
  readonly #release: () => void
  readonly #ledger: Ledger
  readonly #watches: ReplayingWatches
  readonly #writes: GroupCommit
  readonly #sessionRows: SessionRows
  readonly #sessions: SessionDeadlines
  #closed: StoreError | undefined

  constructor(of: EmbeddedStoreOptions & { database: DatabaseSync; release: () => void }) {
    this.#database = of.database
    this.#release = of.release
    this.#ledger = new Ledger(of.database)
    this.#watches = new ReplayingWatches(this.#ledger, setImmediate)
    this.#writes = new GroupCommit({
      transaction: (run) => this.#ledger.commit(run),
      publish: (commits) => this.#watches.publish(commits),
    })
    this.#sessionRows = new SessionRows(of.database)
    this.#sessions = new SessionDeadlines(of.timer ?? systemTimer, (id) => this.#expire(id))
    for (const { id, ttlSeconds } of this.#sessionRows.all()) this.#sessions.extend(id, ttlSeconds)
    this.#pruneOn()
  }

  async get(key: string) {
    this.#assertOpen(key)
    return { kv: this.#ledger.get(key), revision: this.#ledger.revision }
  }

  async range(options: RangeOptions): Promise<Range> {
    this.#assertOpen(options.prefix)
    return this.#ledger.range(options)
  }

  async put(put: Put): Promise<Revision> {
    const { key, value, session } = put
    this.#assertOpen(key)
    checkKey(key)
    checkValue(key, value)
    return this.#writes.write(() => {
      if (session === undefined || this.#sessions.has(session)) return this.#ledger.put(put)
      throw sessionGone(key, session)
    })
  }

  async delete(key: string, expect: { readonly modRevision: Revision }): Promise<Revision> {
    this.#assertOpen(key)
    return this.#writes.write(() => this.#ledger.delete(key, expect))
  }

  async transact(writes: ReadonlyArray<ConditionalWrite>): Promise<Revision> {
    this.#assertOpen("transaction")
    checkTransaction(writes)
    return this.#writes.write(() => this.#ledger.transact(writes, (session) => this.#sessions.has(session)))
  }

  watch(options: WatchOptions, sink: WatchSink): Watch {
    return this.#watches.watch(options, sink)
  }

  async compact(revision: Revision): Promise<void> {
    this.#assertOpen("history")
    await this.#writes.write(() => {
      const newest = this.#ledger.revision
      if (revision > newest) throw futureRevision("history", revision, newest)
      this.#ledger.compact(revision)
    })
    this.#pruneOn()
  }

  async session(ttlSeconds: number): Promise<Session> {
    this.#assertOpen("session")
    const ttl = checkTtl(ttlSeconds)
    const id = await this.#writes.write(() => this.#sessionRows.insert(ttl))
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
        if (this.#sessions.forget(id)) await this.#endSession(id)
      },
    }
  }

  async close(): Promise<void> {
    if (this.#closed !== undefined) return
    this.#writes.flush()
    this.#closed = new StoreError("Closed", "store", { message: "the store is closed" })
    this.#sessions.close()
    this.#watches.close(this.#closed)
    this.#database.close()
    this.#release()
  }

  #endSession(id: SessionId): Promise<void> {
    return this.#writes.write(() => {
      this.#ledger.deleteKeysOf(id)
      this.#sessionRows.delete(id)
    })
  }

  /** A disk that is full now may not be at the next try: until then the session's time starts again. */
  #expire(id: SessionId): void {
    this.#endSession(id).catch(() => {
      if (this.#closed === undefined) this.#sessions.extend(id, this.#sessionRows.ttlSeconds(id))
    })
  }

  /** Prunes what was forgotten, page by page between other work; what a crash or a fault cuts off is taken up later. */
  #pruneOn(): void {
    setImmediate(() => {
      if (this.#closed !== undefined) return
      let more = false
      this.#writes
        .write(() => {
          more = this.#ledger.prune()
        })
        .then(
          () => more && this.#pruneOn(),
          () => {},
        )
    })
  }

  #assertOpen(key: string): void {
    if (this.#closed !== undefined) throw new StoreError("Closed", key, { message: "the store is closed" })
  }
}
