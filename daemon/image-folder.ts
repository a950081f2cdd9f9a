/**
 * The image folder: every OCI or docker-save tar that lies in it is imported into the runtime, at start before the node
 * takes work and again when a file changes. The way to bring images to a machine that reaches no registry.
 */
import { readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Schedule } from "effect"
import { SandboxRuntime } from "../runtime-shim/index.ts"

const isTar = (name: string): boolean => name.endsWith(".tar")

/** Name and content of a file, as far as its size and time tell. */
const fingerprintOf = async (directory: string, name: string): Promise<string | undefined> => {
  try {
    const { size, mtimeMs } = await stat(join(directory, name))
    return `${size}:${mtimeMs}`
  } catch {
    return undefined
  }
}

const list = (directory: string): Effect.Effect<ReadonlyArray<readonly [string, string]>> =>
  Effect.promise(async () => {
    const names = await readdir(directory).catch(() => [])
    const found = await Promise.all(
      names.filter(isTar).map(async (name) => [name, await fingerprintOf(directory, name)] as const),
    )
    return found.flatMap(([name, print]) => (print === undefined ? [] : [[name, print] as const]))
  })

/** Imports what is there, then keeps looking. A tar that cannot be imported is logged once, and tried again when it changes. */
export const importImageFolder = Effect.fn("ImageFolder.import")(function* (directory: string) {
  const runtime = yield* SandboxRuntime
  const seen = new Map<string, string>()
  const importChanged = Effect.gen(function* () {
    for (const [name, print] of yield* list(directory)) {
      if (seen.get(name) === print) continue
      seen.set(name, print)
      yield* runtime.importImage(join(directory, name)).pipe(
        Effect.flatMap((images) =>
          Effect.logInfo("image imported").pipe(
            Effect.annotateLogs({ file: name, images: images.map((image) => image.reference).join(", ") }),
          ),
        ),
        Effect.catch((error) =>
          Effect.logWarning("image not imported").pipe(
            Effect.annotateLogs({ file: name, reason: error.reason, message: error.message }),
          ),
        ),
      )
    }
  })
  yield* importChanged
  yield* importChanged.pipe(
    Effect.repeat(Schedule.spaced("5 seconds")),
    Effect.delay("5 seconds"),
    Effect.forkScoped,
  )
})
