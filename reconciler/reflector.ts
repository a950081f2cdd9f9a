/**
 * The loop that keeps an {@link InformerCore} true: list once, then watch from there for ever.
 *
 * Flow:
 * 1. List in pages; the first page's resourceVersion is where the watch starts. A failure waits, and lists again.
 * 2. Watch with bookmarks. A watch that ends or breaks is opened again where it left off, after a wait if it brought nothing.
 * 3. A version that the server no longer has (`Expired`), a refusal, or a list that is asked for, goes back to 1.
 *
 * Guarantees: it ends only by interruption; no wait is unbounded; a connection that is silent for `idleTimeout` is given up.
 */
import { Clock, Duration, Effect, Random, Result, Stream } from "effect"
import { ApiError, type Client, type ListOptions, retryAfterMs } from "../client/index.ts"
import type { Kind, KubeObject } from "../schemas/index.ts"
import { exponentialBackoff } from "./backoff.ts"
import type { InformerCore } from "./informer-core.ts"
import { connectBackoffBase, connectBackoffMax, listPageSize, listTimeout, shortWatch } from "./limits.ts"

export interface Reflection<T extends KubeObject> {
  readonly client: Client["Service"]
  readonly kind: Kind<T>
  readonly core: InformerCore<T>
  readonly idleTimeout: Duration.Duration
}

const backoff = exponentialBackoff({ base: connectBackoffBase, max: connectBackoffMax })

const lost = (kind: Kind, message: string): ApiError =>
  new ApiError({
    reason: "Timeout",
    message: `${kind.plural}: ${message}`,
    operation: `WATCH ${kind.plural}`,
  })

/** Reads the whole list; without pages when the snapshot of the first page is gone before the last is read. */
const listAll = Effect.fnUntraced(function* <T extends KubeObject>({ client, kind, core }: Reflection<T>) {
  const page = (options: ListOptions) =>
    client.list(kind, { ...core.selection, ...options }).pipe(
      Effect.timeoutOrElse({
        duration: listTimeout,
        orElse: () => Effect.fail(lost(kind, `no list within ${Duration.format(listTimeout)}`)),
      }),
    )
  const begun = core.beginList()
  let current = yield* page({ limit: listPageSize })
  const revision = current.metadata.resourceVersion
  const objects = [...current.items]
  while (current.metadata.continue !== undefined) {
    const next = yield* Effect.result(page({ limit: listPageSize, continue: current.metadata.continue }))
    if (Result.isSuccess(next)) {
      current = next.success
      for (const item of current.items) objects.push(item)
      continue
    }
    if (next.failure.class !== "relist") return yield* Effect.fail(next.failure)
    current = yield* page({})
    return { objects: current.items, revision: current.metadata.resourceVersion, begun }
  }
  return { objects, revision, begun }
})

/** Watches from what is known until the watch ends, breaks, or says nothing for too long. */
const watchOnce = Effect.fnUntraced(function* <T extends KubeObject>(reflection: Reflection<T>) {
  const { client, kind, core, idleTimeout } = reflection
  const clock = yield* Clock.Clock
  const timeoutSeconds = yield* Random.nextIntBetween(300, 600)
  let heardAt = clock.currentTimeMillisUnsafe()
  core.counts.watches += 1
  const events = client.watch(kind, {
    ...core.selection,
    ...(core.revision === undefined ? {} : { resourceVersion: core.revision }),
    allowBookmarks: true,
    timeoutSeconds,
  })
  const read = Stream.runForEachArray(events, (batch) => {
    heardAt = clock.currentTimeMillisUnsafe()
    core.apply(batch)
    core.watching(heardAt)
    return logDefects(core)
  })
  const watchdog = Effect.gen(function* () {
    yield* Effect.sleep(shortWatch)
    core.watching(clock.currentTimeMillisUnsafe())
    for (;;) {
      const silentMs = clock.currentTimeMillisUnsafe() - heardAt
      const leftMs = Duration.toMillis(idleTimeout) - silentMs
      if (leftMs <= 0) {
        return yield* Effect.fail(lost(kind, `the watch was silent for ${Duration.format(idleTimeout)}`))
      }
      yield* Effect.sleep(Duration.millis(Math.ceil(leftMs)))
    }
  })
  const listWanted = Effect.callback<void>((resume) => {
    const cancel = core.when(
      () => core.wantsList,
      () => resume(Effect.void),
    )
    return Effect.sync(cancel)
  })
  return yield* Effect.raceAllFirst([read, watchdog, listWanted])
})

const logDefects = (core: { takeDefects(): ReadonlyArray<unknown> }): Effect.Effect<void> => {
  const defects = core.takeDefects()
  if (defects.length === 0) return Effect.void
  return Effect.forEach(defects, (defect) => Effect.logError("a change handler threw", defect), {
    discard: true,
  })
}

export const reflect = <T extends KubeObject>(reflection: Reflection<T>): Effect.Effect<never> =>
  Effect.gen(function* () {
    const { core } = reflection
    const clock = yield* Clock.Clock
    const now = () => clock.currentTimeMillisUnsafe()
    let failures = 0

    const fail = Effect.fnUntraced(function* (error: ApiError) {
      failures += 1
      core.counts.failures += 1
      const sinceMs = core.state._tag === "Stale" ? core.state.sinceMs : now()
      core.state = { _tag: "Stale", sinceMs, failures, error }
      const log = failures === 1 ? Effect.logInfo : Effect.logWarning
      yield* Effect.annotateLogs(log("informer is stale"), {
        reason: error.reason,
        error: error.message,
        failures,
      })
      const delay = yield* backoff(failures)
      const askedMs = retryAfterMs(error)
      yield* Effect.sleep(askedMs === undefined ? delay : Duration.max(delay, Duration.millis(askedMs)))
    })

    /** Watches until only a new list can help. */
    const watch = Effect.fnUntraced(function* () {
      while (!core.wantsList) {
        const startedAt = now()
        const from = core.revision
        const ended = yield* Effect.result(watchOnce(reflection))
        const useful = core.revision !== from || now() - startedAt >= Duration.toMillis(shortWatch)
        if (useful) failures = 0
        if (Result.isFailure(ended)) {
          yield* fail(ended.failure)
          if (ended.failure.class !== "retry") return
        } else if (!useful && !core.wantsList) {
          failures += 1
          yield* Effect.sleep(yield* backoff(failures))
        }
      }
    })

    for (;;) {
      if (core.state._tag !== "Stale") core.state = { _tag: "Listing", sinceMs: now() }
      const listed = yield* Effect.result(listAll(reflection))
      if (Result.isFailure(listed)) {
        yield* fail(listed.failure)
        continue
      }
      const { objects, revision, begun } = listed.success
      if (revision === undefined) {
        yield* fail(lost(reflection.kind, "the list has no resourceVersion"))
        continue
      }
      core.replace(objects, revision, begun)
      core.state = { _tag: "Watching", sinceMs: now() }
      yield* logDefects(core)
      yield* watch()
    }
  }).pipe(
    // A defect here is a bug; stopping silently would be a worse one.
    Effect.catchDefect((defect) => Effect.logError("informer failed", defect)),
    Effect.andThen(Effect.sleep(connectBackoffMax)),
    Effect.forever,
    Effect.annotateLogs({ informer: reflection.kind.plural }),
  )
