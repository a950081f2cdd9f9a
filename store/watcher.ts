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
  /** Progress was asked for and cannot be told yet, for the past is still being replayed. */
  progressWanted = false
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
    const due: Array<StoreEvent> = []
    for (const { revision, events } of commits) {
      if (revision < this.next) continue
      this.next = revision + 1n
      for (const event of events) if (event.kv.key.startsWith(this.prefix)) due.push(event)
    }
    if (due.length > 0) this.#tell((sink) => sink.events(due))
  }

  progress(revision: Revision): void {
    this.#tell((sink) => sink.progress(revision))
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
