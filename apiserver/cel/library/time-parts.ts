/** The parts of timestamps, in UTC or a zone, and of durations. */
import { type Functions, member, type Overload } from "../environment.ts"
import { EvaluationError } from "../evaluation-error.ts"
import { checkedInt } from "../integer.ts"
import { durationOf, textOf, timestampOf } from "../narrowing.ts"
import { floorDivide } from "../time.ts"
import * as t from "../type.ts"
import type { Timestamp } from "../value.ts"

const MILLISECOND = 1_000_000n
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

const fixedOffset = /^([+-]?)(\d{1,2}):(\d{2})$/

const zones = new Map<string, Intl.DateTimeFormat>()
const ZONES_MAX = 1_000

const zoneFormat = (zone: string): Intl.DateTimeFormat => {
  const known = zones.get(zone)
  if (known !== undefined) return known
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    })
    if (zones.size >= ZONES_MAX) zones.clear()
    zones.set(zone, format)
    return format
  } catch {
    throw new EvaluationError(`unknown time zone ${zone.slice(0, 100)}`)
  }
}

/** What a clock in a zone shows, as the date that shows it in UTC. */
const zoned = (at: number, zone: string): Date => {
  if (zone === "" || zone === "UTC") return new Date(at)
  const offset = fixedOffset.exec(zone)
  if (offset !== null) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3])
    return new Date(at + (offset[1] === "-" ? -minutes : minutes) * MINUTE_MS)
  }
  const parts = new Map(
    zoneFormat(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const part = (name: Intl.DateTimeFormatPartTypes): number => Number(parts.get(name) ?? 0)
  const shown = new Date(0)
  shown.setUTCFullYear(part("year"), part("month") - 1, part("day"))
  shown.setUTCHours(part("hour"), part("minute"), part("second"))
  return shown
}

const dayOfYear = (date: Date): number => {
  const start = new Date(0)
  start.setUTCFullYear(date.getUTCFullYear(), 0, 1)
  return Math.floor((date.getTime() - start.getTime()) / DAY_MS)
}

const dateIn = (timestamp: Timestamp, zone: string): Date =>
  zoned(Number(floorDivide(timestamp.nanos, MILLISECOND)), zone)

const part = (id: string, read: (date: Date) => number): ReadonlyArray<Overload> => [
  member(`timestamp_to_${id}`, [t.int, t.timestamp], (value) => read(dateIn(timestampOf(value), ""))),
  member(`timestamp_to_${id}_with_tz`, [t.int, t.timestamp, t.string], (value, zone) =>
    read(dateIn(timestampOf(value), textOf(zone))),
  ),
]

const total = (id: string, unit: bigint): Overload =>
  member(`duration_to_${id}`, [t.int, t.duration], (value) => checkedInt(durationOf(value).nanos / unit))

const milliseconds = (timestamp: Timestamp): number => {
  const millis = Number(floorDivide(timestamp.nanos, MILLISECOND))
  return ((millis % 1000) + 1000) % 1000
}

export const timeParts: Functions = {
  getFullYear: part("year", (date) => date.getUTCFullYear()),
  getMonth: part("month", (date) => date.getUTCMonth()),
  getDayOfYear: part("day_of_year", dayOfYear),
  getDayOfMonth: part("day_of_month", (date) => date.getUTCDate() - 1),
  getDate: part("day_of_month_1_based", (date) => date.getUTCDate()),
  getDayOfWeek: part("day_of_week", (date) => date.getUTCDay()),
  getHours: [...part("hours", (date) => date.getUTCHours()), total("hours", 3_600_000_000_000n)],
  getMinutes: [...part("minutes", (date) => date.getUTCMinutes()), total("minutes", 60_000_000_000n)],
  getSeconds: [...part("seconds", (date) => date.getUTCSeconds()), total("seconds", 1_000_000_000n)],
  getMilliseconds: [
    member("timestamp_to_milliseconds", [t.int, t.timestamp], (value) => milliseconds(timestampOf(value))),
    member("timestamp_to_milliseconds_with_tz", [t.int, t.timestamp, t.string], (value) =>
      milliseconds(timestampOf(value)),
    ),
    member("duration_to_milliseconds", [t.int, t.duration], (value) => {
      const millis = durationOf(value).nanos / MILLISECOND
      return checkedInt(millis % 1000n)
    }),
  ],
}
