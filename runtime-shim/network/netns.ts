/** Network namespaces by path, each with its loopback up: a file that the kernel's namespace is bound to. */
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import { Effect } from "effect"
import { runOrFail } from "../command.ts"
import { RuntimeError } from "../sandbox-runtime.ts"

const failed = (path: string, cause: unknown) =>
  new RuntimeError({
    reason: "NetworkFailed",
    operation: "netns",
    subject: path,
    message: `the network namespace ${path} could not be made or removed: ${cause instanceof Error ? cause.message : String(cause)}`,
    cause,
  })

export const isNetns = (path: string): boolean =>
  readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .some((line) => line.split(" ")[4] === path)

/** Makes a new netns at the path. */
export const createNetns = (path: string): Effect.Effect<void, RuntimeError> =>
  Effect.gen(function* () {
    yield* Effect.try({
      try: () => {
        mkdirSync(dirname(path), { recursive: true, mode: 0o711 })
        closeSync(openSync(path, "wx", 0o444))
      },
      catch: (cause) => failed(path, cause),
    })
    const args = [`--net=${path}`, "ip", "link", "set", "lo", "up"]
    yield* runOrFail({ file: "unshare", args, subject: path })
  }).pipe(Effect.mapError((error) => failed(path, error)))

/** Unbinds the netns; it goes when the last process in it does. Succeeds when there is none. */
export const removeNetns = (path: string): Effect.Effect<void, RuntimeError> =>
  Effect.gen(function* () {
    while (isNetns(path)) yield* runOrFail({ file: "umount", args: ["-l", path], subject: path })
    yield* Effect.try({ try: () => rmSync(path, { force: true }), catch: (cause) => failed(path, cause) })
  })

export const listNetns = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
