/** Time in a test, moved so that everything under way comes to rest in between. */
import { Effect } from "effect"
import { TestClock } from "effect/testing"

/** Turns of the event loop that a chain of requests and events may take before it is at rest. */
const turns = 40

/** Lets what is under way come to rest; no time passes. */
export const settle: Effect.Effect<void> = Effect.asVoid(Effect.repeat(Effect.yieldNow, { times: turns }))

/** Lets time pass step by step: what comes over a connection comes between the steps. */
export const pass = (seconds: number, stepMs = 1000): Effect.Effect<void> =>
  settle.pipe(
    Effect.andThen(
      Effect.repeat(Effect.andThen(TestClock.adjust(stepMs), settle), {
        times: Math.max(0, Math.ceil((seconds * 1000) / stepMs) - 1),
      }),
    ),
  )
