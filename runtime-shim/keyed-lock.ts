/** Mutual exclusion by key: effects on one key run one after another, on different keys side by side. */
import { Effect, Semaphore } from "effect"

interface Turn {
  readonly semaphore: Semaphore.Semaphore
  users: number
}

export class KeyedLock {
  readonly #turns = new Map<string, Turn>()

  run<A, E>(key: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return Effect.suspend(() => {
      const turn = this.#turns.get(key) ?? { semaphore: Semaphore.makeUnsafe(1), users: 0 }
      this.#turns.set(key, turn)
      turn.users += 1
      const leave = Effect.sync(() => {
        turn.users -= 1
        if (turn.users === 0) this.#turns.delete(key)
      })
      return turn.semaphore.withPermit(effect).pipe(Effect.ensuring(leave))
    })
  }
}
