/**
 * Sources to queue to workers to one reconcile. Start with {@link Controller.make}; run with a Manager.
 *
 * Flow: informers sync; every object becomes a key; each worker takes a key, reconciles it, lets `disposition` say what
 * becomes of it, and lets go of it once the informers show what the reconcile wrote.
 */
import { Clock, Duration, Effect, Exit, Fiber, FiberSet, Scope } from "effect"
import { Client } from "../client/index.ts"
import type { Kind } from "../schemas/index.ts"
import { type Backoff, exponentialBackoff } from "./backoff.ts"
import { Wakers } from "./cause-of-writes.ts"
import { detached } from "./detached.ts"
import { type Diagnosed, makeDiagnosisLog } from "./diagnosis-log.ts"
import { makeEventRecorder } from "./events.ts"
import type { Informer } from "./informer.ts"
import { Informers } from "./informers.ts"
import { retryRate, shutdownGrace } from "./limits.ts"
import { makeControllerMetrics, makeQueueMetrics } from "./metrics.ts"
import { ReconcileLog, type ReconcileRecord, RecordRing } from "./reconcile-log.ts"
import { type Run, worker } from "./reconcile-run.ts"
import type { Reconcile, Request } from "./reconciler.ts"
import { keyOf } from "./request.ts"
import { makeRequestQueue } from "./request-queue.ts"
import { owning, reconciling, type Source } from "./sources.ts"
import { type Rate, TokenBucket } from "./token-bucket.ts"
import type { Priority, QueuedKey } from "./work-queue.ts"

export interface ControllerOptions<E, R> {
  /** In logs, metrics and causes; its writes should use it as field manager. */
  readonly name: string
  /** What is reconciled: a kind, or `reconciling(kind, { predicate, namespace, ... })`. */
  readonly for: Kind | Source
  /** Kinds whose objects name an object of `for` as their controller; or `owning(kind, options)`. */
  readonly owns?: ReadonlyArray<Kind | ReturnType<typeof owning>>
  /** Kinds that concern objects of `for` in other ways: `watching(kind, { map })`. */
  readonly watches?: ReadonlyArray<Source>
  /** Workers; never two on one key. */
  readonly concurrency?: number
  readonly backoff?: Backoff
  /** A bound on retries over all keys, besides each key's backoff. */
  readonly retryRate?: Rate
  /**
   * Every object of `for` is reconciled again after this long, at low priority. Only for what the API does not tell of, and better
   * by `RequeueAfter`.
   */
  readonly resync?: Duration.Input
  /** A reconcile that takes longer is interrupted and tried again. Absent: it may take as long as it likes. */
  readonly timeout?: Duration.Input
  readonly reconcile: Reconcile<E, R>
}

export interface Controller<R = never> {
  readonly name: string
  /** The first is what the controller is for. */
  readonly sources: readonly [Source, ...Array<Source>]
  readonly concurrency: number
  readonly backoff: Backoff
  readonly retryRate: Rate
  readonly resync: Duration.Duration | undefined
  readonly timeout: Duration.Duration | undefined
  readonly reconcile: Reconcile<unknown, R>
}

/** A controller that runs, as others see it. */
export interface ControllerHandle {
  readonly name: string
  readonly informers: ReadonlyArray<Informer>
  /** Every key that is wanted or held: its age, its failures, and when it is tried again. */
  readonly queue: () => ReadonlyArray<QueuedKey>
  /** Asks for a reconcile, whatever the informers say. */
  readonly enqueue: (request: Request, priority?: Priority) => void
  /** Asks for a reconcile before all others: the key's backoff and failures are forgotten. */
  readonly reconcileNow: (request: Request) => void
  /** What the last reconciles were given and did, oldest first; how many is said by `ReconcileLog`. */
  readonly records: () => ReadonlyArray<ReconcileRecord>
  /** Hot loops and fights about the objects that this controller looks at. */
  readonly diagnoses: () => ReadonlyArray<Diagnosed>
}

export interface RunOptions {
  /** How long running reconciles may go on once the Scope closes; asked for then. */
  readonly grace?: () => Duration.Duration
}

const isSource = (source: Kind | Source): source is Source => "requests" in source

