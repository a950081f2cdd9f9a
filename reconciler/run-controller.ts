/**
 * A controller that runs: sources to queue to workers to one reconcile.
 *
 * Flow: informers sync; every object becomes a key; each worker takes a key, reconciles it, lets `disposition` say what becomes
 * of it, and lets go of it once the informers show what the reconcile wrote.
 */
import { Clock, Context, type Duration, Effect, Exit, Fiber, FiberSet, Scope, Tracer } from "effect"
import { Client } from "../client/index.ts"
import { Wakers } from "./cause-of-writes.ts"
import type { Controller } from "./controller.ts"
import { detached } from "./detached.ts"
import { type Diagnosed, makeDiagnosisLog } from "./diagnosis-log.ts"
import { makeEventRecorder } from "./events.ts"
import type { Informer } from "./informer.ts"
import { Informers } from "./informers.ts"
import { shutdownGrace } from "./limits.ts"
import { makeControllerMetrics, makeQueueMetrics } from "./metrics.ts"
import { ReconcileLog, type ReconcileRecord, RecordRing } from "./reconcile-log.ts"
import { type Run, worker } from "./reconcile-run.ts"
import type { Request } from "./reconciler.ts"
import { keyOf } from "./request.ts"
import { makeRequestQueue } from "./request-queue.ts"
import { TokenBucket } from "./token-bucket.ts"
import type { Priority, QueuedKey } from "./work-queue.ts"

/** A controller that runs, as others see it. */
export interface ControllerHandle {
  readonly name: string
  readonly informers: ReadonlyArray<Informer>
  /** Every key that is wanted or held: its age, its failures, and when it is tried again. */
  readonly queue: () => ReadonlyArray<QueuedKey>
  /** Asks for a reconcile, whatever the informers say. */
  readonly enqueue: (request: Request, options?: { readonly priority?: Priority }) => void
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
    isTraced: (yield* Tracer.Tracer) !== Context.get(Context.empty(), Tracer.Tracer),
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
    enqueue: (request, { priority } = {}) => queue.add(request, priority),
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
