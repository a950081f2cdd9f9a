/** The program `mctl server`. */
import { Cause, Effect, Exit, Fiber, Layer, Logger, References } from "effect"
import { stringify } from "yaml"
import type { ServerConfig } from "../schemas/index.ts"
import { type CommandLine, parseCommandLine } from "./command-line.ts"
import { readConfig } from "./config.ts"
import { Server } from "./server.ts"
import { StartError } from "./start-error.ts"
import { stopServer } from "./stop.ts"

const out = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

/** Logs go to stderr, a line each; stdout is for the ready line. */
const logging = (config: ServerConfig) => {
  const levels = { debug: "Debug", info: "Info", warn: "Warn", error: "Error" } as const
  return Layer.mergeAll(
    Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]),
    Layer.succeed(References.MinimumLogLevel, levels[config.logLevel]),
  )
}

const serve = (config: ServerConfig) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { url } = yield* Server.run(config)
      out(`ready ${url}`)
      return yield* Effect.never
    }),
  ).pipe(Effect.provide(logging(config)))

const tearDown = (config: ServerConfig) =>
  Effect.promise(() => import("./teardown.ts")).pipe(Effect.flatMap(({ teardown }) => teardown(config)))

const perform = Effect.fnUntraced(function* ({ verb, flags }: CommandLine) {
  const { config, origins } = yield* readConfig(flags, process.env)
  switch (verb) {
    case "run":
      return yield* serve(config)
    case "validate":
      return out("the configuration is valid")
    case "print":
      return process.stdout.write(
        stringify(config).replace(
          /^(\w+):.*$/gm,
          (line, name: string) => `${line} # ${origins[name] ?? "default"}`,
        ),
      )
    case "stop":
      return out(`the server of ${config.dataDir}: ${yield* stopServer(config.dataDir)}`)
    case "teardown":
      return yield* tearDown(config).pipe(Effect.provide(logging(config)))
  }
})

const program = Effect.gen(function* () {
  const line = yield* Effect.tryPromise({
    try: () => parseCommandLine(process.argv.slice(2)),
    catch: (cause) =>
      new StartError({
        reason: "InvalidConfig",
        message: cause instanceof Error ? cause.message : String(cause),
      }),
  })
  if (line !== "help") yield* perform(line)
})

const fiber = Effect.runFork(program)
// The first signal ends it in order; a second one is for those who can't wait.
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    process.once(signal, () => process.exit(1))
    fiber.interruptUnsafe()
  })
}

const exit = await Effect.runPromise(Fiber.await(fiber))
if (Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause)) process.exit(0)
const failure = Cause.squash(exit.cause)
const text = failure instanceof StartError ? failure.message : Cause.pretty(exit.cause)
process.stderr.write(`mctl server: ${text}\n`)
process.exit(1)
