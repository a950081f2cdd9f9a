/** How long to wait after a number of failures in a row: exponential, bounded, and jittered so that many do not come back at once. */
import { Duration, Effect, Random } from "effect"
import { backoffBase, backoffMax } from "./limits.ts"

export type Backoff = (failures: number) => Effect.Effect<Duration.Duration>

export interface BackoffOptions {
  readonly base?: Duration.Input
  readonly max?: Duration.Input
}

/** The jitter is a factor between 0.8 and 1.2; the bound holds for the delay without it. */
export const exponentialBackoff = (options: BackoffOptions = {}): Backoff => {
  const base = Duration.toMillis(Duration.fromInputUnsafe(options.base ?? backoffBase))
  const max = Duration.toMillis(Duration.fromInputUnsafe(options.max ?? backoffMax))
  return (failures) => {
    const delay = Math.min(max, base * 2 ** Math.min(failures - 1, 60))
    return Effect.map(Random.nextBetween(0.8, 1.2), (jitter) => Duration.millis(Math.round(delay * jitter)))
  }
}
