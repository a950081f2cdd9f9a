/** An etcd run as our own child, for one machine: started, watched, restarted and stopped with a Scope. */
import { join } from "node:path"
import { Deferred, Effect, Option, Schedule, type Scope } from "effect"
import { effectTimer } from "./ambient.ts"
import { ensureDirectory, lockDirectory } from "./data-dir.ts"
import { EtcdConnection } from "./etcd/connection.ts"
import { managedEtcdLimits } from "./etcd/limits.ts"
import {
  clearEtcdPlace,
  type EtcdExit,
  type EtcdPlace,
  lastLogLine,
  layEtcdPlace,
  startEtcd,
  stopLeftOver,
} from "./etcd/process.ts"
import { StoreOpenError } from "./open-error.ts"
import { StoreError } from "./store.ts"

export interface ManagedEtcdOptions {
  /** etcd's data, log and sockets go into `etcd/` under it. */
  readonly dataDir: string
  /** The program to run; `etcd` from PATH unless given. */
  readonly binary?: string
}

export interface ManagedEtcd {
  readonly endpoints: ReadonlyArray<string>
  readonly logFile: string
  /** The process that runs now; undefined while it is being restarted. */
  readonly pid: Effect.Effect<number | undefined>
}

/**
 * A running etcd that answers.
 *
 * Guarantees: it listens on unix sockets in a directory of mode 0700 and nowhere else; one that dies is started again;
 * one left over from an earlier run that was killed is stopped first, never adopted; closing the scope ends it.
 * Fails with: `EtcdNotFound`, `EtcdFailed` (with its last log line), `DataDirUnusable`, `DataDirInUse`.
 */
export const managedEtcd = Effect.fn("store.managedEtcd")(function* (
  options: ManagedEtcdOptions,
): Effect.fn.Return<ManagedEtcd, StoreOpenError, Scope.Scope> {
  const { binary = "etcd" } = options
  const timer = yield* effectTimer
  const place = yield* ownedPlace(join(options.dataDir, "etcd"))
  yield* Effect.promise(() => stopLeftOver(place, timer))
  const firstExit = yield* Deferred.make<EtcdExit>()
  let running: number | undefined
  const runOnce = Effect.scoped(
    Effect.gen(function* () {
      const etcd = yield* Effect.acquireRelease(
        Effect.sync(() => startEtcd(binary, place)),
        (started) => Effect.promise(() => started.stop(timer)),
      )
      running = etcd.pid
      const exit = yield* Effect.promise(() => etcd.exited)
      running = undefined
      yield* Deferred.succeed(firstExit, exit)
      yield* Effect.logWarning("etcd ended and is started again").pipe(
        Effect.annotateLogs({ exit: exit.message, log: place.logFile }),
      )
    }),
  )
  yield* Effect.forkScoped(Effect.repeat(runOnce, restartDelay))
  yield* Effect.raceFirst(
    answers(place),
    Effect.flatMap(Deferred.await(firstExit), (exit) => Effect.fail(failedStart(binary, place, exit))),
  )
  return { endpoints: [place.endpoint], logFile: place.logFile, pid: Effect.sync(() => running) }
})

/** Doubles from 100 ms to 5 s; an etcd that ran for a while and then died waits no longer than the last step. */
const restartDelay = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")])

const ownedPlace = (directory: string): Effect.Effect<EtcdPlace, StoreOpenError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* attempt(() => ensureDirectory(directory))
    yield* Effect.acquireRelease(
      attempt(() => lockDirectory(directory)),
      (release) => Effect.sync(release),
    )
    return yield* Effect.acquireRelease(
      attempt(() => layEtcdPlace(directory)),
      (place) => Effect.sync(() => clearEtcdPlace(place)),
    )
  })

const attempt = <A>(run: () => A): Effect.Effect<A, StoreOpenError> =>
  Effect.try({
    try: run,
    catch: (cause) =>
      cause instanceof StoreOpenError
        ? cause
        : new StoreOpenError({ reason: "DataDirUnusable", message: String(cause), cause }),
  })

const answers = (place: EtcdPlace): Effect.Effect<void, StoreOpenError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const connection = yield* Effect.acquireRelease(
        Effect.sync(() => new EtcdConnection({ endpoints: [place.endpoint] })),
        (opened) => Effect.sync(() => opened.close(new StoreError("Closed", "probe"))),
      )
      const answered = yield* Effect.tryPromise(() => connection.newestRevision()).pipe(
        Effect.retry(Schedule.spaced("50 millis")),
        Effect.orDie,
        Effect.timeoutOption(managedEtcdLimits.startTimeoutMs),
      )
      if (Option.isNone(answered))
        yield* new StoreOpenError({
          reason: "EtcdFailed",
          message: `etcd did not answer within ${managedEtcdLimits.startTimeoutMs} ms; its log is ${place.logFile}: ${lastLogLine(place)}`,
        })
    }),
  )

const failedStart = (binary: string, place: EtcdPlace, exit: EtcdExit): StoreOpenError =>
  exit.notFound
    ? new StoreOpenError({
        reason: "EtcdNotFound",
        message: `no program ${binary} was found: install the Debian package etcd-server, name another etcd with --etcd-endpoints, or start with --store embedded`,
      })
    : new StoreOpenError({
        reason: "EtcdFailed",
        message: `etcd ${exit.message} before it answered; its log is ${place.logFile}: ${lastLogLine(place)}`,
      })
