/**
 * What a runner does next for one Sandbox: a pure function of what was observed. Start with {@link plan}.
 *
 * Expected flow: 1. the finalizer; 2. the image; 3. create and start under an id made of uid and attempt; 4. the status.
 * An end is recorded; when its back-off is over the next attempt is recorded first, then the former one is removed, and the
 * flow goes on at 2 under the new id. Deletion: stop, remove, and the finalizer last.
 * Assumes nothing of where an earlier run was cut: the world is met as it is.
 */
import { Result } from "effect"
import { conditionOf, rfc3339 } from "../../reconciler/index.ts"
import type { Sandbox } from "../../schemas/index.ts"
import { SANDBOX_FINALIZER } from "../finalizers.ts"
import { Action } from "./action.ts"
import { endOf } from "./end.ts"
import { labelsOf, runtimeIdOf } from "./identity.ts"
import { attemptOf, containerStatusOf, currentOf, type Observed, type RuntimeAttempt } from "./observed.ts"
import { backoffBefore, planEnd, planNextAttempt } from "./plan-end.ts"
import { planFailure } from "./plan-failure.ts"
import { record, waiting } from "./record.ts"
import { type DesiredRuntime, desiredRuntimeOf } from "./runtime-spec.ts"
import type { Verdict } from "./status.ts"

type Plan = ReadonlyArray<Action>

/** The next actions, in order; then observe again. [] is a converged Sandbox. */
export const plan = (observed: Observed): Plan => {
  const { metadata, spec } = observed.object
  if (spec.nodeName !== observed.node.name) return []
  const isHeld = metadata.finalizers?.includes(SANDBOX_FINALIZER) ?? false
  if (metadata.deletionTimestamp !== undefined) return isHeld ? planDeletion(observed) : []
  if (!isHeld) return [Action.AddFinalizer()]
  if (isTakeDownFailed(observed)) return [Action.Retry()]
  const attempt = attemptOf(observed)
  const former = observed.runtimes.filter(({ identity }) => identity.attempt !== attempt)
  if (former.length > 0) return former.flatMap((runtime) => takeDown(observed, runtime))
  const desired = desiredRuntimeOf(observed.object, observed.node.info)
  return Result.isSuccess(desired)
    ? planAttempt(observed, desired.success)
    : record(observed, waiting("InvalidSpec", desired.failure))
}

const planAttempt = (observed: Observed, desired: DesiredRuntime): Plan => {
  const current = currentOf(observed)
  if (current !== undefined && isOutdated(observed, current, desired)) {
    return current.task.state === "running"
      ? [stop(observed, current)]
      : planNextAttempt(observed, endOf(observed))
  }
  if (current?.task.state === "running") return record(observed, running(observed, current.task.startedAt))
  const end = endOf(observed)
  if (end !== undefined) return planEnd(observed, end)
  if (observed.failure !== undefined) return planFailure(observed, observed.failure)
  if (observed.heldUntil !== undefined && observed.heldUntil > observed.now) {
    return [Action.Wait({ seconds: Math.ceil((observed.heldUntil - observed.now) / 1000) })]
  }
  return current?.task.state === "created"
    ? [Action.Start({ id: current.id })]
    : planCreation(observed, desired)
}

/** Whether the user has changed what runs since. A new daemon that hashes otherwise is no such change. */
const isOutdated = ({ object }: Observed, { identity }: RuntimeAttempt, desired: DesiredRuntime): boolean =>
  identity.specHash !== desired.hash && object.status?.observedGeneration !== object.metadata.generation

const planCreation = (observed: Observed, desired: DesiredRuntime): Plan => {
  const { object, image } = observed
  const [container] = object.spec.containers
  const policy = container?.imagePullPolicy ?? "IfNotPresent"
  if (image === undefined || (policy === "Always" && !image.isFresh)) {
    const [{ image: reference }] = desired.spec.containers
    // A container that waits says why already: a retry does not take that back.
    const isTold = containerStatusOf(object)?.state?.waiting !== undefined
    return [...(isTold ? [] : record(observed, creating)), Action.EnsureImage({ reference, policy })]
  }
  const { uid = "", namespace = "", name } = object.metadata
  const attempt = attemptOf(observed)
  const backoffSeconds = backoffBefore(observed, attempt)
  const labels = labelsOf({ namespace, name, uid, attempt, specHash: desired.hash, backoffSeconds })
  return [Action.Create({ spec: { ...desired.spec, id: runtimeIdOf(uid, attempt), labels } })]
}

const creating: Verdict = waiting("ContainerCreating", "the sandbox is being made")

const running = (observed: Observed, startedAt: Date | undefined): Verdict => {
  const recorded = containerStatusOf(observed.object)?.state?.running?.startedAt
  const at = recorded ?? rfc3339(startedAt?.getTime() ?? observed.now)
  return {
    state: { running: { startedAt: at } },
    ready: { status: "True", reason: "Running", message: "the container runs" },
  }
}

const planDeletion = (observed: Observed): Plan => {
  if (isTakeDownFailed(observed)) return [Action.Retry()]
  if (observed.runtimes.length === 0) return [Action.RemoveFinalizer()]
  const ready = conditionOf(observed.object.status?.conditions, "Ready")
  const state = containerStatusOf(observed.object)?.state ?? creating.state
  const verdict = { status: "False", reason: "Terminating", message: "the sandbox is being deleted" } as const
  return [
    ...(ready?.reason === "Terminating" ? [] : record(observed, { state, ready: verdict })),
    ...observed.runtimes.flatMap((runtime) => takeDown(observed, runtime)),
  ]
}

const isTakeDownFailed = ({ failure }: Observed): boolean =>
  failure?.verb === "Stop" || failure?.verb === "Remove"

/** A deletion says how long; without one, the spec does. */
const graceSecondsOf = ({ metadata, spec }: Sandbox): number =>
  (metadata.deletionTimestamp === undefined ? undefined : metadata.deletionGracePeriodSeconds) ??
  spec.terminationGracePeriodSeconds ??
  30

const stop = ({ object }: Observed, { id }: RuntimeAttempt): Action =>
  Action.Stop({ id, graceSeconds: graceSecondsOf(object) })

const takeDown = (observed: Observed, runtime: RuntimeAttempt): Plan => [
  ...(runtime.task.state === "running" ? [stop(observed, runtime)] : []),
  Action.Remove({ id: runtime.id }),
]
