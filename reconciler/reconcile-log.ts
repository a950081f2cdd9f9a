/** What each reconcile was given and did: kept for people and tools, the last few of each controller. */
import { Context } from "effect"
import type { ObjectVersion } from "./cause-of-writes.ts"
import type { RecordedWrite } from "./reconcile-inputs.ts"
import type { Request } from "./reconciler.ts"

export type ReconcileOutcome = "success" | "requeue_after" | "error" | "terminal" | "interrupted"

/**
 * One reconcile: its input revisions and its writes. Lists are bounded, and the `More` beside each counts what it left out.
 * Reads are those of listers and of the client in the reconcile's own fibers.
 */
export interface ReconcileRecord {
  readonly controller: string
  readonly request: Request
  /** As in the reconcile's logs, its span and the cause of its writes. */
  readonly reconcileID: string
  /** By the controller's Clock. */
  readonly startedAtMs: number
  readonly durationMs: number
  readonly outcome: ReconcileOutcome
  /** Of an error, in one line. */
  readonly error?: string
  /** Failures in a row before it. */
  readonly failures: number
  /** Empty: a timer, a retry or a person asked for it. */
  readonly woke: ReadonlyArray<ObjectVersion>
  readonly wokeMore: number
  readonly read: ReadonlyArray<ObjectVersion>
  readonly readMore: number
  readonly wrote: ReadonlyArray<RecordedWrite>
  readonly wroteMore: number
}

export interface ReconcileLogShape {
  /** Records that each controller keeps. */
  readonly capacity: number
  /** Told of every record, of every controller. Must not throw. */
  readonly onRecord?: (record: ReconcileRecord) => void
}

/** How records are kept. Without one, each controller keeps its last 256. */
export const ReconcileLog = Context.Reference<ReconcileLogShape>("reconciler/ReconcileLog", {
  defaultValue: () => ({ capacity: 256 }),
})

/** The last few, oldest first. */
export class RecordRing {
  readonly #capacity: number
  readonly #records: Array<ReconcileRecord> = []
  #next = 0

  constructor(capacity: number) {
    this.#capacity = Math.max(1, capacity)
  }

  push(record: ReconcileRecord): void {
    if (this.#records.length < this.#capacity) this.#records.push(record)
    else this.#records[this.#next] = record
    this.#next = (this.#next + 1) % this.#capacity
  }

  all(): ReadonlyArray<ReconcileRecord> {
    return this.#records.length < this.#capacity
      ? [...this.#records]
      : [...this.#records.slice(this.#next), ...this.#records.slice(0, this.#next)]
  }
}
