/**
 * Sources to queue to workers to one reconcile. Start with {@link Controller.make}; run with a Manager.
 *
 * Flow: informers sync; every object becomes a key; each worker takes a key, reconciles it, lets {@link disposition} say what
 * becomes of it, and lets go of it once the informers show what the reconcile wrote.
 */
import { Clock, Duration, Effect, Exit, Fiber, FiberSet, Random, Scope } from "effect"
import { Client, WriteContext } from "../client/index.ts"
import type { Kind } from "../schemas/index.ts"
import { type Backoff, exponentialBackoff } from "./backoff.ts"
import { causeOf, Wakers } from "./cause-of-writes.ts"
import { detached } from "./detached.ts"
import { Disposition, disposition } from "./disposition.ts"
import { type EventRecorder, makeEventRecorder } from "./events.ts"
import type { Informer } from "./informer.ts"
import { Informers, type InformersShape } from "./informers.ts"
import { shutdownGrace } from "./limits.ts"
import { type ControllerMetrics, makeControllerMetrics, makeQueueMetrics } from "./metrics.ts"
import { awaitShown, OwnWrites } from "./read-your-writes.ts"
import type { Reconcile, Request, Result } from "./reconciler.ts"
import { keyString } from "./request.ts"
import { makeRequestQueue, type RequestQueue } from "./request-queue.ts"
import { owning, reconciling, type Source } from "./sources.ts"
import type { QueuedKey } from "./work-queue.ts"

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
  readonly timeout: Duration.Duration | undefined
  readonly reconcile: Reconcile<unknown, R>
}

/** A controller that runs, as others see it. */
export interface ControllerHandle {
  readonly name: string
  readonly informers: ReadonlyArray<Informer>
  readonly queue: () => ReadonlyArray<QueuedKey>
  /** Asks for a reconcile, whatever the informers say. */
  readonly enqueue: (request: Request) => void
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
      timeout: options.timeout === undefined ? undefined : Duration.fromInputUnsafe(options.timeout),
      reconcile: options.reconcile,
    }
  },
}

