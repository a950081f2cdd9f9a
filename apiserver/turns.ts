/**
 * Long work in small turns, so that whatever else waits for the event loop is answered in between. Start with {@link turns}.
 *
 * Guarantees: of everything that takes turns, one thing has a turn in each round of the event loop, first come first served;
 * a turn begins after the round's input has been handled.
 */
class Turns {
  #waiting: Array<() => void> = []
  #state: "idle" | "scheduled" = "idle"

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
    setImmediate(() => {
      this.#state = "idle"
      const take = this.#waiting.shift()
      this.#schedule()
      take?.()
    })
  }
}

/** There is one event loop, so there is one queue. */
export const turns = new Turns()
