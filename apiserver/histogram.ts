/** A histogram in Prometheus' text format. */

export class Histogram {
  readonly #bounds: ReadonlyArray<number>
  readonly #counts: number[]
  #sum = 0
  #count = 0

  /** Upper bounds, ascending. */
  constructor(bounds: ReadonlyArray<number>) {
    this.#bounds = bounds
    this.#counts = bounds.map(() => 0)
  }

  observe(value: number): void {
    this.#sum += value
    this.#count++
    const at = this.#bounds.findIndex((bound) => value <= bound)
    if (at >= 0) this.#counts[at] = (this.#counts[at] ?? 0) + 1
  }

  /** `labels` as they stand between the braces. */
  lines(name: string, labels: string): ReadonlyArray<string> {
    let cumulative = 0
    const rows = this.#bounds.map((bound, index) => {
      cumulative += this.#counts[index] ?? 0
      return `${name}_bucket{${labels},le="${bound}"} ${cumulative}`
    })
    return [
      ...rows,
      `${name}_bucket{${labels},le="+Inf"} ${this.#count}`,
      `${name}_sum{${labels}} ${this.#sum}`,
      `${name}_count{${labels}} ${this.#count}`,
    ]
  }
}

/** A label's value as it stands between quotes. */
export const labelValue = (value: string): string =>
  value.replace(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`))
