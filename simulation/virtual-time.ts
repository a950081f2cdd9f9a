/**
 * Time and turns of one run. Start with {@link VirtualTime}.
 *
 * Guarantees: no time passes while anything can go on without it; then it jumps to the next timer. What runs in which order
 * follows from what was asked in which order, and from nothing of the machine.
 */
import { drained } from "./ambient.ts"
import { instantTurnsMax } from "./limits.ts"

interface Timer {
  readonly atMs: number
  readonly order: number
  run: (() => void) | undefined
}

const isSooner = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

/** Something goes on and on at one moment: a promise that is always asked again, a fiber that yields for ever. */
export class NoRest extends Error {
  override readonly name = "NoRest"
}

export class VirtualTime {
  readonly startMs: number
  #nowMs: number
  #asked = 0
  #ready: Array<() => void> = []
  readonly #timers: Array<Timer> = []

  constructor(startMs: number) {
    this.startMs = startMs
    this.#nowMs = startMs
  }

  /** Milliseconds since 1970. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Runs at this moment, in a later turn. Gives what calls it off. */
  readonly soon = (run: () => void): (() => void) => {
    let wanted = true
    this.#ready.push(() => {
      if (wanted) run()
    })
    return () => {
      wanted = false
    }
  }

  /** Runs after the delay. Gives what calls it off. */
  readonly after = (delayMs: number, run: () => void): (() => void) => {
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#asked++, run }
    this.#push(timer)
    return () => {
      timer.run = undefined
    }
  }

  readonly sleep = (delayMs: number): Promise<void> => new Promise((resolve) => this.after(delayMs, resolve))

  /**
   * Goes on until `isOver`, asked whenever everything is at rest, or until the deadline. False where the deadline came first,
   * or where nothing is left that time could wake.
   */
  async runUntil(isOver: () => boolean, deadlineMs: number): Promise<boolean> {
    for (;;) {
      await this.#rest()
      if (isOver()) return true
      const next = this.#next()
      if (next === undefined || next.atMs > deadlineMs) {
        this.#nowMs = Math.max(this.#nowMs, deadlineMs)
        return false
      }
      this.#pop()
      this.#nowMs = next.atMs
      next.run?.()
    }
  }

  /** Until nothing can go on at this moment. */
  async #rest(): Promise<void> {
    for (let turns = 0; ; turns++) {
      await drained()
      if (this.#ready.length === 0) return
      if (turns === instantTurnsMax) throw new NoRest(`${turns} turns in which no time passed`)
      const tasks = this.#ready
      this.#ready = []
      for (const task of tasks) {
        task()
        // As between two turns of Node's own loop: what a task has promised is done before the next one.
        await drained()
      }
    }
  }

  /** The first timer that is still wanted; it stays. */
  #next(): Timer | undefined {
    for (;;) {
      const first = this.#timers[0]
      if (first === undefined || first.run !== undefined) return first
      this.#pop()
    }
  }

  #push(timer: Timer): void {
    const timers = this.#timers
    let at = timers.length
    timers.push(timer)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = timers[above]
      if (parent === undefined || isSooner(parent, timer)) break
      timers[at] = parent
      at = above
    }
    timers[at] = timer
  }

  #pop(): void {
    const timers = this.#timers
    const last = timers.pop()
    if (last === undefined || timers.length === 0) return
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const a = timers[left]
      const b = timers[left + 1]
      if (a === undefined) break
      const [child, index] = b !== undefined && isSooner(b, a) ? [b, left + 1] : [a, left]
      if (isSooner(last, child)) break
      timers[at] = child
      at = index
    }
    timers[at] = last
  }
}
