/**
 * One run of a controller: workers that take keys, reconcile them, do to each key what {@link disposition} says, record what went
 * in and out, and let go of it once the informers show what was written.
 */
import { Cause, Clock, Context, Duration, Effect, Exit, Fiber, FiberSet, Random, type Scope } from "effect"
import { type Client, ReadContext, WriteContext } from "../client/index.ts"
import type { Wakers } from "./cause-of-writes.ts"
import type { Controller } from "./controller.ts"
import { ControllerEvents } from "./controller-events.ts"
import type { DiagnosisLog } from "./diagnosis-log.ts"
import { Disposition, disposition } from "./disposition.ts"
import type { EventRecorder } from "./events.ts"
import type { Informer } from "./informer.ts"
import type { InformersShape } from "./informers.ts"
import { maxErrorLength } from "./limits.ts"
import type { ControllerMetrics } from "./metrics.ts"
import { awaitShown, OwnWrites } from "./read-your-writes.ts"
import { ReconcileInputs, type RecordedWrite } from "./reconcile-inputs.ts"
import type { ReconcileOutcome, ReconcileRecord } from "./reconcile-log.ts"
import type { Request, Result } from "./reconciler.ts"
import { keyString } from "./request.ts"
import type { RequestQueue } from "./request-queue.ts"
import type { TokenBucket } from "./token-bucket.ts"

/** Everything that one run of a controller holds. */
export interface Run<R> {
  readonly controller: Controller<R>
  readonly client: Client["Service"]
  readonly informers: InformersShape
  readonly primary: Informer
  readonly queue: RequestQueue
  readonly wakers: Wakers
  readonly metrics: ControllerMetrics
  readonly events: EventRecorder
  /** Bounds retries over all keys. */
  readonly retries: TokenBucket
  /** Spans go somewhere. */
  readonly isTraced: boolean
  readonly record: (record: ReconcileRecord) => void
  readonly diagnoses: DiagnosisLog
  /** Keys that wait for their own writes. */
  readonly holding: FiberSet.FiberSet<void>
  /** Closed when the grace is over. */
  readonly reconciles: Scope.Closeable
}

/** Takes keys until it is interrupted, which only the wait for a key hears. */
export const worker = <R>(run: Run<R>): Effect.Effect<never, never, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.forever(Effect.flatMap(restore(run.queue.take), (request) => reconcileOnce(run, request))),
  )

/** One reconcile while it runs. */
interface Turn {
  readonly request: Request
  readonly reconcileID: string
  readonly startedAtMs: number
  readonly inputs: ReconcileInputs
  readonly writes: OwnWrites
}

const reconcileOnce = Effect.fnUntraced(function* <R>(run: Run<R>, request: Request) {
  const { metrics, controller } = run
  const clock = yield* Clock.Clock
  const id = yield* Random.nextIntBetween(0, 0xffffffff)
  const reconcileID = id.toString(16).padStart(8, "0")
  const identity = { controller: controller.name, request, reconcileID }
  const turn: Turn = {
    request,
    reconcileID,
    startedAtMs: clock.currentTimeMillisUnsafe(),
    inputs: new ReconcileInputs(identity, run.wakers.take(request)),
    writes: new OwnWrites(),
  }
  metrics.active(1)
  const fiber = yield* Effect.forkIn(contained(run, turn), run.reconciles, { startImmediately: true })
  const ended = yield* Fiber.await(fiber)
  metrics.active(-1)
  const outcome = disposition(Exit.isSuccess(ended) ? ended.value : Exit.failCause(ended.cause))
  const durationMs = clock.currentTimeMillisUnsafe() - turn.startedAtMs
  run.record(recordOf(run, turn, { outcome, durationMs }))
  const seconds = durationMs / 1000
  // The common case, a world that is as it should be, takes the short way.
  if (outcome._tag === "Forget") forget(run, request, seconds)
  else yield* settle(run, turn, { outcome, seconds })
  const { woken, written } = turn.inputs
  const loop = written.length === 0 ? undefined : run.diagnoses.reconciled({ ...identity, woken, written })
  if (loop !== undefined) yield* loop
  if (turn.writes.isEmpty) run.queue.done(request)
  else yield* letGo(run, request, turn.writes)
})

