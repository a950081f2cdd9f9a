/**
 * The whole store under `/registry/` as served bytes, followed by one watch.
 *
 * Guarantees: events are taken up in revision order, and a revision counts as reached once all of its events are: once
 * `reach(revision)` settles, everything written up to it is visible; `fresh()` is a linearizable point. After a compaction that it could not follow it reads everything again and
 * its watchers are told 410.
 */

import type { KeyValue, Store, StoreEvent, Watch } from "../../store/index.ts"
import type { Ambient } from "../ambient.ts"
import { limits } from "../limits.ts"
import { type Resource, storagePrefix } from "../resource.ts"
import { noSuchPath } from "../status-error.ts"
import { turnsOf } from "../turns.ts"
import type { Anticipated, StoredDocument } from "./cached-object.ts"
import type { CacheEvent } from "./event-window.ts"
import { type Committed, OwnWrites } from "./own-writes.ts"
import { Progress } from "./progress.ts"
import { type RecalledEvent, ResourceCache } from "./resource-cache.ts"
import { eventsOfRevision } from "./revision-events.ts"
import { SharedRead } from "./shared-read.ts"
import { Unclaimed } from "./unclaimed.ts"

export interface WatchCacheOptions {
  readonly store: Store
  readonly ambient: Ambient
  /** What a stored value says in clear. */
  readonly open: (key: string, value: Uint8Array) => Uint8Array
  /** Called for every event of a known resource, after the cache has taken it up and before the next one. */
  readonly onEvent: (resource: Resource, event: CacheEvent) => void
  /** Called after everything has been read, at the start and after a reset. */
  readonly onLoaded: (revision: bigint) => void
  readonly onFault: (message: string, cause: unknown) => void
}

/** Retry of a store that can not be read: from the first to the longest pause. */
const retryMs = { first: 50, longest: 2_000 } as const

/** Of `/registry/<group>/<plural>/...`: the resource's prefix, or "" where a key has none. */
const prefixOf = (key: string): string => {
  const group = key.indexOf("/", storagePrefix.length)
  const plural = key.indexOf("/", group + 1)
  return plural < 0 ? "" : key.slice(0, plural + 1)
}

export class WatchCache {
  readonly #options: WatchCacheOptions
  readonly #caches = new Map<string, ResourceCache>()
  readonly #unclaimed = new Unclaimed()
  readonly #ownWrites = new OwnWrites()
  /** Caches with watchers who are to be told their progress. */
  readonly #behind = new Set<ResourceCache>()
  readonly #progress: Progress
  /** The events of the newest revision that had any. */
  #newest: { readonly revision: bigint; readonly events: StoreEvent[] } = { revision: 0n, events: [] }
  #watch: Watch | undefined
  #state: "loading" | "following" | "closed" = "loading"
  readonly #cancelTimers = new Set<() => void>()
  readonly #freshness = new SharedRead(() => this.#readFreshness())

  constructor(options: WatchCacheOptions) {
    this.#options = options
    this.#progress = new Progress(options.ambient)
  }

  /** Every event up to this has been taken up. */
  get revision(): bigint {
    return this.#progress.revision
  }

  get following(): boolean {
    return this.#state === "following"
  }

  /** Fails with `NotFound` when the resource is served no longer. */
  get(resource: Resource): ResourceCache {
    const cache = this.#caches.get(resource.prefix)
    if (cache === undefined) throw noSuchPath()
    return cache
  }

  find(resource: Resource): ResourceCache | undefined {
    return this.#caches.get(resource.prefix)
  }

