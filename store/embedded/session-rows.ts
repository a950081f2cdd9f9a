/** The sessions that an embedded store remembers over a restart. */
import type { DatabaseSync, StatementSync } from "node:sqlite"
import type { SessionId } from "../store.ts"

export class SessionRows {
  readonly #all: StatementSync
  readonly #ttl: StatementSync
  readonly #insert: StatementSync
  readonly #delete: StatementSync

  constructor(database: DatabaseSync) {
    this.#all = database.prepare("SELECT id, ttl_seconds FROM session")
    this.#ttl = database.prepare("SELECT ttl_seconds FROM session WHERE id = ?")
    this.#insert = database.prepare("INSERT INTO session (ttl_seconds) VALUES (?)")
    this.#delete = database.prepare("DELETE FROM session WHERE id = ?")
  }

  all(): ReadonlyArray<{ readonly id: SessionId; readonly ttlSeconds: number }> {
    return this.#all.all().map((row) => ({ id: String(row.id), ttlSeconds: Number(row.ttl_seconds) }))
  }

  ttlSeconds(id: SessionId): number {
    return Number(this.#ttl.get(id)?.ttl_seconds ?? 0)
  }

  insert(ttlSeconds: number): SessionId {
    return String(this.#insert.run(ttlSeconds).lastInsertRowid)
  }

  delete(id: SessionId): void {
    this.#delete.run(id)
  }
}
