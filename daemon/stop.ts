/** `mctl server stop`: ends the server of a data dir, and waits until it has gone. */
import { Effect, Schedule } from "effect"
import { runningServer } from "./data-dir.ts"
import { StartError } from "./start-error.ts"

const waitMax = "60 seconds"

export const stopServer = (dataDir: string): Effect.Effect<"stopped" | "not running", StartError> =>
  Effect.gen(function* () {
    const pid = runningServer(dataDir)
    if (pid === undefined) return "not running" as const
    yield* Effect.try({
      try: () => process.kill(pid, "SIGTERM"),
      catch: (cause) =>
        new StartError({
          reason: "AlreadyRunning",
          message: `the server (pid ${pid}) cannot be stopped by this user`,
          cause,
        }),
    })
    const gone = Effect.suspend(() =>
      runningServer(dataDir) === undefined ? Effect.void : Effect.fail("running"),
    )
    yield* gone.pipe(
      Effect.retry(Schedule.spaced("50 millis")),
      Effect.timeout(waitMax),
      Effect.mapError(
        (cause) =>
          new StartError({
            reason: "AlreadyRunning",
            message: `the server (pid ${pid}) did not end within ${waitMax}`,
            cause,
          }),
      ),
    )
    return "stopped" as const
  })
