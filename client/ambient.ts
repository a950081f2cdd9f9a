/** The one place of this folder where real time enters: below Effect, where sockets live. */

/** Runs once, unless cancelled; keeps no process alive. */
export const after = (ms: number, run: () => void): (() => void) => {
  const timer = setTimeout(run, ms)
  timer.unref()
  return () => clearTimeout(timer)
}

/** Runs again and again, until cancelled; keeps no process alive. */
export const every = (ms: number, run: () => void): (() => void) => {
  const timer = setInterval(run, ms)
  timer.unref()
  return () => clearInterval(timer)
}

/** A clock for measuring ages, never for dates. */
export const monotonicMs = (): number => performance.now()
