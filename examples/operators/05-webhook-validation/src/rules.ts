/** What a schema cannot say of a Booking: pure functions over it and its neighbours. */
import type { Booking } from "./generated/booking.gen.ts"

const hourMs = 3_600_000

/** An hour, unless it says how long. The object given is not changed. */
export const withEnd = (booking: Booking): Booking => {
  const { from, to } = booking.spec
  if (to !== undefined) return booking
  return { ...booking, spec: { ...booking.spec, to: new Date(Date.parse(from) + hourMs).toISOString() } }
}

const timesOf = ({ spec }: Booking) => ({ from: Date.parse(spec.from), to: Date.parse(spec.to ?? spec.from) })

/** Why it may not be; undefined where it may. */
export const problemOf = (booking: Booking, others: ReadonlyArray<Booking>): string | undefined => {
  const { from, to } = timesOf(booking)
  if (to <= from) return "spec.to must be after spec.from"
  const clash = others.find((other) => {
    const its = timesOf(other)
    const isOther = other.metadata.name !== booking.metadata.name
    return isOther && other.spec.room === booking.spec.room && its.from < to && from < its.to
  })
  return clash === undefined
    ? undefined
    : `${booking.spec.room} is taken by ${clash.metadata.name} until ${clash.spec.to}`
}
