/** Timestamps and durations: their texts and their ranges. Source: RFC 3339; Go's `time` for durations. */
import { EvaluationError } from "./evaluation-error.ts"
import { INT_MAX, INT_MIN } from "./integer.ts"
import { Duration, Timestamp } from "./value.ts"

const SECOND = 1_000_000_000n
const MILLISECOND = 1_000_000n
const TIMESTAMP_MIN = -62_135_596_800n * SECOND
const TIMESTAMP_MAX = 253_402_300_800n * SECOND - 1n

const moment =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/

/** Fails with an evaluation error out of the years 1 to 9999. */
export const timestampAt = (nanos: bigint): Timestamp => {
  if (nanos < TIMESTAMP_MIN || nanos > TIMESTAMP_MAX) throw new EvaluationError("timestamp overflow")
  return new Timestamp(nanos)
}

/** Fails with an evaluation error out of the range of an int of nanoseconds. */
export const durationOfNanos = (nanos: bigint): Duration => {
  if (nanos < INT_MIN || nanos > INT_MAX) throw new EvaluationError("duration overflow")
  return new Duration(nanos)
}

const daysIn = (year: number, month: number): number =>
  new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()

/** The timestamp that a text says, undefined when it says none. */
export const parseTimestamp = (text: string): Timestamp | undefined => {
  const parts = moment.exec(text)
  if (parts === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number)
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const [offsetHour, offsetMinute] = [Number(parts[9] ?? 0), Number(parts[10] ?? 0)]
  if (offsetHour > 23 || offsetMinute > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const offset = BigInt(offsetHour * 60 + offsetMinute) * 60n * SECOND * (parts[8] === "-" ? -1n : 1n)
  const nanos = BigInt(date.getTime()) * MILLISECOND + BigInt((parts[7] ?? "").padEnd(9, "0")) - offset
  return nanos < TIMESTAMP_MIN || nanos > TIMESTAMP_MAX ? undefined : new Timestamp(nanos)
}

/** Rounded down, below zero too. */
export const floorDivide = (value: bigint, by: bigint): bigint => {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}

export const secondsOf = ({ nanos }: Timestamp): bigint => floorDivide(nanos, SECOND)

/** RFC 3339 in UTC, no more digits of a second than needed. */
export const timestampText = (timestamp: Timestamp): string => {
  const seconds = secondsOf(timestamp)
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  const fraction = String(timestamp.nanos - seconds * SECOND)
    .padStart(9, "0")
    .replace(/0+$/, "")
  return `${whole}${fraction === "" ? "" : `.${fraction}`}Z`
}

const units: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["µs", 1_000n],
  ["μs", 1_000n],
  ["ms", MILLISECOND],
  ["s", SECOND],
  ["m", 60n * SECOND],
  ["h", 3600n * SECOND],
])
const durationPart = /(\d{0,40})(?:\.(\d{0,40}))?(ns|us|µs|μs|ms|s|m|h)/y
const DURATION_LENGTH_MAX = 200

/** The duration that a text says (`1h30m`, `-1.5s`, `0`), undefined when it says none or too long a one. */
export const parseDuration = (text: string): Duration | undefined => {
  if (text.length > DURATION_LENGTH_MAX) return undefined
  const sign = text.startsWith("-") ? -1n : 1n
  let at = /^[+-]/.test(text) ? 1 : 0
  if (text.slice(at) === "0") return new Duration(0n)
  if (at === text.length) return undefined
  let nanos = 0n
  while (at < text.length) {
    durationPart.lastIndex = at
    const part = durationPart.exec(text)
    const [whole = "", fraction = "", unit = ""] = part?.slice(1) ?? []
    const factor = units.get(unit)
    if (part === null || factor === undefined || whole + fraction === "") return undefined
    nanos += BigInt(whole === "" ? 0 : whole) * factor
    if (fraction !== "") nanos += (BigInt(fraction) * factor) / 10n ** BigInt(fraction.length)
    at = durationPart.lastIndex
  }
  nanos *= sign
  return nanos < INT_MIN || nanos > INT_MAX ? undefined : new Duration(nanos)
}

/** In seconds: `3600s`, `-0.5s`. */
export const durationText = ({ nanos }: Duration): string => {
  const size = nanos < 0n ? -nanos : nanos
  const fraction = String(size % SECOND)
    .padStart(9, "0")
    .replace(/0+$/, "")
  return `${nanos < 0n ? "-" : ""}${size / SECOND}${fraction === "" ? "" : `.${fraction}`}s`
}
