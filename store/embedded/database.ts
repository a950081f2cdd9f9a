/** The SQLite file of an embedded store: how it is opened, and the shape of its tables. */
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { privateFile } from "../data-dir.ts"
import { StoreOpenError } from "../open-error.ts"

/** Raised with every change of the tables; an older file is brought up step by step, a newer one refused. */
const schemaVersion = 1

/**
 * One row for each change of a key. `id` is the revision and the place within it (see `rowId`), so a page of history
 * is a range of ids, and the index on `key` holds each key's versions in order. Keys are ByteKeys; `value` comes last
 * so that a scan of the rest does not read it.
 */
const schema = `
  CREATE TABLE change (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    create_revision INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    session INTEGER,
    value BLOB
  );
  CREATE INDEX change_by_key ON change (key);
  CREATE TABLE session (id INTEGER PRIMARY KEY AUTOINCREMENT, ttl_seconds INTEGER NOT NULL);
  CREATE TABLE meta (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO meta VALUES ('schema_version', ${schemaVersion}), ('compact_revision', 1), ('pruned_revision', 1);
`

/** Opens or makes the store's file. Fails with `DataDirUnusable` or `DataTooNew`. */
export const openDatabase = (directory: string): DatabaseSync => {
  const path = join(directory, "store.sqlite")
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(privateFile(path))
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA cache_size = -65536;
    `)
    const version = versionOf(database)
    if (version === 0) database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`)
    if (version > schemaVersion)
      throw new StoreOpenError({
        reason: "DataTooNew",
        message: `the store ${path} was written by a newer release (its version is ${version}, this one knows up to ${schemaVersion})`,
      })
    return database
  } catch (cause) {
    database?.close()
    if (cause instanceof StoreOpenError) throw cause
    throw new StoreOpenError({
      reason: "DataDirUnusable",
      cause,
      message: `the store ${path} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`,
    })
  }
}

const versionOf = (database: DatabaseSync): number => {
  const known = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get()
  if (known === undefined) return 0
  return Number(database.prepare("SELECT number FROM meta WHERE name = 'schema_version'").get()?.number ?? 0)
}
