/** How far a cache has followed the store, and who waits for it to get further. */
import type { Ambient } from "../ambient.ts"
import { limits } from "../limits.ts"
import { tooLargeResourceVersion } from "../status-error.ts"

interface Waiter {
  readonly revision: bigint
  readonly settle: (reached: boolean) => void
}

export class Progress {
  readonly #ambient: Ambient
  #revision = 0n
  #waiters: Waiter[] = []

  constructor(ambient: Ambient) {
    this.#ambient = ambient
  }

  get revision(): bigint {
    return this.#revision
  }

  advance(revision: bigint): void {
    if (revision <= this.#revision) return
    this.#revision = revision
    if (this.#waiters.length === 0) return
    const reached = this.#waiters.filter((waiter) => waiter.revision <= revision)
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > revision)
    for (const waiter of reached) waiter.settle(true)
  }

  /** Settles when the revision is reached. Rejects with Timeout (ResourceVersionTooLarge) when that takes too long. */
  reach(revision: bigint): Promise<void> {
    if (revision <= this.#revision) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const cancel = this.#ambient.timer(limits.freshMsMax, () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        reject(tooLargeResourceVersion(revision, this.#revision))
      })
      const waiter: Waiter = {
        revision,
        settle: (reached) => {
          cancel()
          if (reached) resolve()
          else reject(tooLargeResourceVersion(revision, this.#revision))
        },
      }
      this.#waiters.push(waiter)
    })
  }

  /** Nobody will advance it any more. */
  abandon(): void {
    for (const waiter of this.#waiters.splice(0)) waiter.settle(false)
  }
}
