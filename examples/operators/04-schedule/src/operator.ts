/** A Reminder records an Event whenever its schedule says so. What is due is worked out of the status: nothing is kept in memory. */
import { Clock, Duration, Effect } from "effect"
import {
  Controller,
  Informers,
  Manager,
  makeApplier,
  makeEventRecorder,
  type Request,
  Result,
  rfc3339,
  setCondition,
} from "miren/reconciler"
import { Reminder } from "./generated/reminder.gen.ts"
import { plan } from "./plan.ts"

const name = "reminder-operator"

const reminderController = Effect.gen(function* () {
  const reminders = yield* (yield* Informers).get(Reminder)
  const { applyStatus } = yield* makeApplier(name)
  const events = yield* makeEventRecorder(name)

  const reconcile = Effect.fnUntraced(function* (request: Request) {
    const reminder = reminders.lister.get(request)
    if (reminder === undefined || reminder.metadata.deletionTimestamp !== undefined) return Result.Done()
    const now = yield* Clock.currentTimeMillis
    const planned = plan(reminder, now)
    const isValid = planned._tag === "Scheduled"
    const { generation } = reminder.metadata
    const scheduled = {
      type: "Scheduled",
      status: isValid ? ("True" as const) : ("False" as const),
      reason: isValid ? "Scheduled" : "InvalidSchedule",
      message: isValid ? "the schedule is followed" : planned.message,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    }
    const conditions = setCondition(reminder.status?.conditions, scheduled, rfc3339(now))
    const { lastTime, count = 0 } = reminder.status ?? {}
    if (!isValid) {
      yield* applyStatus(Reminder, reminder, {
        ...(lastTime === undefined ? {} : { lastTime }),
        count,
        conditions,
      })
      return Result.Done()
    }
    const { due, next } = planned
    const told = due === undefined ? lastTime : rfc3339(due)
    // Written down first: a reminder may be lost by a crash, but is never given twice.
    yield* applyStatus(Reminder, reminder, {
      ...(told === undefined ? {} : { lastTime: told }),
      nextTime: rfc3339(next),
      count: due === undefined ? count : count + 1,
      conditions,
    })
    if (due !== undefined)
      events.record(reminder, { type: "Normal", reason: "Due", message: reminder.spec.text })
    return Result.RequeueAfter({ delay: Duration.millis(Math.max(0, next - now)) })
  })
  return Controller.make({ name, for: Reminder, reconcile })
})

export const operator = Effect.flatMap(reminderController, (reminders) =>
  Manager.start({ controllers: [reminders] }),
)
