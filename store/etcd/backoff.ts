import { chance } from "../ambient.ts"
import type { StoreTimer } from "../timer.ts"
import { reopenDelayMs } from "./limits.ts"

/** How long to wait after so many failures in a row, spread so that many clients do not come back as one. */
export const backoffMs = (failures: number): number =>
  Math.min(reopenDelayMs.last, reopenDelayMs.first * 2 ** Math.min(failures, 16)) * (0.5 + chance() / 2)

/** Resolves when the delay has passed, or at once when the signal says that nobody waits any more. */
export const passed = (timer: StoreTimer, delayMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const cancel = timer.after(delayMs, () => {
      signal?.removeEventListener("abort", stop)
      resolve()
    })
    const stop = () => {
      cancel()
      resolve()
    }
    if (signal?.aborted) stop()
    else signal?.addEventListener("abort", stop, { once: true })
  })
