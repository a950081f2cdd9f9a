/** Durations as kubectl shows ages: two units at most, the second only while it matters. */
const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY

const twoUnits = (
  duration: number,
  [unit, name]: readonly [number, string],
  [below, belowName]: readonly [number, string],
): string => {
  const whole = Math.floor(duration / unit)
  const rest = Math.floor((duration % unit) / below)
  return rest === 0 ? `${whole}${name}` : `${whole}${name}${rest}${belowName}`
}

/** `45s`, `5m30s`, `3d4h`, `2y`; `<invalid>` for more than a second in the future. Source: apimachinery `duration`. */
export const humanDuration = (milliseconds: number): string => {
  const seconds = Math.trunc(milliseconds / SECOND)
  if (!(seconds >= -1)) return "<invalid>"
  if (seconds < 0) return "0s"
  if (milliseconds < 2 * MINUTE) return `${seconds}s`
  if (milliseconds < 10 * MINUTE) return twoUnits(milliseconds, [MINUTE, "m"], [SECOND, "s"])
  if (milliseconds < 3 * HOUR) return `${Math.floor(milliseconds / MINUTE)}m`
  if (milliseconds < 8 * HOUR) return twoUnits(milliseconds, [HOUR, "h"], [MINUTE, "m"])
  if (milliseconds < 2 * DAY) return `${Math.floor(milliseconds / HOUR)}h`
  if (milliseconds < 8 * DAY) return twoUnits(milliseconds, [DAY, "d"], [HOUR, "h"])
  if (milliseconds < 2 * YEAR) return `${Math.floor(milliseconds / DAY)}d`
  if (milliseconds < 8 * YEAR) return twoUnits(milliseconds, [YEAR, "y"], [DAY, "d"])
  return `${Math.floor(milliseconds / YEAR)}y`
}
