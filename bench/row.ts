/** One line of the benchmark: what we reach beside what the machine gives, measured in the same run. */
export interface Row {
  readonly name: string
  readonly ours: number
  /** The same work without us. */
  readonly yardstick: number
  /** Ours to the yardstick's. */
  readonly ratio: number
  readonly unit: string
  /** What the ratio or the figure has to keep, in words. */
  readonly budget: string
}

export const row = (of: Omit<Row, "ratio">): Row => ({ ...of, ratio: of.ours / of.yardstick })
