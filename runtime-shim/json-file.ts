/** Small JSON documents of our own on disk: whole or absent, since they are renamed into place. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { Effect } from "effect"
import { RuntimeError } from "./sandbox-runtime.ts"

/** What was written there by us; undefined when absent or, after a full disk, broken. */
export const readJsonFile = <A>(path: string): A | undefined => {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as A
  } catch {
    return undefined
  }
}

export const writeJsonFile = (path: string, value: unknown): Effect.Effect<void, RuntimeError> =>
  Effect.try({
    try: () => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o711 })
      const scratch = `${path}.new`
      writeFileSync(scratch, JSON.stringify(value), { mode: 0o600 })
      renameSync(scratch, path)
    },
    catch: (cause) =>
      new RuntimeError({
        reason: "Unavailable",
        operation: "write",
        subject: path,
        message: `${path} could not be written: ${cause instanceof Error ? cause.message : String(cause)}`,
        cause,
      }),
  })
