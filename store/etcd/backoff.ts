import { chance } from "../ambient.ts"
import type { StoreTimer } from "../timer.ts"
import { reopenDelayMs } from "./limits.ts"

/** How long to wait after so many failures in a row, spread so that many clients do not come back as one. */
export const backoffMs = (failures: number): number =>
  Math.min(reopenDelayMs.last, reopenDelayMs.first * 2 ** Math.min(failures, 16)) * (0.5 + chance() / 2)

/** Resolves when the delay has passed. */
export const passed = (timer: StoreTimer, delayMs: number): Promise<void> =>
  new Promise((resolve) => timer.after(delayMs, resolve))
