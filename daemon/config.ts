/** The server's configuration, read from where it comes: flags, `MIREN_*` variables and the file that they name. */
import { readFile } from "node:fs/promises"
import { Effect } from "effect"
import {
  type ConfigError,
  type ConfigResolution,
  configFilePath,
  type FlagValue,
  formatConfigError,
  parseConfigFile,
  resolveServerConfig,
} from "../schemas/index.ts"
import { StartError } from "./start-error.ts"

export type Flags = { readonly [flag: string]: FlagValue | undefined }

const refuse = (errors: ReadonlyArray<ConfigError>): StartError =>
  new StartError({ reason: "InvalidConfig", message: errors.map(formatConfigError).join("\n") })

const readConfigFile = (path: string) =>
  Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (cause) =>
      refuse([{ source: "--config", message: `the file ${path} cannot be read: ${String(cause)}` }]),
  }).pipe(
    Effect.flatMap((text) => Effect.promise(() => parseConfigFile(path, text))),
    Effect.flatMap((parsed) =>
      parsed.ok ? Effect.succeed(parsed.file) : Effect.fail(refuse(parsed.errors)),
    ),
  )

/** All errors at once, each with the flag, variable or line that it is about. */
export const readConfig = Effect.fn("Config.read")(function* (
  flags: Flags,
  env: { readonly [name: string]: string | undefined },
): Effect.fn.Return<Extract<ConfigResolution, { ok: true }>, StartError> {
  const path = configFilePath({ flags, env })
  const file = path === undefined ? undefined : yield* readConfigFile(path)
  const resolution = resolveServerConfig({ flags, env, ...(file === undefined ? {} : { file }) })
  return resolution.ok ? resolution : yield* Effect.fail(refuse(resolution.errors))
})
