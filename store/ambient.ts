/** The real world's time and chance: the only file of this folder that asks for them unasked. */
import { Clock, Duration, Effect } from "effect"
import type { StoreTimer } from "./timer.ts"

const delayMsMax = 2 ** 31 - 1

/** Time that passes by itself: a clock that never goes back. */
export const systemTimer: StoreTimer = {
  now: () => performance.now(),
  after: (delayMs, run) => {
    const timeout = setTimeout(run, Math.min(delayMs, delayMsMax))
    return () => clearTimeout(timeout)
  },
}

/** Effect's own clock as a {@link StoreTimer}: a TestClock in scope then moves a store's time too. */
export const effectTimer: Effect.Effect<StoreTimer> = Clock.clockWith((clock) =>
  Effect.succeed({
    now: () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n),
    after: (delayMs, run) => {
      const fiber = Effect.runFork(Effect.andThen(clock.sleep(Duration.millis(delayMs)), Effect.sync(run)))
      return () => fiber.interruptUnsafe()
    },
  }),
)

/** A number from [0, 1) that nobody can foresee: for jitter. */
export const chance = (): number => Math.random()

/** The wall clock, for gRPC deadlines, in milliseconds since 1970. */
export const wallClockMs = (): number => Date.now()
