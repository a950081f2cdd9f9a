/**
 * The loop that keeps an {@link InformerCore} true: list once, then watch from there for ever.
 *
 * Flow:
 * 1. List in pages; the first page's resourceVersion is where the watch starts. A failure waits, and lists again.
 * 2. Watch with bookmarks. A watch that ends or breaks is opened again where it left off, after a wait if it brought nothing.
 * 3. A version that the server no longer has (`Expired`), a refusal, or a list that is asked for, goes back to 1.
 *
 * Guarantees: it ends only by interruption; no wait is unbounded; a connection that is silent for `idleTimeout` is given up, and
 * one whose bookmark is missing within two seconds, once the server's pace is known ({@link BookmarkPace}). What keeps it from its
 * objects is said once, and again with growing gaps.
 */
import { Clock, Duration, Effect, Latch, Random, Result, Stream } from "effect"
import { ApiError, type Client, type ListOptions, retryAfterMs } from "../client/index.ts"
import type { Kind, KubeObject } from "../schemas/index.ts"
import { exponentialBackoff } from "./backoff.ts"
import { BookmarkPace } from "./bookmark-pace.ts"
import type { InformerCore } from "./informer-core.ts"
import { type InformerTrouble, informerTrouble } from "./informer-trouble.ts"
import {
  bookmarkGrace,
  connectBackoffBase,
  connectBackoffMax,
  disorderInterval,
  listPageSize,
  listTimeout,
  shortWatch,
} from "./limits.ts"

export interface Reflection<T extends KubeObject> {
  readonly client: Client["Service"]
  readonly kind: Kind<T>
  readonly core: InformerCore<T>
  readonly idleTimeout: Duration.Duration
  readonly pace: BookmarkPace
  /** When disorder may next lead to a list. */
  readonly disorder: { listAfterMs: number }
}

