import type { Sandbox } from "miren/schemas"
import { expect, test } from "vitest"
import type { CronSandboxSpec } from "../src/generated/cronsandbox.gen.ts"
import { type Observed, plan } from "../src/plan.ts"
import { cronSandbox, ended } from "./cron-sandbox.ts"

const at = (time: string): number => Date.parse(`2026-03-01T${time}Z`)
const run = (time: string): Sandbox => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { name: `job-${at(`${time}:00`) / 60_000}`, namespace: "default" },
  spec: { containers: [{ name: "work", image: "x" }], restartPolicy: "Never" },
})
const observed = (
  now: string,
  more: { spec?: Partial<CronSandboxSpec>; last?: string; runs?: ReadonlyArray<Sandbox> } = {},
): Observed => {
  const cron = cronSandbox(more.spec)
  const status =
    more.last === undefined ? {} : { status: { lastScheduleTime: `2026-03-01T${more.last}:00Z` } }
  return { cron: { ...cron, ...status }, sandboxes: more.runs ?? [], nowMs: at(now) }
}
const hour = (sandbox: Sandbox | { readonly name: string } | undefined): string | undefined => {
  if (sandbox === undefined) return undefined
  const name = "metadata" in sandbox ? sandbox.metadata.name : sandbox.name
  return new Date(Number(name.slice(4)) * 60_000).toISOString().slice(11, 16)
}
const tell = (given: Observed): string => {
  const { start, replaced, expired, condition } = plan(given)
  const parts = [
    ...replaced.map((sandbox) => `replace ${hour(sandbox)}`),
    ...(start === undefined ? [] : [`start ${hour(start)}`]),
    ...expired.map((sandbox) => `expire ${hour(sandbox)}`),
    condition.reason,
  ]
  return parts.join(", ")
}

test.each<[string, Observed, string]>([
  ["starts nothing before its first time", observed("08:00:45"), "Scheduled"],
  ["starts the run that is due", observed("08:01:00"), "start 08:01, Scheduled"],
  ["starts one run when many were missed", observed("08:09:30", { last: "08:02" }), "start 08:09, Scheduled"],
  [
    "lets go a run that is past its deadline",
    observed("08:05:30", { spec: { startingDeadlineSeconds: 20 }, last: "08:04" }),
    "Missed",
  ],
  [
    "starts a run within its deadline",
    observed("08:05:10", { spec: { startingDeadlineSeconds: 20 }, last: "08:04" }),
    "start 08:05, Scheduled",
  ],
  ["starts nothing while it is suspended", observed("08:05:00", { spec: { suspend: true } }), "Suspended"],
  [
    "tells of a schedule that is none",
    observed("08:05:00", { spec: { schedule: "now" } }),
    "InvalidSchedule",
  ],
  [
    "tells of a time zone that is none",
    observed("08:05:00", { spec: { timeZone: "Mars" } }),
    "InvalidSchedule",
  ],
  [
    "starts beside one that runs",
    observed("08:05:00", { last: "08:04", runs: [run("08:04")] }),
    "start 08:05, Scheduled",
  ],
  [
    "waits for one that runs, where it must",
    observed("08:05:00", { spec: { concurrencyPolicy: "Forbid" }, last: "08:04", runs: [run("08:04")] }),
    "Waiting",
  ],
  [
    "goes on when that has ended",
    observed("08:05:40", {
      spec: { concurrencyPolicy: "Forbid" },
      last: "08:04",
      runs: [ended(run("08:04"), 0)],
    }),
    "start 08:05, Scheduled",
  ],
  [
    "takes the place of one that runs, where it may",
    observed("08:05:00", { spec: { concurrencyPolicy: "Replace" }, last: "08:04", runs: [run("08:04")] }),
    "replace 08:04, start 08:05, Scheduled",
  ],
  [
    "does not start again what it started before it was cut off",
    observed("08:05:10", { last: "08:04", runs: [ended(run("08:05"), 0)] }),
    "Scheduled",
  ],
  [
    "keeps the newest of those that ended",
    observed("08:05:10", {
      spec: { successfulHistoryLimit: 1, failedHistoryLimit: 0 },
      last: "08:05",
      runs: [ended(run("08:01"), 0), ended(run("08:02"), 1), ended(run("08:03"), 0), run("08:05")],
    }),
    "expire 08:01, expire 08:02, Scheduled",
  ],
])("it %s", (_name, given, want) => {
  expect(tell(given)).toBe(want)
})