  /** Starts (or goes on) caching a resource as it is now defined. */
  claim(resource: Resource): void {
    const known = this.#caches.get(resource.prefix)
    if (known !== undefined) {
      known.redefine(resource)
      return
    }
    const { ambient } = this.#options
    const onLeftOut = (behind: ResourceCache) => this.#tellProgress(behind)
    const cache = new ResourceCache(resource, this.#progress.revision, {
      soon: ambient.soon,
      turns: turnsOf(ambient),
      onLeftOut,
    })
    this.#caches.set(resource.prefix, cache)
    for (const kv of this.#unclaimed.take(resource.prefix)) this.#loadOne(cache, kv)
    if (this.#newest.revision >= this.#progress.revision) this.#recall(cache, this.#newest.events)
  }

  /** Ends the watches of a resource that is no longer served and forgets it. */
  release(resource: Resource): void {
    const cache = this.#caches.get(resource.prefix)
    cache?.endWatches()
    this.#caches.delete(resource.prefix)
  }

  /** A write is about to be made: the returned function says that it was not. */
  anticipate(key: string, write: Anticipated): () => void {
    return this.#ownWrites.anticipate(key, write)
  }

  /** A write was answered: until its event comes, {@link latest} tells of it. */
  committed(key: string, write: Committed): void {
    if (write.revision > this.#progress.revision) this.#ownWrites.commit(key, write)
  }

  /** The newest state that this server knows of, in the storage version: a conditional write upon it rarely conflicts. */
  latest(resource: Resource, key: string): Committed | undefined {
    const found = this.get(resource).get(key)
    const written = this.#ownWrites.committed(key)
    return written !== undefined && (found === undefined || found.revision < written.revision)
      ? written
      : found
  }

  reach(revision: bigint): Promise<void> {
    return this.#progress.reach(revision)
  }

  /** Reads the whole store, then follows it. Rejects when it is closed meanwhile. */
  async start(): Promise<void> {
    this.#scheduleBookmarks()
    await this.#load()
  }

  async #load(): Promise<void> {
    for (
      let pause: number = retryMs.first;
      this.#state === "loading";
      pause = Math.min(pause * 2, retryMs.longest)
    ) {
      try {
        await this.#readAll()
        return
      } catch (cause) {
        this.#options.onFault("the store can not be read: trying again", cause)
        await new Promise<void>((resolve) => this.#timer(pause, resolve))
      }
    }
  }

  async #readAll(): Promise<void> {
    const { store } = this.#options
    let after: string | undefined
    let revision: bigint | undefined
    const pages: Array<ReadonlyArray<KeyValue>> = []
    for (;;) {
      const page = await store.range({
        prefix: storagePrefix,
        limit: limits.loadPage,
        ...(after === undefined ? {} : { after }),
        ...(revision === undefined ? {} : { revision }),
      })
      revision ??= page.revision
      pages.push(page.items)
      after = page.items.at(-1)?.key
      if (after === undefined || page.count <= page.items.length) break
    }
    const newest = { revision, events: [...(await eventsOfRevision(store, revision))] }
    this.#adopt(pages, newest)
  }

  /** Empties `pages`, so that what was read goes as the cache grows: both at once would be twice the memory. */
  #adopt(
    pages: Array<ReadonlyArray<KeyValue>>,
    newest: { readonly revision: bigint; readonly events: StoreEvent[] },
  ): void {
    if (this.#state === "closed") return
    const { revision } = newest
    this.#newest = newest
    this.#unclaimed.clear()
    this.#ownWrites.clear()
    for (const cache of this.#caches.values()) cache.reset(revision)
    this.#progress.advance(revision)
    for (let page = pages.shift(); page !== undefined; page = pages.shift()) {
      for (const kv of page) {
        const cache = this.#cacheOf(kv.key)
        if (cache === undefined) this.#unclaimed.put(prefixOf(kv.key), kv)
        else this.#loadOne(cache, kv)
      }
    }
    for (const cache of this.#caches.values()) this.#recall(cache, newest.events)
    this.#state = "following"
    this.#options.onLoaded(revision)
    this.#follow(revision)
  }

  #loadOne(cache: ResourceCache, kv: KeyValue): void {
    const stored = this.#storedOf(kv)
    if (stored !== undefined && !cache.load(stored)) this.#unreadable(kv)
  }

  #recall(cache: ResourceCache, events: ReadonlyArray<StoreEvent>): void {
    const recalled = events.flatMap((event): ReadonlyArray<RecalledEvent> => {
      const { type, kv } = event
      if (this.#cacheOf(kv.key) !== cache) return []
      const stored = this.#storedOf(kv)
      if (stored === undefined) return []
      if (type === "delete") return [{ type: "DELETED", stored, previous: undefined }]
      const { previous } = event
      if (previous === undefined) return [{ type: "ADDED", stored, previous }]
      return [{ type: "MODIFIED", stored, previous: this.#storedOf(previous) }]
    })
    cache.recall(this.#newest.revision, recalled)
  }

  #storedOf(kv: KeyValue): StoredDocument | undefined {
    const value = this.#opened(kv)
    return value && { key: kv.key, value, revision: kv.modRevision }
  }

  #follow(revision: bigint): void {
    this.#watch = this.#options.store.watch(
      { prefix: storagePrefix, from: revision + 1n },
      {
        events: (events) => this.#take(events),
        progress: (reached) => this.#progress.advance(reached),
        ended: (error) => {
          this.#watch = undefined
          if (this.#state === "closed") return
          if (error.reason !== "Compacted") this.#options.onFault("the watch of the store has ended", error)
          this.#state = "loading"
          void this.#load()
        },
      },
    )
  }

  #take(events: ReadonlyArray<StoreEvent>): void {
    for (const [index, event] of events.entries()) {
      const revision = event.kv.modRevision
      if (revision !== this.#newest.revision) this.#newest = { revision, events: [] }
      this.#newest.events.push(event)
      this.#takeOne(event)
      if (events[index + 1]?.kv.modRevision !== revision) this.#progress.advance(revision)
    }
  }

  #takeOne(event: StoreEvent): void {
    const { kv } = event
    this.#ownWrites.told(kv.key, kv.modRevision)
    const cache = this.#cacheOf(kv.key)
    if (cache === undefined) {
      if (event.type === "put") this.#unclaimed.put(prefixOf(kv.key), kv)
      else this.#unclaimed.delete(prefixOf(kv.key), kv.key)
      return
    }
    if (event.type === "delete") {
      this.#tell(cache, cache.delete(kv.key, kv.modRevision))
      return
    }
    const stored = this.#storedOf(kv)
    if (stored === undefined) return
    const told = cache.put(stored, this.#ownWrites.take(kv.key, stored.value))
    if (told === undefined) this.#unreadable(kv)
    else this.#tell(cache, told)
  }

  #tell(cache: ResourceCache, event: CacheEvent | undefined): void {
    if (event === undefined) return
    try {
      this.#options.onEvent(cache.resource, event)
    } catch (cause) {
      this.#options.onFault("an event could not be handled", cause)
    }
  }

  #unreadable({ key }: KeyValue): void {
    this.#options.onFault("a stored document is not readable: it is passed over", key)
  }

  #opened(kv: KeyValue): Uint8Array | undefined {
    try {
      return this.#options.open(kv.key, kv.value)
    } catch (cause) {
      this.#options.onFault("a stored value can not be read", cause)
      return undefined
    }
  }

