/** Estimates: the least and the most that something may be, never beyond {@link UNKNOWN}. */

/** Stands for "no bound is known". Source: cel-go's largest uint64. */
export const UNKNOWN = 2 ** 64

export interface Span {
  readonly min: number
  readonly max: number
}

const capped = (value: number): number => Math.min(value, UNKNOWN)

export const exactly = (value: number): Span => ({ min: value, max: value })
export const anything: Span = { min: 0, max: UNKNOWN }
export const nothing: Span = exactly(0)

export const total = (spans: ReadonlyArray<Span>): Span => ({
  min: capped(spans.reduce((sum, { min }) => sum + min, 0)),
  max: capped(spans.reduce((sum, { max }) => sum + max, 0)),
})

export const plus = (...spans: ReadonlyArray<Span>): Span => total(spans)

export const times = (a: Span, b: Span): Span => ({ min: capped(a.min * b.min), max: capped(a.max * b.max) })

/** Times a factor, rounded up. */
export const scaled = ({ min, max }: Span, factor: number): Span => ({
  min: capped(Math.ceil(min * factor)),
  max: max >= UNKNOWN && factor > 0 ? capped(UNKNOWN * Math.min(1, factor)) : capped(Math.ceil(max * factor)),
})

export const either = (a: Span, b: Span): Span => ({
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
})
