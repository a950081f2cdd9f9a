/** The rows of an embedded store, read and written: SQL and nothing else. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite"
import { type ByteKey, textOfByteKey } from "../key.ts"
import type { KeyValue, Revision, SessionId } from "../store.ts"

/** A change as stored. `value` is undefined where it was not asked for, or the key was deleted. */
export interface Change {
  readonly id: bigint
  readonly key: ByteKey
  readonly createRevision: Revision
  readonly deleted: boolean
  readonly session: SessionId | undefined
  readonly value: Uint8Array | undefined
}

/** Changes of one revision at most: as many keys as one session may hold. */
const placesPerRevision = 1n << 20n

export const rowId = (revision: Revision, place: number): bigint =>
  revision * placesPerRevision + BigInt(place)
export const revisionOf = (id: bigint): Revision => id / placesPerRevision

/** The keys of a range, as bounds for SQL. */
export interface KeyBounds {
  readonly from: ByteKey
  readonly exclusive: boolean
  readonly end: ByteKey | undefined
}

const columns = "id, key, create_revision, deleted, session"
/** After every ByteKey, whose units are at most 0xff. */
const afterAll = "\uffff"

export class Changes {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #value: StatementSync
  readonly #page: StatementSync
  readonly #keysSince: StatementSync
  readonly #before: StatementSync
  readonly #at: StatementSync
  readonly #countAt: StatementSync
  readonly #newestId: StatementSync
  readonly #deleteOlder: StatementSync
  readonly #delete: StatementSync
  readonly #meta: StatementSync
  readonly #setMeta: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    const prepare = (sql: string) => {
      const statement = database.prepare(sql)
      statement.setReadBigInts(true)
      return statement
    }
    const newestAt =
      "SELECT max(id) FROM change WHERE key >= :from AND key < :end AND key <> :not AND id < :before GROUP BY key"
    this.#insert = prepare(`INSERT INTO change (${columns}, value) VALUES (?, ?, ?, ?, ?, ?)`)
    this.#value = prepare("SELECT value FROM change WHERE id = ?")
    this.#page = prepare(`SELECT ${columns}, value FROM change WHERE id >= ? AND id < ? ORDER BY id`)
    this.#keysSince = prepare("SELECT DISTINCT key FROM change WHERE id >= ?")
    this.#before = prepare(
      `SELECT ${columns}, value FROM change WHERE key = ? AND id < ? ORDER BY id DESC LIMIT 1`,
    )
    this.#at = prepare(
      `SELECT ${columns}, value FROM change WHERE id IN (${newestAt}) AND deleted = 0 ORDER BY key LIMIT :limit`,
    )
    this.#countAt = prepare(`SELECT count(*) AS count FROM change WHERE id IN (${newestAt}) AND deleted = 0`)
    this.#newestId = prepare("SELECT max(id) AS id FROM change")
    this.#deleteOlder = prepare("DELETE FROM change WHERE key = ? AND id < ?")
    this.#delete = prepare("DELETE FROM change WHERE id = ?")
    this.#meta = prepare("SELECT number FROM meta WHERE name = ?")
    this.#setMeta = prepare("UPDATE meta SET number = ? WHERE name = ?")
  }

  /** Runs all of it or nothing, durable when it returns. */
  transaction(run: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE")
    try {
      run()
      this.#database.exec("COMMIT")
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK")
      throw error
    }
  }

  insert({ id, key, createRevision, deleted, session, value }: Change): void {
    this.#insert.run(id, key, createRevision, deleted ? 1 : 0, session ?? null, value ?? null)
  }

  value(id: bigint): Uint8Array {
    return bytesOf(this.#value.get(id)?.value) ?? noBytes
  }

  /** The changes with ids from one up to, and without, another. */
  page(from: bigint, before: bigint): ReadonlyArray<Change> {
    return this.#page.all(from, before).map(changeOf)
  }

  /** The keys that have a change from this id on. */
  keysSince(from: bigint): ReadonlyArray<ByteKey> {
    return this.#keysSince.all(from).map(({ key }) => String(key) as ByteKey)
  }

  /** The key's newest change before this id. */
  before(key: ByteKey, id: bigint): Change | undefined {
    const row = this.#before.get(key, id)
    return row && changeOf(row)
  }

  /** What stood under these keys at a revision, and how much there was in all. */
  at(
    revision: Revision,
    bounds: KeyBounds,
    limit: number,
  ): { readonly changes: ReadonlyArray<Change>; readonly count: number } {
    const parameters = {
      from: bounds.from,
      end: bounds.end ?? afterAll,
      not: bounds.exclusive ? bounds.from : "",
      before: rowId(revision + 1n, 0),
    }
    const changes = this.#at.all({ ...parameters, limit: Number.isFinite(limit) ? limit : -1 }).map(changeOf)
    const count = changes.length < limit ? changes.length : Number(this.#countAt.get(parameters)?.count ?? 0)
    return { changes, count }
  }

  /** Every key that has a document now, without its value. */
  *current(): Iterable<Change> {
    const statement = this.#database.prepare(
      `SELECT ${columns} FROM change WHERE id IN (SELECT max(id) FROM change GROUP BY key) AND deleted = 0`,
    )
    statement.setReadBigInts(true)
    for (const row of statement.iterate()) yield changeOf(row)
  }

  newestRevision(): Revision {
    const id = this.#newestId.get()?.id
    return typeof id === "bigint" ? revisionOf(id) : 1n
  }

  /** Drops what the changes with ids from one up to another made unreachable from `before` on. */
  prune(from: bigint, before: bigint): void {
    for (const { id, key, deleted } of this.page(from, before)) {
      this.#deleteOlder.run(key, id)
      if (deleted) this.#delete.run(id)
    }
  }

  meta(name: "compact_revision" | "pruned_revision"): Revision {
    const number = this.#meta.get(name)?.number
    if (typeof number !== "bigint") throw new Error(`the store's file has no ${name}`)
    return number
  }

  setMeta(name: "compact_revision" | "pruned_revision", revision: Revision): void {
    this.#setMeta.run(revision, name)
  }
}

/** A change as the document it left. */
export const keyValueOf = (change: Change): KeyValue => ({
  key: textOfByteKey(change.key),
  value: change.value ?? noBytes,
  createRevision: change.createRevision,
  modRevision: revisionOf(change.id),
})

const noBytes = new Uint8Array(0)

const bytesOf = (value: SQLOutputValue | undefined): Uint8Array | undefined =>
  value instanceof Uint8Array ? value : undefined

const changeOf = (row: Record<string, SQLOutputValue>): Change => {
  const { id, key, create_revision, deleted, session, value } = row
  if (typeof id !== "bigint" || typeof key !== "string" || typeof create_revision !== "bigint")
    throw new Error("the store's file holds a change that is none")
  return {
    id,
    key: key as ByteKey,
    createRevision: create_revision,
    deleted: deleted === 1n,
    session: typeof session === "bigint" ? String(session) : undefined,
    value: bytesOf(value),
  }
}
