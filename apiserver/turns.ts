/**
 * Long work in small turns, so that whatever else waits for the event loop is answered in between. Start with
 * {@link turnsOf}.
 *
 * Guarantees: of everything that takes turns, one thing has a turn in each round of the event loop, first come first served;
 * a turn begins after the round's input has been handled.
 */
import type { Ambient } from "./ambient.ts"

export class Turns {
  #waiting: Array<() => void> = []
  #state: "idle" | "scheduled" = "idle"
  readonly #soon: (fn: () => void) => void

  constructor(soon: (fn: () => void) => void = setImmediate) {
    this.#soon = soon
  }

  /** Settles when it is the caller's turn. What it then does until it next waits is its turn: keep it under a millisecond. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#state === "scheduled" || this.#waiting.length === 0) return
    this.#state = "scheduled"
    this.#soon(() => {
      this.#state = "idle"
      const take = this.#waiting.shift()
      this.#schedule()
      take?.()
    })
  }
}

/** There is one event loop, so there is one queue. */
const ofTheProcess = new Turns()

const ofTheirOwn = new WeakMap<object, Turns>()

/** The turns of the process, or of an ambient that says itself when the next round is. */
export const turnsOf = (ambient: Pick<Ambient, "soon">): Turns => {
  if (ambient.soon === undefined) return ofTheProcess
  const known = ofTheirOwn.get(ambient)
  if (known !== undefined) return known
  const made = new Turns(ambient.soon)
  ofTheirOwn.set(ambient, made)
  return made
}
