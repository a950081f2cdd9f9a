/** Time of a fuzzed server: stands still until the fuzzer moves it, ids and chance from a counter. */
import type { Ambient } from "../../apiserver/index.ts"
import { seeded } from "../kit/world.ts"

interface Timer {
  readonly at: number
  readonly fn: () => void
}

export class FuzzClock implements Ambient {
  readonly #timers = new Set<Timer>()
  readonly #random = seeded(1)
  #now = Date.UTC(2030, 0, 1)
  #ids = 0

  now(): number {
    return this.#now
  }

  timer(ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + ms, fn }
    this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
    }
  }

  /** How many timers are waiting: a request that leaves one behind has leaked it. */
  get waiting(): number {
    return this.#timers.size
  }

  uuid(): string {
    const id = (++this.#ids).toString(16).padStart(12, "0")
    return `00000000-0000-4000-8000-${id}`
  }

  random(): number {
    return this.#random()
  }

  /** Runs what is due within so many milliseconds. */
  advance(ms: number): void {
    this.#now += ms
    const due = [...this.#timers].filter((timer) => timer.at <= this.#now)
    for (const timer of due.sort((a, b) => a.at - b.at)) {
      if (this.#timers.delete(timer)) timer.fn()
    }
  }
}
