/**
 * The watches of an etcd store: one feed of every commit, fanned out by prefix in this process.
 *
 * A feed of every key needs no help from etcd to know its progress: each revision has an event, so to have seen a
 * revision's event is to have seen all before it. (etcd 3.4's and early 3.5's answers to a WatchProgressRequest may
 * overtake events, etcd-io/etcd#15220, and nobody is told which etcd they talk to.) A watch of the past replays on a
 * feed of its own and joins the live ones at the moment it has seen as much as they have.
 */
import { FanOut } from "../fan-out.ts"
import type { Revision, StoreError, Watch, WatchOptions, WatchSink } from "../store.ts"
import type { StoreTimer } from "../timer.ts"
import { Watcher } from "../watcher.ts"
import { backoffMs, passed } from "./backoff.ts"
import type { EtcdConnection } from "./connection.ts"
import { EtcdFeed } from "./feed.ts"

export interface EtcdWatchesOptions {
  readonly connection: EtcdConnection
  readonly timer: StoreTimer
  readonly onFault: (error: StoreError) => void
}

/** No etcd has an event at revision 1: it is that of the empty store. */
const firstEventRevision = 2n

export class EtcdWatches {
  readonly #options: EtcdWatchesOptions
  readonly #live = new FanOut()
  readonly #catchingUp = new Map<Watcher, EtcdFeed>()
  #feed: EtcdFeed | undefined
  readonly #over = new AbortController()
  #closed: StoreError | undefined
  #newest: Promise<Revision> | undefined

  constructor(options: EtcdWatchesOptions) {
    this.#options = options
  }

  watch({ prefix, from }: WatchOptions, sink: WatchSink): Watch {
    const { connection } = this.#options
    const first = from ?? connection.lastSeen + 1n
    const watcher = new Watcher({
      prefix,
      from: first < firstEventRevision ? firstEventRevision : first,
      sink,
      onClose: (closed) => this.#forget(closed),
    })
    const closed = this.#closed
    if (closed !== undefined) queueMicrotask(() => watcher.end(closed))
    else if (watcher.next > this.#liveFeed().position) this.#live.attach(watcher)
    else this.#catchUp(watcher)
    return { close: () => watcher.close(), requestProgress: () => void this.#requestProgress(watcher) }
  }

  close(error: StoreError): void {
    this.#closed = error
    this.#over.abort()
    this.#feed?.close()
    this.#live.end(error)
    for (const watcher of [...this.#catchingUp.keys()]) watcher.end(error)
  }

  #liveFeed(): EtcdFeed {
    this.#feed ??= new EtcdFeed({
      ...this.#options,
      position: this.#options.connection.lastSeen,
      deliver: (commits) => this.#live.publish(commits),
      lost: (error) => {
        this.#feed = undefined
        this.#live.end(error)
      },
    })
    return this.#feed
  }

  #catchUp(watcher: Watcher): void {
    const feed = new EtcdFeed({
      ...this.#options,
      position: watcher.next - 1n,
      deliver: (commits) => {
        watcher.deliver(commits)
        if (!watcher.open || feed.position < this.#liveFeed().position) return
        this.#forget(watcher)
        this.#live.attach(watcher)
      },
      lost: (error) => watcher.end(error),
    })
    this.#catchingUp.set(watcher, feed)
  }

  #forget(watcher: Watcher): void {
    this.#live.detach(watcher)
    this.#catchingUp.get(watcher)?.close()
    this.#catchingUp.delete(watcher)
  }

  async #requestProgress(watcher: Watcher): Promise<void> {
    for (let failures = 0; watcher.open; failures++) {
      try {
        watcher.requestProgress(await this.#newestRevision())
        return
      } catch {
        await passed(this.#options.timer, backoffMs(failures), this.#over.signal)
      }
    }
  }

  /** One question to etcd for all who ask in the same turn; a question already on its way would answer too early. */
  #newestRevision(): Promise<Revision> {
    this.#newest ??= Promise.resolve().then(() => {
      this.#newest = undefined
      return this.#options.connection.newestRevision()
    })
    return this.#newest
  }
}
