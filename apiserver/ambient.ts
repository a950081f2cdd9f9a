/** Time, chance and ids as the server sees them: tests and simulations bring their own. */
export interface Ambient {
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls `fn` once after `ms`, unless the returned function is called before. */
  timer(ms: number, fn: () => void): () => void
  /** Calls `fn` once when what is at hand is done: a batch. Absent: in the next turn of the event loop. */
  readonly soon?: (fn: () => void) => void
  uuid(): string
  /** In [0, 1). */
  random(): number
}

/** The machine's own clock and entropy. Its timers do not keep the process alive. */
export const systemAmbient: Ambient = {
  now: () => Date.now(),
  timer: (ms, fn) => {
    const handle = setTimeout(fn, ms)
    handle.unref()
    return () => clearTimeout(handle)
  },
  uuid: () => crypto.randomUUID(),
  random: () => Math.random(),
}

let latest = { second: Number.NaN, text: "" }

/** RFC 3339 in whole seconds, as `metav1.Time` is written. */
export const timestamp = (ms: number): string => {
  const second = Math.floor(ms / 1000)
  if (second !== latest.second) latest = { second, text: `${new Date(ms).toISOString().slice(0, 19)}Z` }
  return latest.text
}
