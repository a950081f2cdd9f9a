/** The live watchers of a store, told of each commit synchronously, all in the same order. */
import type { StoreError } from "./store.ts"
import type { Commit, Watcher } from "./watcher.ts"

export class FanOut {
  readonly #watchers = new Set<Watcher>()
  /** Commits made by a sink while others were being told: they wait, so that no watcher sees them early. */
  readonly #queue: Array<ReadonlyArray<Commit>> = []
  #draining = false

  get size(): number {
    return this.#watchers.size
  }

  attach(watcher: Watcher): void {
    this.#watchers.add(watcher)
  }

  detach(watcher: Watcher): void {
    this.#watchers.delete(watcher)
  }

  publish(commits: ReadonlyArray<Commit>): void {
    this.#queue.push(commits)
    if (this.#draining) return
    this.#draining = true
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift())
        for (const watcher of this.#watchers) watcher.deliver(next)
    } finally {
      this.#draining = false
    }
  }

  end(error: StoreError): void {
    for (const watcher of [...this.#watchers]) watcher.end(error)
  }
}
