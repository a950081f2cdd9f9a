import { expect, test } from "vitest"
import type { Reminder } from "../src/generated/reminder.gen.ts"
import { plan } from "../src/plan.ts"

const at = (time: string): number => Date.parse(`2026-03-01T${time}:00Z`)
const reminder = (schedule: string, lastTime?: string): Reminder => ({
  apiVersion: "examples.miren.dev/v1",
  kind: "Reminder",
  metadata: { name: "tea", namespace: "default", creationTimestamp: "2026-03-01T08:00:00Z" },
  spec: { schedule, text: "tea" },
  ...(lastTime === undefined ? {} : { status: { lastTime } }),
})

test.each<[string, Reminder, string, string | undefined, string]>([
  ["is not due before its first time", reminder("0 9 * * *"), "08:30", undefined, "09:00"],
  ["is due at its time", reminder("0 9 * * *"), "09:00", "09:00", "09:00 tomorrow"],
  ["is due once when many times were missed", reminder("*/10 * * * *"), "10:05", "10:00", "10:10"],
  ["is not due again", reminder("*/10 * * * *", "2026-03-01T10:00:00Z"), "10:05", undefined, "10:10"],
])("a reminder %s", (_name, given, now, due, next) => {
  const planned = plan(given, at(now))
  const [time = "", tomorrow] = next.split(" ")
  const wanted = at(time) + (tomorrow === undefined ? 0 : 86_400_000)
  expect(planned).toEqual({ _tag: "Scheduled", due: due === undefined ? undefined : at(due), next: wanted })
})

test("a schedule that is none is told, not followed", () => {
  expect(plan(reminder("sometimes"), at("09:00"))).toMatchObject({ _tag: "Invalid" })
})