/** The reconcile with its surroundings: span, log annotations, the notes of what it reads and writes, its time limit. */
const contained = <R>(run: Run<R>, turn: Turn): Effect.Effect<Exit.Exit<Result, unknown>, never, R> => {
  const { controller } = run
  const { request, reconcileID, inputs, writes } = turn
  const revision = run.primary.lister.get(request)?.metadata.resourceVersion ?? ""
  const labels = { controller: controller.name, object: keyString(request), reconcileID }
  const reconcile = Effect.suspend(() => controller.reconcile(request))
  const bounded = controller.timeout === undefined ? reconcile : Effect.timeout(reconcile, controller.timeout)
  // What it read and wrote is known when it ends; to be put together only where somebody looks at spans.
  const annotated = run.isTraced
    ? Effect.ensuring(
        bounded,
        Effect.suspend(() =>
          Effect.annotateCurrentSpan({ cause: inputs.cause, wrote: inputs.wrote.map(writeText) }),
        ),
      )
    : bounded
  return annotated.pipe(
    Effect.withSpan("reconcile", { attributes: { ...labels, revision } }, { captureStackTrace: false }),
    Effect.annotateLogs(labels),
    Effect.provideContext(surroundings(run, { inputs, writes })),
    Effect.exit,
  )
}

/** Who hears what the reconcile reads and writes. */
const surroundings = <R>(run: Run<R>, { inputs, writes }: Pick<Turn, "inputs" | "writes">) =>
  Context.make(WriteContext, {
    get cause() {
      return inputs.cause
    },
    onWritten: (written) => {
      writes.note(written)
      inputs.noteWritten(written)
    },
    onUnanswered: (write) => {
      writes.noteUnanswered(write)
      inputs.noteUnanswered(write)
    },
  }).pipe(Context.add(ReadContext, inputs), Context.add(ControllerEvents, run.events))

const writeText = ({ verb, kind, namespace, name, resourceVersion }: RecordedWrite): string =>
  `${verb} ${kind}/${namespace}/${name}@${resourceVersion}`

const outcomeNames: { readonly [D in Disposition["_tag"]]: ReconcileOutcome } = {
  Forget: "success",
  RequeueAfter: "requeue_after",
  Backoff: "error",
  Terminal: "terminal",
  Interrupted: "interrupted",
}

const lineOf = (error: unknown): string => {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return (text.split("\n")[0] ?? "").slice(0, maxErrorLength)
}

const errorOf = (outcome: Disposition): { readonly error?: string } => {
  if (outcome._tag === "Terminal")
    return { error: lineOf(`${outcome.error.reason}: ${outcome.error.message}`) }
  return outcome._tag === "Backoff" ? { error: lineOf(Cause.squash(outcome.cause)) } : {}
}

const recordOf = <R>(
  run: Run<R>,
  { request, reconcileID, startedAtMs, inputs }: Turn,
  { outcome, durationMs }: { readonly outcome: Disposition; readonly durationMs: number },
): ReconcileRecord => ({
  controller: run.controller.name,
  request,
  reconcileID,
  startedAtMs,
  durationMs,
  outcome: outcomeNames[outcome._tag],
  ...errorOf(outcome),
  failures: run.queue.failures(request),
  woke: inputs.woken.versions,
  wokeMore: inputs.woken.more,
  read: inputs.read,
  readMore: inputs.readMore,
  wrote: inputs.wrote,
  wroteMore: inputs.wroteMore,
})

const forget = <R>({ metrics, queue }: Run<R>, request: Request, seconds: number): void => {
  metrics.reconciled("success", seconds)
  queue.forget(request)
}

/** Does to the key what the disposition says. */
const settle = Effect.fnUntraced(function* <R>(
  run: Run<R>,
  { request, reconcileID }: Turn,
  { outcome, seconds }: { readonly outcome: Disposition; readonly seconds: number },
) {
  const { controller, queue, metrics } = run
  const retry = Effect.fnUntraced(function* (atLeast: Duration.Duration) {
    const delay = yield* controller.backoff(queue.failed(request))
    const turn = Duration.millis(run.retries.reserve(yield* Clock.currentTimeMillis))
    queue.addAfter(request, Duration.max(Duration.max(delay, atLeast), turn))
  })
  yield* Disposition.$match(outcome, {
    Forget: () => Effect.sync(() => forget(run, request, seconds)),
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
  }).pipe(Effect.annotateLogs({ controller: controller.name, object: keyString(request), reconcileID }))
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
