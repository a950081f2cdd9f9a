/**
 * When an ended container is started again. Pure: times come from status and labels, so a new daemon goes on where the
 * former stopped. Source: the kubelet's container back-off: at once, then 10 s doubling to 5 min, forgotten after 10 min.
 */
const restartDelays = {
  leastSeconds: 10,
  mostSeconds: 300,
  /** A run of this length makes earlier ends forgotten. */
  forgottenAfterSeconds: 600,
} as const

/** How long to wait after an end. `before` is what was waited before the run that ended. */
export const restartDelaySeconds = (run: {
  /** False for the first end of all. */
  readonly isRestart: boolean
  readonly before: number
  readonly ranForSeconds: number
}): number => {
  if (!run.isRestart || run.ranForSeconds >= restartDelays.forgottenAfterSeconds) return 0
  return Math.min(restartDelays.mostSeconds, Math.max(restartDelays.leastSeconds, run.before * 2))
}

/**
 * The delay that a start now stands for, `elapsed` seconds after the last end: a rung of the ladder 0, 10, 20, ... 300.
 * A node that was away longer than the back-off does not count as back-off: `attempt` bounds the rung.
 */
export const delayStoodFor = (elapsedSeconds: number, attempt: number): number => {
  const { leastSeconds, mostSeconds } = restartDelays
  // The first restart comes at once, the second after the least delay.
  const rungs = Math.max(0, attempt - 1)
  const reached = Math.floor(Math.log2(Math.max(elapsedSeconds, 1) / leastSeconds)) + 1
  const rung = Math.min(rungs, reached)
  return rung <= 0 ? 0 : Math.min(mostSeconds, leastSeconds * 2 ** (rung - 1))
}

/**
 * How long to wait before a failing step is tried again: as long as it has failed already, within bounds. So the waits
 * double, whoever counts.
 */
export const retryDelaySeconds = (failingForSeconds: number): number =>
  Math.min(restartDelays.mostSeconds, Math.max(restartDelays.leastSeconds, Math.ceil(failingForSeconds)))