  #cacheOf(key: string): ResourceCache | undefined {
    return this.#caches.get(prefixOf(key))
  }

  /** Settles when everything that was written before the call is visible: a linearizable read from the cache. */
  fresh(): Promise<bigint> {
    return this.#freshness.read()
  }

  async #readFreshness(): Promise<bigint> {
    const { revision } = await this.#options.store.get(`${storagePrefix}~`)
    if (revision > this.#progress.revision) await this.#catchUp(revision)
    return this.#progress.revision
  }

  /** Asks for progress until it is there: a question may be lost with a connection. */
  async #catchUp(revision: bigint): Promise<void> {
    let cancel = (): void => {}
    const ask = (): void => {
      this.#watch?.requestProgress()
      cancel = this.#options.ambient.timer(limits.progressAskMs, ask)
    }
    ask()
    try {
      await this.#progress.reach(revision)
    } finally {
      cancel()
    }
  }

  #timer(ms: number, fn: () => void): void {
    const cancel = this.#options.ambient.timer(ms, () => {
      this.#cancelTimers.delete(cancel)
      fn()
    })
    this.#cancelTimers.add(cancel)
  }

  /** Who was left out of an event is soon told how far it has come. */
  #tellProgress(cache: ResourceCache): void {
    if (this.#behind.has(cache)) return
    this.#behind.add(cache)
    this.#timer(limits.leftOutBookmarkMs, () => {
      this.#behind.delete(cache)
      if (this.#state !== "closed") cache.tellProgress(this.#progress.revision)
    })
  }

  #scheduleBookmarks(): void {
    this.#timer(limits.bookmarkMs, () => {
      if (this.#state === "closed") return
      for (const cache of this.#caches.values()) cache.bookmark(this.#progress.revision)
      this.#scheduleBookmarks()
    })
  }

  close(): void {
    if (this.#state === "closed") return
    this.#state = "closed"
    this.#watch?.close()
    for (const cancel of this.#cancelTimers) cancel()
    this.#cancelTimers.clear()
    for (const cache of this.#caches.values()) cache.endWatches()
    this.#progress.abandon()
  }
}
