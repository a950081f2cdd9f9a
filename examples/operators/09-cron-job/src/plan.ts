/**
 * What is next for a CronSandbox: a pure function of its object, its sandboxes and the time. Start with {@link plan}.
 *
 * A run is named by the time that it is for: to start it twice is to start it once. What is due is worked out of
 * `status.lastScheduleTime`, so that a restart loses nothing; of times that were missed, only the last is made up for.
 */
import { Cron, Option, Result } from "effect"
import type { Sandbox } from "miren/schemas"
import type { CronSandbox } from "./generated/cronsandbox.gen.ts"

export interface Observed {
  readonly cron: CronSandbox
  /** Those that the CronSandbox owns. */
  readonly sandboxes: ReadonlyArray<Sandbox>
  readonly nowMs: number
}

export interface Plan {
  /** The run to start now, if any. */
  readonly start: { readonly name: string; readonly timeMs: number } | undefined
  /** Sandboxes to delete before it is started: what it replaces. */
  readonly replaced: ReadonlyArray<Sandbox>
  /** Ended sandboxes beyond what is kept. */
  readonly expired: ReadonlyArray<Sandbox>
  readonly active: ReadonlyArray<string>
  readonly lastScheduleMs: number | undefined
  /** When to look again; undefined where nothing is to come. */
  readonly nextMs: number | undefined
  readonly condition: { readonly status: "True" | "False"; readonly reason: string; readonly message: string }
}

export type Outcome = "running" | "succeeded" | "failed"

/** By what its containers did. One that will be started again still runs. */
export const outcomeOf = ({ spec, status }: Sandbox): Outcome => {
  const exits = (status?.containerStatuses ?? []).map(({ state }) => state?.terminated?.exitCode)
  if (exits.length < spec.containers.length || exits.includes(undefined)) return "running"
  if (exits.every((code) => code === 0)) return "succeeded"
  return spec.restartPolicy === "OnFailure" ? "running" : "failed"
}

export const runName = ({ metadata }: CronSandbox, timeMs: number): string =>
  `${metadata.name}-${Math.floor(timeMs / 60_000)}`

export const plan = (observed: Observed): Plan => {
  const { cron, sandboxes } = observed
  const alive = sandboxes.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const running = alive.filter((sandbox) => outcomeOf(sandbox) === "running")
  const last = cron.status?.lastScheduleTime
  const rest = {
    start: undefined,
    replaced: [],
    expired: expired(cron, alive),
    active: running.map(({ metadata }) => metadata.name).sort(),
    lastScheduleMs: last === undefined ? undefined : Date.parse(last),
    nextMs: undefined,
  }
  const parsed = Result.getSuccess(Cron.parse(cron.spec.schedule, cron.spec.timeZone ?? "UTC"))
  if (Option.isNone(parsed)) {
    const message = `${cron.spec.schedule} in ${cron.spec.timeZone ?? "UTC"} is no schedule`
    return { ...rest, condition: { status: "False", reason: "InvalidSchedule", message } }
  }
  if (cron.spec.suspend === true) {
    return { ...rest, condition: { status: "False", reason: "Suspended", message: "no run is started" } }
  }
  return { ...rest, ...runs(observed, parsed.value, running) }
}

/** The run that is due, by the schedule, the deadline and the policy. */
const runs = (
  { cron, sandboxes, nowMs }: Observed,
  schedule: Cron.Cron,
  running: ReadonlyArray<Sandbox>,
): Pick<Plan, "start" | "replaced" | "nextMs" | "condition"> & Partial<Pick<Plan, "lastScheduleMs">> => {
  const after = (ms: number): number => Cron.next(schedule, new Date(ms)).getTime()
  const { startingDeadlineSeconds, concurrencyPolicy = "Allow" } = cron.spec
  const since = Date.parse(cron.status?.lastScheduleTime ?? cron.metadata.creationTimestamp ?? "")
  const waiting = (reason: string, message: string) => ({
    start: undefined,
    replaced: [],
    nextMs: after(Math.max(since, nowMs)),
    condition: { status: "True" as const, reason, message },
  })
  if (after(since) > nowMs) return waiting("Scheduled", "the schedule is followed")
  const timeMs = Cron.prev(schedule, new Date(nowMs + 1000)).getTime()
  const isLate = startingDeadlineSeconds !== undefined && nowMs - timeMs > startingDeadlineSeconds * 1000
  if (isLate)
    return waiting("Missed", `the run of ${new Date(timeMs).toISOString()} was let go: it is too late for it`)
  const name = runName(cron, timeMs)
  // Started before, by a reconcile that was cut off before it wrote so.
  if (sandboxes.some(({ metadata }) => metadata.name === name)) {
    return { ...waiting("Scheduled", "the schedule is followed"), lastScheduleMs: timeMs }
  }
  if (running.length > 0 && concurrencyPolicy === "Forbid") {
    return waiting("Waiting", "a run is due, and waits for the end of its forerunner")
  }
  return {
    ...waiting("Scheduled", "the schedule is followed"),
    start: { name, timeMs },
    replaced: concurrencyPolicy === "Replace" ? running : [],
    lastScheduleMs: timeMs,
  }
}

/** Of each outcome the newest are kept. */
const expired = (cron: CronSandbox, sandboxes: ReadonlyArray<Sandbox>): ReadonlyArray<Sandbox> => {
  const newestFirst = sandboxes.toSorted((a, b) => timeOf(b) - timeOf(a))
  const beyond = (outcome: Outcome, limit: number) =>
    newestFirst.filter((sandbox) => outcomeOf(sandbox) === outcome).slice(limit)
  return [
    ...beyond("succeeded", cron.spec.successfulHistoryLimit ?? 3),
    ...beyond("failed", cron.spec.failedHistoryLimit ?? 1),
  ]
}

/** Minutes, as the run's name says. */
const timeOf = ({ metadata }: Sandbox): number =>
  Number(metadata.name.slice(metadata.name.lastIndexOf("-") + 1))
