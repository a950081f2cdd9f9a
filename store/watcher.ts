/**
 * One watch at the giving end: which events are still due to its sink, and the rule that nothing follows the end.
 *
 * A sink that throws has lost its place and gets no more: its watch ends with `Closed` and the fault as cause, and
 * neither the writer nor any other watch notices.
 */
import { type Revision, StoreError, type StoreEvent, type WatchSink } from "./store.ts"

/** Everything that one revision changed: one event for a write, several when a session ends. */
export interface Commit {
  readonly revision: Revision
  readonly events: ReadonlyArray<StoreEvent>
}

export class Watcher {
  readonly prefix: string
  /** The next revision that the sink has not been told of. */
  next: Revision
  /** The newest revision known to exist; a watch from a future revision has none up to `next`. */
  #newest: Revision = 0n
  /** Revisions that progress was asked for and not yet told, ascending. */
  readonly #progressDue: Array<Revision> = []
  readonly #onClose: (watcher: Watcher) => void
  #sink: WatchSink | undefined

  constructor(of: { prefix: string; from: Revision; sink: WatchSink; onClose: (watcher: Watcher) => void }) {
    this.prefix = of.prefix
    this.next = of.from
    this.#sink = of.sink
    this.#onClose = of.onClose
  }

  get open(): boolean {
    return this.#sink !== undefined
  }

  /** Tells of commits in order; those before `next` were told already. */
  deliver(commits: ReadonlyArray<Commit>): void {
    let due: Array<StoreEvent> | undefined
    for (const { revision, events } of commits) {
      if (revision > this.#newest) this.#newest = revision
      if (revision < this.next) continue
      this.next = revision + 1n
      for (const event of events) {
        if (!event.kv.key.startsWith(this.prefix)) continue
        due ??= []
        due.push(event)
      }
    }
    if (due !== undefined) this.#tellEvents(due)
    if (this.#progressDue.length > 0) this.#tellProgress()
  }

  /** Every event before this revision has been delivered: what lies between had none for this watch. */
  advance(next: Revision): void {
    if (next > this.next) this.next = next
    if (next > this.#newest) this.#newest = next - 1n
    this.#tellProgress()
  }

  /** Tells progress as soon as this revision has been delivered. */
  requestProgress(revision: Revision): void {
    this.#progressDue.push(revision)
    if (revision > this.#newest) this.#newest = revision
    this.#tellProgress()
  }

  end(error: StoreError): void {
    const sink = this.#sink
    this.close()
    try {
      sink?.ended(error)
    } catch {
      // The watch is over and its holder was told; there is no one else to tell.
    }
  }

  close(): void {
    this.#sink = undefined
    this.#onClose(this)
  }

  #tellEvents(events: ReadonlyArray<StoreEvent>): void {
    this.#tell((sink) => sink.events(events))
  }

  #tellProgress(): void {
    const told = this.#progressDue.filter((revision) => revision < this.next).length
    if (told === 0) return
    this.#progressDue.splice(0, told)
    const delivered = this.#newest < this.next ? this.#newest : this.next - 1n
    this.#tell((sink) => sink.progress(delivered))
  }

  #tell(call: (sink: WatchSink) => void): void {
    if (this.#sink === undefined) return
    try {
      call(this.#sink)
    } catch (cause) {
      this.end(
        new StoreError("Closed", this.prefix, {
          cause,
          message: `the watch of ${this.prefix} failed to take an event`,
        }),
      )
    }
  }
}