export const Controller = {
  /** Describes a controller; nothing runs yet. */
  make: <E, R>(options: ControllerOptions<E, R>): Controller<R> => {
    const primary = isSource(options.for) ? options.for : reconciling(options.for)
    const owned = (options.owns ?? []).map((owns) =>
      (typeof owns === "function" ? owns : owning(owns))(primary.kind),
    )
    return {
      name: options.name,
      sources: [primary, ...owned, ...(options.watches ?? [])],
      concurrency: options.concurrency ?? 1,
      backoff: options.backoff ?? exponentialBackoff(),
      retryRate: options.retryRate ?? retryRate,
      resync: options.resync === undefined ? undefined : Duration.fromInputUnsafe(options.resync),
      timeout: options.timeout === undefined ? undefined : Duration.fromInputUnsafe(options.timeout),
      reconcile: options.reconcile,
    }
  },
}

/**
 * Runs the controller in the Scope. When the Scope closes, no more keys are taken, running reconciles get their grace, and then
 * they are interrupted.
 */
export const runController = Effect.fnUntraced(function* <R>(
  controller: Controller<R>,
  options: RunOptions = {},
): Effect.fn.Return<ControllerHandle, never, R | Client | Informers | Scope.Scope> {
  const informers = yield* Informers
  const clock = yield* Clock.Clock
  const log = yield* ReconcileLog
  const metrics = yield* makeControllerMetrics(controller.name, controller.concurrency)
  const events = yield* makeEventRecorder(controller.name)
  const queue = yield* makeRequestQueue(yield* makeQueueMetrics(controller.name))
  const wakers = new Wakers()
  const records = new RecordRing(log.capacity)
  const sources: Array<Informer> = []
  const diagnoses = yield* makeDiagnosisLog({ informers, sources: () => sources, events, metrics })
  for (const source of controller.sources) {
    const informer = yield* informers.get(source.kind, source.selection)
    sources.push(informer)
    yield* informer.subscribe((change) => {
      diagnoses.changed(change)
      for (const request of source.requests(change)) {
        wakers.note(request, change)
        queue.add(request, source.priority(change))
      }
    })
  }
  const [primary] = sources
  if (primary === undefined)
    return yield* Effect.die(new Error(`controller ${controller.name} has no sources`))
  const run: Run<R> = {
    controller,
    client: yield* Client,
    informers,
    primary,
    queue,
    wakers,
    metrics,
    events,
    diagnoses,
    retries: new TokenBucket(controller.retryRate, clock.currentTimeMillisUnsafe()),
    record: (record) => {
      records.push(record)
      log.onRecord?.(record)
    },
    holding: yield* FiberSet.make<void>(),
    reconciles: yield* Scope.make(),
  }
  if (controller.resync !== undefined) {
    const again = Effect.sync(() => {
      for (const object of primary.lister.list()) queue.add(keyOf(object), "low")
    })
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(controller.resync), again)))
  }
  const synced = Effect.forEach(sources, (informer) => informer.synced, { discard: true })
  const workers = Array.from({ length: controller.concurrency }, () => Effect.andThen(synced, worker(run)))
  yield* Effect.acquireRelease(
    Effect.forEach(workers, (loop) => Effect.forkDetach(loop)),
    (fibers) => drain(fibers, run.reconciles, options.grace?.() ?? shutdownGrace),
  )
  return {
    name: controller.name,
    informers: sources,
    queue: queue.contents,
    enqueue: queue.add,
    reconcileNow: queue.now,
    records: () => records.all(),
    diagnoses: diagnoses.all,
  }
})

/** Lets workers finish what they hold, but not longer than the grace. */
const drain = Effect.fnUntraced(function* (
  workers: ReadonlyArray<Fiber.Fiber<unknown>>,
  reconciles: Scope.Closeable,
  grace: Duration.Duration,
) {
  const ended = yield* Effect.forkDetach(Fiber.interruptAll(workers), { startImmediately: true })
  yield* detached(Effect.raceFirst(Fiber.await(ended), Effect.sleep(grace)))
  yield* Scope.close(reconciles, Exit.void)
  yield* Fiber.await(ended)
})
