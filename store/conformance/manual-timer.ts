/** Time that stands still until a test moves it. */
import type { StoreTimer } from "../timer.ts"

export class ManualTimer implements StoreTimer {
  #now = 0
  readonly #due = new Set<{ readonly at: number; readonly run: () => void }>()

  now(): number {
    return this.#now
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#now + delayMs, run }
    this.#due.add(timer)
    return () => this.#due.delete(timer)
  }

  /** Moves time on and runs what falls due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const [next] = [...this.#due].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#due.delete(next)
      this.#now = next.at
      next.run()
    }
    this.#now = end
  }
}
