/**
 * Watches over a history that lies in this process (memory, embedded): the past in pages, then live.
 *
 * A watch replays on turns of its own, so that `watch()` returns before its first call; it joins the live ones in the
 * same turn that finds nothing left to replay, so nothing falls between.
 */
import { FanOut } from "./fan-out.ts"
import { type Revision, StoreError, type Watch, type WatchOptions, type WatchSink } from "./store.ts"
import { type Commit, Watcher } from "./watcher.ts"

/** The past that watches replay. */
export interface History {
  readonly revision: Revision
  /** The oldest revision that can still be read and replayed. */
  readonly compactRevision: Revision
  /** The commits of a page of revisions that starts at `from`, and the first revision after the page. */
  page(from: Revision): { readonly commits: ReadonlyArray<Commit>; readonly next: Revision }
}

export class ReplayingWatches {
  readonly #history: History
  readonly #nextTurn: (run: () => void) => void
  readonly #live = new FanOut()
  readonly #replaying = new Set<Watcher>()
  #closed: StoreError | undefined

  constructor(history: History, nextTurn: (run: () => void) => void) {
    this.#history = history
    this.#nextTurn = nextTurn
  }

  publish(commits: ReadonlyArray<Commit>): void {
    this.#live.publish(commits)
  }

  watch({ prefix, from: asked = this.#history.revision + 1n }: WatchOptions, sink: WatchSink): Watch {
    const from = asked < 1n ? 1n : asked
    const watcher = new Watcher({
      prefix,
      from,
      sink,
      onClose: (closed) => {
        this.#live.detach(closed)
        this.#replaying.delete(closed)
      },
    })
    const closed = this.#closed
    if (closed !== undefined) this.#nextTurn(() => watcher.end(closed))
    else if (from > this.#history.revision) this.#live.attach(watcher)
    else {
      this.#replaying.add(watcher)
      this.#nextTurn(() => this.#replay(watcher))
    }
    return {
      close: () => watcher.close(),
      requestProgress: () => {
        const { revision } = this.#history
        queueMicrotask(() => watcher.requestProgress(revision))
      },
    }
  }

  /** Ends every watch: the store closed. */
  close(error: StoreError): void {
    this.#closed = error
    this.#live.end(error)
    for (const watcher of [...this.#replaying]) watcher.end(error)
  }

  #replay(watcher: Watcher): void {
    if (!watcher.open) return
    try {
      this.#replayPage(watcher)
    } catch (cause) {
      const message = `the history of ${watcher.prefix} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`
      watcher.end(new StoreError("Closed", watcher.prefix, { cause, message }))
    }
  }

  #replayPage(watcher: Watcher): void {
    if (watcher.next < this.#history.compactRevision) {
      watcher.end(compacted(watcher.prefix, this.#history.compactRevision))
      return
    }
    if (watcher.next <= this.#history.revision) {
      const { commits, next } = this.#history.page(watcher.next)
      watcher.deliver(commits)
      watcher.advance(next)
    }
    if (watcher.next <= this.#history.revision) {
      this.#nextTurn(() => this.#replay(watcher))
      return
    }
    if (!watcher.open) return
    this.#replaying.delete(watcher)
    this.#live.attach(watcher)
  }
}

/** The error of a read or watch whose revision is forgotten. */
export const compacted = (key: string, compactRevision: Revision | undefined, cause?: unknown): StoreError =>
  new StoreError("Compacted", key, {
    compactRevision,
    cause,
    message: `the history of ${key} before revision ${compactRevision ?? "a later one"} is forgotten`,
  })

/** The error of a read at a revision that is yet to come. */
export const futureRevision = (key: string, revision: Revision, current: Revision): StoreError =>
  new StoreError("FutureRevision", key, {
    message: `revision ${revision} of ${key} is yet to come: the store is at ${current}`,
  })
