/** A directory that one process at a time keeps a store in. */
import { closeSync, mkdirSync, openSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { StoreOpenError } from "./open-error.ts"

/** Makes a directory that only we can read. Fails with `DataDirUnusable`. */
export const ensureDirectory = (path: string): void => {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw unusable(path, cause)
  }
}

/**
 * Takes the directory for this process until released; the kernel releases it when the process dies in any way.
 *
 * SQLite's file lock is used for want of flock(2) in Node. Fails with `DataDirInUse` or `DataDirUnusable`.
 */
export const lockDirectory = (path: string): (() => void) => {
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(privateFile(join(path, "lock")))
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
    const held = lock
    return () => held.close()
  } catch (cause) {
    lock?.close()
    throw isBusy(cause)
      ? new StoreOpenError({
          reason: "DataDirInUse",
          cause,
          message: `the data directory ${path} is in use by another process: stop it, or choose another directory`,
        })
      : unusable(path, cause)
  }
}

/** The path of a file that only we can read, made empty if it is not there; SQLite gives its own files the same mode. */
export const privateFile = (path: string): string => {
  closeSync(openSync(path, "a", 0o600))
  return path
}

const sqliteBusy = 5

const isBusy = (cause: unknown): boolean =>
  cause instanceof Error && "errcode" in cause && cause.errcode === sqliteBusy

const unusable = (path: string, cause: unknown): StoreOpenError =>
  new StoreOpenError({
    reason: "DataDirUnusable",
    cause,
    message: `the data directory ${path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
  })