/** Everything that one run of a controller holds. */
interface Run<R> {
  readonly controller: Controller<R>
  readonly client: Client["Service"]
  readonly informers: InformersShape
  readonly primary: Informer
  readonly queue: RequestQueue
  readonly wakers: Wakers
  readonly metrics: ControllerMetrics
  readonly events: EventRecorder
  /** Keys that wait for their own writes. */
  readonly holding: FiberSet.FiberSet<void>
  /** Closed when the grace is over. */
  readonly reconciles: Scope.Closeable
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
  const metrics = yield* makeControllerMetrics(controller.name, controller.concurrency)
  const queue = yield* makeRequestQueue(yield* makeQueueMetrics(controller.name))
  const wakers = new Wakers()
  const sources: Array<Informer> = []
  for (const source of controller.sources) {
    const informer = yield* informers.get(source.kind, source.selection)
    sources.push(informer)
    yield* informer.subscribe((change) => {
      for (const request of source.requests(change)) {
        wakers.note(request, change)
        queue.add(request)
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
    events: yield* makeEventRecorder(controller.name),
    holding: yield* FiberSet.make<void>(),
    reconciles: yield* Scope.make(),
  }
  const synced = Effect.forEach(sources, (informer) => informer.synced, { discard: true })
  const workers = Array.from({ length: controller.concurrency }, () => Effect.andThen(synced, worker(run)))
  yield* Effect.acquireRelease(
    Effect.forEach(workers, (loop) => Effect.forkDetach(loop)),
    (fibers) => drain(fibers, run.reconciles, options.grace?.() ?? shutdownGrace),
  )
  return { name: controller.name, informers: sources, queue: queue.contents, enqueue: queue.add }
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

/** Takes keys until it is interrupted, which only the wait for a key hears. */
const worker = <R>(run: Run<R>): Effect.Effect<never, never, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.forever(Effect.flatMap(restore(run.queue.take), (request) => reconcileOnce(run, request))),
  )

const reconcileOnce = Effect.fnUntraced(function* <R>(run: Run<R>, request: Request) {
  const { metrics } = run
  const clock = yield* Clock.Clock
  const startedAt = clock.currentTimeMillisUnsafe()
  const writes = new OwnWrites()
  const woke = run.wakers.take(request)
  metrics.active(1)
  const fiber = yield* Effect.forkIn(contained(run, request, { writes, woke }), run.reconciles, {
    startImmediately: true,
  })
  const ended = yield* Fiber.await(fiber)
  metrics.active(-1)
  const outcome = disposition(Exit.isSuccess(ended) ? ended.value : Exit.failCause(ended.cause))
  const seconds = (clock.currentTimeMillisUnsafe() - startedAt) / 1000
  yield* settle(run, request, { outcome, seconds })
  yield* letGo(run, request, writes)
})

/** The reconcile with its surroundings: span, log annotations, the cause and the notes of its writes, its time limit. */
const contained = <R>(
  run: Run<R>,
  request: Request,
  { writes, woke }: { readonly writes: OwnWrites; readonly woke: ReadonlyArray<string> },
): Effect.Effect<Exit.Exit<Result, unknown>, never, R> => {
  const { controller } = run
  const object = keyString(request)
  return Effect.flatMap(Random.nextIntBetween(0, 0xffffffff), (id) => {
    const reconcileID = id.toString(16).padStart(8, "0")
    const revision = run.primary.lister.get(request)?.metadata.resourceVersion ?? ""
    const labels = { controller: controller.name, object, reconcileID }
    const reconcile = Effect.suspend(() => controller.reconcile(request))
    const bounded =
      controller.timeout === undefined ? reconcile : Effect.timeout(reconcile, controller.timeout)
    return bounded.pipe(
      Effect.withSpan("reconcile", { attributes: { ...labels, revision, woke } }),
      Effect.provideService(WriteContext, {
        cause: causeOf(controller.name, request, woke),
        onWritten: writes.note,
        onUnanswered: writes.noteUnanswered,
      }),
      Effect.annotateLogs(labels),
      Effect.exit,
    )
  })
}

/** Does to the key what the disposition says. */
const settle = Effect.fnUntraced(function* <R>(
  run: Run<R>,
  request: Request,
  { outcome, seconds }: { readonly outcome: Disposition; readonly seconds: number },
) {
  const { controller, queue, metrics } = run
  const retry = Effect.fnUntraced(function* (atLeast: Duration.Duration) {
    const delay = yield* controller.backoff(queue.failed(request))
    queue.addAfter(request, Duration.max(delay, atLeast))
  })
  yield* Disposition.$match(outcome, {
    Forget: () =>
      Effect.sync(() => {
        metrics.reconciled("success", seconds)
        queue.forget(request)
      }),
    RequeueAfter: ({ delay }) =>
      Effect.sync(() => {
        metrics.reconciled("requeue_after", seconds)
        queue.forget(request)
        queue.addAfter(request, delay)
      }),
    Backoff: ({ atLeast, cause, kind }) =>
      Effect.gen(function* () {
        metrics.reconciled("error", seconds)
        if (kind === "defect") metrics.defect()
        const log = { expected: Effect.logDebug, failure: Effect.logWarning, defect: Effect.logError }[kind]
        yield* log("reconcile failed", cause)
        yield* retry(atLeast)
      }),
    Terminal: ({ error }) =>
      Effect.gen(function* () {
        metrics.reconciled("error", seconds)
        metrics.terminal()
        queue.forget(request)
        const object = run.primary.lister.get(request)
        if (object !== undefined) {
          run.events.record(object, { type: "Warning", reason: error.reason, message: error.message })
        }
        yield* Effect.logWarning("reconcile gave up until the object changes", error.message)
      }),
    // By a shutdown, or by the reconcile itself: in both cases the work is not done.
    Interrupted: () => retry(Duration.zero),
  }).pipe(Effect.annotateLogs({ controller: controller.name, object: keyString(request) }))
})

/** Ends the hold on the key; in its own time where an informer has yet to show what was written. */
const letGo = Effect.fnUntraced(function* <R>(run: Run<R>, request: Request, writes: OwnWrites) {
  if (writes.areShown(run.informers)) {
    run.queue.done(request)
    return
  }
  const wait = Effect.flatMap(awaitShown(run, writes), (shown) => {
    run.queue.done(request)
    if (shown) return Effect.void
    run.metrics.ownWriteUnseen()
    return Effect.logWarning("an informer does not show what was written")
  })
  yield* FiberSet.run(run.holding, wait)
})