/** Ages are measured by a clock that nobody sets. */
const monotonicMs = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe() / 1_000n) / 1_000

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
    client.list(kind, { ...core.selection, ...core.admission.asked, ...options }).pipe(
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

/** When a watch has been silent for too long, and what to say then. */
const silence = (idleMs: number, heardAt: number, pace: BookmarkPace) => {
  const idleAt = heardAt + idleMs
  const overdueAt = pace.overdueAt()
  return overdueAt === undefined || overdueAt >= idleAt
    ? {
        isOverdue: false,
        at: idleAt,
        why: `the watch was silent for ${Duration.format(Duration.millis(idleMs))}`,
      }
    : {
        isOverdue: true,
        at: overdueAt,
        why: `no bookmark came, where the server sends one each ${Duration.format(Duration.millis(Math.round(pace.interval() ?? 0)))}`,
      }
}

/** Watches from what is known until the watch ends, breaks, or says nothing for too long. */
const watchOnce = Effect.fnUntraced(function* <T extends KubeObject>(reflection: Reflection<T>) {
  const { client, kind, core, idleTimeout, pace } = reflection
  const clock = yield* Clock.Clock
  const now = () => monotonicMs(clock)
  const timeoutSeconds = yield* Random.nextIntBetween(300, 600)
  let heardAt = now()
  /** Opened by a bookmark: it may have taught a pace that is faster than the wait under way. */
  const paced = Latch.makeUnsafe(false)
  pace.opened(heardAt)
  core.counts.watches += 1
  const events = client.watch(kind, {
    ...core.selection,
    ...core.admission.asked,
    ...(core.revision === undefined ? {} : { resourceVersion: core.revision }),
    allowBookmarks: true,
    timeoutSeconds,
  })
  const read = Stream.runForEachArray(events, (batch) => {
    heardAt = now()
    if (batch.some((event) => event.type === "BOOKMARK" && !event.initialEventsEnd)) {
      pace.bookmark(heardAt)
      paced.openUnsafe()
    } else pace.event(heardAt)
    core.apply(batch)
    core.watching(clock.currentTimeMillisUnsafe())
    return report(core)
  })
  const watchdog = Effect.gen(function* () {
    yield* Effect.sleep(shortWatch)
    core.watching(clock.currentTimeMillisUnsafe())
    for (;;) {
      const { at, why, isOverdue } = silence(Duration.toMillis(idleTimeout), heardAt, pace)
      const leftMs = at - now()
      if (leftMs <= 0) {
        if (isOverdue) pace.gaveUp()
        return yield* Effect.fail(lost(kind, why))
      }
      paced.closeUnsafe()
      yield* Effect.raceFirst(Effect.sleep(Duration.millis(Math.ceil(leftMs))), paced.await)
      // Where this process itself was held up, what came meanwhile is read before the server is blamed.
      if (now() - at > bookmarkGrace) yield* Effect.sleep(Duration.millis(bookmarkGrace))
    }
  })
  const listWanted = Effect.callback<void>((resume) => {
    const cancel = core.when(
      () => core.wantsList,
      () => resume(Effect.void),
    )
    return Effect.sync(cancel)
  })
  const disordered = Effect.gen(function* () {
    yield* Effect.callback<void>((resume) => {
      const cancel = core.when(
        () => core.isDisordered,
        () => resume(Effect.void),
      )
      return Effect.sync(cancel)
    })
    const leftMs = reflection.disorder.listAfterMs - now()
    if (leftMs > 0) yield* Effect.sleep(Duration.millis(Math.ceil(leftMs)))
    reflection.disorder.listAfterMs = now() + Duration.toMillis(disorderInterval)
    yield* Effect.logWarning("the server sent events out of order; listing anew")
    core.askForList()
  })
  return yield* Effect.raceAllFirst([read, watchdog, listWanted, disordered])
})

/** Says what handlers threw, and which objects were refused and why. */
const report = <T extends KubeObject>(core: InformerCore<T>): Effect.Effect<void> => {
  const defects = core.takeDefects()
  const refusals = core.admission.takeUnsaid()
  if (defects.length === 0 && refusals.length === 0) return Effect.void
  const lines = [
    ...defects.map((defect) => Effect.logError("a change handler threw", defect)),
    ...refusals.map(({ key, field, message, resourceVersion }) =>
      Effect.annotateLogs(Effect.logWarning("an object does not fit its type", message), {
        object: key,
        field,
        resourceVersion,
      }),
    ),
  ]
  return Effect.all(lines, { discard: true })
}

/** Whether the n-th failure in a row is worth a line: the first, the second, the fourth, ... */
const isWorthSaying = (failures: number): boolean => (failures & (failures - 1)) === 0

export const reflect = <T extends KubeObject>(
  world: Omit<Reflection<T>, "pace" | "disorder">,
): Effect.Effect<never> =>
  Effect.gen(function* () {
    const { core, kind } = world
    const reflection = { ...world, pace: new BookmarkPace(), disorder: { listAfterMs: 0 } }
    let said: InformerTrouble["reason"] | undefined
    const clock = yield* Clock.Clock
    const now = () => clock.currentTimeMillisUnsafe()
    let failures = 0

    const fail = Effect.fnUntraced(function* (error: ApiError) {
      failures += 1
      core.counts.failures += 1
      const sinceMs = core.state._tag === "Stale" ? core.state.sinceMs : now()
      const trouble = informerTrouble(kind, error)
      core.state = { _tag: "Stale", sinceMs, failures, error, trouble }
      if (isWorthSaying(failures) || trouble.reason !== said) {
        const log = failures === 1 && trouble.reason === "Unreachable" ? Effect.logInfo : Effect.logWarning
        yield* Effect.annotateLogs(log("informer is stale"), {
          reason: trouble.reason,
          error: trouble.message,
          failures,
        })
      }
      said = trouble.reason
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
        yield* fail(lost(kind, "the list has no resourceVersion"))
        continue
      }
      core.replace(objects, revision, begun)
      core.state = { _tag: "Watching", sinceMs: now() }
      yield* report(core)
      yield* watch()
    }
  }).pipe(
    // A defect here is a bug; stopping silently would be a worse one.
    Effect.catchDefect((defect) => Effect.logError("informer failed", defect)),
    Effect.andThen(Effect.sleep(connectBackoffMax)),
    Effect.forever,
    Effect.annotateLogs({ informer: world.kind.plural }),
  )
