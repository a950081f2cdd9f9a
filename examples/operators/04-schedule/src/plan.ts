/** Whether a Reminder is due, and when to look again: a pure function of its object and the time. */
import { Cron, Option, Result } from "effect"
import type { Reminder } from "./generated/reminder.gen.ts"

export type Plan =
  | { readonly _tag: "Invalid"; readonly message: string }
  /** `due` is the time that is owed, the last one where several have been missed. */
  | { readonly _tag: "Scheduled"; readonly due: number | undefined; readonly next: number }

const times = (cron: Cron.Cron, afterMs: number): number => Cron.next(cron, new Date(afterMs)).getTime()

export const plan = ({ metadata, spec, status }: Reminder, nowMs: number): Plan => {
  const parsed = Result.getSuccess(Cron.parse(spec.schedule, spec.timeZone ?? "UTC"))
  if (Option.isNone(parsed))
    return { _tag: "Invalid", message: `${spec.schedule} is no schedule of five fields` }
  const cron = parsed.value
  const since = Date.parse(status?.lastTime ?? metadata.creationTimestamp ?? "")
  if (times(cron, since) > nowMs) return { _tag: "Scheduled", due: undefined, next: times(cron, since) }
  // Of those that were missed only the last is owed: a day of sleep is not made up for by a day of reminders.
  const due = Cron.prev(cron, new Date(nowMs + 1000)).getTime()
  return { _tag: "Scheduled", due, next: times(cron, due) }
}
