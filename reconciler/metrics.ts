/**
 * What a controller counts, under controller-runtime's and client-go's names, so that their dashboards and alerts hold.
 * Source: controller-runtime `pkg/internal/controller/metrics`, client-go `util/workqueue` metric names.
 */
import { type Context, Effect, Metric } from "effect"

type Labels = { readonly [label: string]: string }

const secondsBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const queueBoundaries = [0.000001, 0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000]

const counter = (name: string, labels: Labels) =>
  Metric.withAttributes(Metric.counter(name, { incremental: true }), labels)
const gauge = (name: string, labels: Labels) => Metric.withAttributes(Metric.gauge(name), labels)
const histogram = (name: string, labels: Labels, boundaries: ReadonlyArray<number>) =>
  Metric.withAttributes(Metric.histogram(name, { boundaries }), labels)

/** The outcomes of a reconcile that are told apart. */
type ReconcileResult = "success" | "requeue_after" | "error"

export interface ControllerMetrics {
  readonly reconciled: (result: ReconcileResult, seconds: number) => void
  readonly terminal: () => void
  readonly defect: () => void
  /** +1 when a worker begins, -1 when it ends. */
  readonly active: (change: 1 | -1) => void
  readonly ownWriteUnseen: () => void
  readonly diagnosed: (type: "HotLoop" | "Fight") => void
}

export interface QueueMetrics {
  readonly added: () => void
  readonly retried: () => void
  readonly depth: (depth: number) => void
  readonly waited: (seconds: number) => void
  readonly worked: (seconds: number) => void
  /** How long the keys held now have been held: rising without end, a worker is stuck. */
  readonly held: (seconds: ReadonlyArray<number>) => void
}

export const makeControllerMetrics = (
  controller: string,
  concurrency: number,
): Effect.Effect<ControllerMetrics> =>
  Effect.map(Effect.context<never>(), (context: Context.Context<never>) => {
    const labels = { controller }
    const total = (result: ReconcileResult) =>
      counter("controller_runtime_reconcile_total", { controller, result })
    const totals = { success: total("success"), requeue_after: total("requeue_after"), error: total("error") }
    const errors = counter("controller_runtime_reconcile_errors_total", labels)
    const terminal = counter("controller_runtime_terminal_reconcile_errors_total", labels)
    const defects = counter("controller_runtime_reconcile_panics_total", labels)
    const time = histogram("controller_runtime_reconcile_time_seconds", labels, secondsBoundaries)
    const active = gauge("controller_runtime_active_workers", labels)
    const unseen = counter("reconciler_own_write_unseen_total", labels)
    gauge("controller_runtime_max_concurrent_reconciles", labels).updateUnsafe(concurrency, context)
    return {
      reconciled: (result, seconds) => {
        totals[result].updateUnsafe(1, context)
        if (result === "error") errors.updateUnsafe(1, context)
        time.updateUnsafe(seconds, context)
      },
      terminal: () => terminal.updateUnsafe(1, context),
      defect: () => defects.updateUnsafe(1, context),
      active: (change) => active.modifyUnsafe(change, context),
      diagnosed: (type) =>
        counter("reconciler_diagnoses_total", { controller, type }).updateUnsafe(1, context),
      ownWriteUnseen: () => unseen.updateUnsafe(1, context),
    }
  })

export const makeQueueMetrics = (controller: string): Effect.Effect<QueueMetrics> =>
  Effect.map(Effect.context<never>(), (context: Context.Context<never>) => {
    const labels = { name: controller, controller }
    const adds = counter("workqueue_adds_total", labels)
    const retries = counter("workqueue_retries_total", labels)
    const depth = gauge("workqueue_depth", labels)
    const waited = histogram("workqueue_queue_duration_seconds", labels, queueBoundaries)
    const worked = histogram("workqueue_work_duration_seconds", labels, queueBoundaries)
    const unfinished = gauge("workqueue_unfinished_work_seconds", labels)
    const longest = gauge("workqueue_longest_running_processor_seconds", labels)
    return {
      added: () => adds.updateUnsafe(1, context),
      retried: () => retries.updateUnsafe(1, context),
      depth: (keys) => depth.updateUnsafe(keys, context),
      waited: (seconds) => waited.updateUnsafe(seconds, context),
      worked: (seconds) => worked.updateUnsafe(seconds, context),
      held: (seconds) => {
        unfinished.updateUnsafe(
          seconds.reduce((sum, one) => sum + one, 0),
          context,
        )
        longest.updateUnsafe(Math.max(0, ...seconds), context)
      },
    }
  })

/** One while this process leads, else zero. */
export const leaderStatus = (name: string) => gauge("leader_election_master_status", { name })
