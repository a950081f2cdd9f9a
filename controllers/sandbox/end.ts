/** How the attempt that is on has ended, wherever that can be seen: at the runtime, in the status, in a failed start. */

import { rfc3339 } from "../../reconciler/index.ts"
import type { SandboxContainerStateTerminated } from "../../schemas/index.ts"
import { containerStatusOf, currentOf, type Failure, type Observed, type RuntimeAttempt } from "./observed.ts"

export type End = SandboxContainerStateTerminated & {
  readonly reason: string
  readonly startedAt: string
  readonly finishedAt: string
}

/** The kubelet's exit codes for what never ran, and for what was lost from sight. */
const START_FAILED_EXIT_CODE = 128
const LOST_EXIT_CODE = 137

export const CRASH_LOOP = "CrashLoopBackOff"

/** The end of the current attempt, or undefined while it runs or is still to run. */
export const endOf = (observed: Observed): End | undefined => {
  const current = currentOf(observed)
  if (current?.task.state === "running") return undefined
  if (current?.task.state === "exited") return exitOf(observed, current, current.task)
  if (isSpent(observed.failure)) return failedStart(observed, observed.failure)
  const recorded = recordedEndOf(observed)
  if (recorded !== undefined) return recorded
  const running = containerStatusOf(observed.object)?.state?.running
  return running !== undefined && current === undefined ? lost(observed, running.startedAt) : undefined
}

const exitOf = (
  observed: Observed,
  current: RuntimeAttempt,
  task: Extract<RuntimeAttempt["task"], { state: "exited" }>,
): End => {
  const finishedAt = rfc3339(task.exitedAt.getTime())
  const reason = task.oomKilled ? "OOMKilled" : task.exitCode === 0 ? "Completed" : "Error"
  const startedAt = startedAtOf(observed, finishedAt) ?? rfc3339(current.createdAt.getTime())
  return { exitCode: task.exitCode, reason, startedAt, finishedAt }
}

/** When the run that ended at `finishedAt` began, if a status ever said. */
const startedAtOf = ({ object }: Observed, finishedAt: string): string | undefined => {
  const { state, lastState } = containerStatusOf(object) ?? {}
  const ended = [state?.terminated, lastState?.terminated].find((end) => end?.finishedAt === finishedAt)
  return state?.running?.startedAt ?? ended?.startedAt
}

/** Whether the failure means that this attempt's id is used up: another try needs another id. */
const isSpent = (failure: Failure | undefined): failure is Failure =>
  failure !== undefined &&
  (failure.verb === "Create" || failure.verb === "Start") &&
  ["StartFailed", "InvalidArgument", "FailedPrecondition", "AlreadyExists"].includes(failure.error.reason)

const failedStart = ({ now }: Observed, { error }: Failure): End => {
  const at = rfc3339(now)
  const message = error.message
  return { exitCode: START_FAILED_EXIT_CODE, reason: "StartError", message, startedAt: at, finishedAt: at }
}

const recordedEndOf = ({ object }: Observed): End | undefined => {
  const { state, lastState } = containerStatusOf(object) ?? {}
  const end = state?.terminated ?? (state?.waiting?.reason === CRASH_LOOP ? lastState?.terminated : undefined)
  if (end?.finishedAt === undefined) return undefined
  const { finishedAt, startedAt, reason } = end
  return { ...end, finishedAt, startedAt: startedAt ?? finishedAt, reason: reason ?? "Error" }
}

const lost = ({ now }: Observed, startedAt: string | undefined): End => ({
  exitCode: LOST_EXIT_CODE,
  reason: "ContainerStatusUnknown",
  message: "the runtime knows nothing of the container any more",
  startedAt: startedAt ?? rfc3339(now),
  finishedAt: rfc3339(now),
})
