/** What follows an end: nothing, a back-off, or the next attempt. */
import { Action } from "./action.ts"
import { delayStoodFor, restartDelaySeconds } from "./backoff.ts"
import { CRASH_LOOP, type End } from "./end.ts"
import { attemptOf, containerStatusOf, currentOf, type Observed } from "./observed.ts"
import { record, waiting } from "./record.ts"

type Plan = ReadonlyArray<Action>

export const planEnd = (observed: Observed, end: End): Plan => {
  if (!isRestarted(observed, end)) return record(observed, finished(end))
  const remaining = dueAt(observed, end) - observed.now
  if (remaining <= 0) return planNextAttempt(observed, end)
  const message = `the container ended with exit code ${end.exitCode} (${end.reason}) and is started again after a back-off`
  return [
    ...record(observed, { ...waiting(CRASH_LOOP, message), lastState: lastStateOf(end) }),
    Action.Wait({ seconds: Math.ceil(remaining / 1000) }),
  ]
}

/** Records the intent to run the next attempt; from then on the former one counts as former. */
export const planNextAttempt = (observed: Observed, end: End | undefined): Plan =>
  record(observed, {
    ...waiting("ContainerCreating", "the container is being started again"),
    attempt: attemptOf(observed) + 1,
    ...(end === undefined ? {} : { lastState: lastStateOf(end) }),
  })

const isRestarted = ({ object }: Observed, end: End): boolean => {
  const policy = object.spec.restartPolicy ?? "Always"
  return policy === "Always" || (policy === "OnFailure" && end.exitCode !== 0)
}

const dueAt = (observed: Observed, end: End): number => {
  const finishedAt = Date.parse(end.finishedAt)
  const delay = restartDelaySeconds({
    isRestart: attemptOf(observed) > 0,
    before: currentOf(observed)?.identity.backoffSeconds ?? 0,
    ranForSeconds: (finishedAt - Date.parse(end.startedAt)) / 1000,
  })
  return finishedAt + delay * 1000
}

/** The back-off that a start of this attempt stands for, by the time since the last end. */
export const backoffBefore = ({ object, now }: Observed, attempt: number): number => {
  const finishedAt = containerStatusOf(object)?.lastState?.terminated?.finishedAt
  return finishedAt === undefined ? 0 : delayStoodFor((now - Date.parse(finishedAt)) / 1000, attempt)
}

const lastStateOf = ({ exitCode, reason, message, startedAt, finishedAt }: End) => ({
  terminated: { exitCode, reason, ...(message === undefined ? {} : { message }), startedAt, finishedAt },
})

const finished = (end: End) => {
  const message = end.message ?? `the container ended with exit code ${end.exitCode}`
  return {
    state: lastStateOf(end),
    ready: { status: "False", reason: end.reason, message },
  } as const
}
