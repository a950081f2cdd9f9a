/**
 * Writes that arrive in one turn, made durable together: one fsync for all of them.
 *
 * Each is checked, in order of arrival, against the state that those before it left. Nobody is told of anything,
 * acknowledged or refused, until the whole batch is on disk, so no reader ever sees what a crash could undo.
 */
import { StoreError } from "../store.ts"
import type { Commit } from "../watcher.ts"
import { batchWritesMax } from "./limits.ts"

interface Write {
  /** Does it, or throws a StoreError; returns what to tell when all is durable. */
  readonly apply: () => () => void
  readonly reject: (error: unknown) => void
}

export interface GroupCommitOptions {
  /** Runs what it is given as one transaction and returns the commits it made. */
  readonly transaction: (run: () => void) => ReadonlyArray<Commit>
  /** Told of what became durable, before its writers are. */
  readonly publish: (commits: ReadonlyArray<Commit>) => void
}

export class GroupCommit {
  readonly #options: GroupCommitOptions
  #waiting: Array<Write> = []

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  /** Queues a write for this turn's batch. */
  write<A>(run: () => A): Promise<A> {
    return new Promise<A>((resolve, reject) => {
      const apply = () => {
        const result = run()
        return () => resolve(result)
      }
      this.#waiting.push({ apply, reject })
      if (this.#waiting.length === 1) setImmediate(() => this.flush())
    })
  }

  /** Makes what waits durable now. */
  flush(): void {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchWritesMax)
      this.#commit(batch)
    }
  }

  #commit(batch: ReadonlyArray<Write>): void {
    const outcomes: Array<() => void> = []
    let commits: ReadonlyArray<Commit>
    try {
      commits = this.#options.transaction(() => {
        for (const { apply, reject } of batch) outcomes.push(outcomeOf(apply, reject))
      })
    } catch (cause) {
      const message = `the write could not be made durable: ${cause instanceof Error ? cause.message : String(cause)}`
      for (const { reject } of batch) reject(new StoreError("Unavailable", "store", { cause, message }))
      return
    }
    if (commits.length > 0) this.#options.publish(commits)
    for (const tell of outcomes) tell()
  }
}

/** A refusal is an outcome of one write; anything else is a fault of the whole batch. */
const outcomeOf = (apply: () => () => void, reject: (error: unknown) => void): (() => void) => {
  try {
    return apply()
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return () => reject(error)
  }
}
