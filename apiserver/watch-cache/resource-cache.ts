/**
 * The current objects of one resource, the window of its latest events, and its watchers.
 *
 * Guarantees: events reach every watcher in revision order, those of one revision together; a watcher misses none and sees
 * none twice, or is ended with 410. A watch that begins at a revision with several events of its selection is told those
 * again: a client that was cut among them has the same revision as one that saw them all. Written to by the
 * {@link WatchCache} alone.
 */
import type { Ambient } from "../ambient.ts"
import { limits } from "../limits.ts"
import { restamped } from "../registry/document.ts"
import type { Resource } from "../resource.ts"
import type { Turns } from "../turns.ts"
import {
  type Anticipated,
  type CachedObject,
  cacheAnticipated,
  cacheDocument,
  type StoredDocument,
} from "./cached-object.ts"
import { type CacheEvent, EventWindow } from "./event-window.ts"
import { type Selection, turnObjectsOf } from "./selection.ts"
import { SortedObjects } from "./sorted-objects.ts"
import { project } from "./watch-group.ts"
import { WatchGroups } from "./watch-groups.ts"
import type { Watcher } from "./watcher.ts"

/** Events that are looked at in one turn while a watch opens. */
const openingEvents = 256

type Selected = Pick<Selection, "namespace" | "name" | "matches">

/** Objects of one namespace or all, whether they match a selection or not; nothing changes them any more. */
export interface Scope {
  /** In the order of their keys, starting after a key. */
  readonly from: (after: string) => Iterable<CachedObject>
  readonly countAfter: (after: string) => number
}

/** An event of before this cache was, as it is stored. */
export interface RecalledEvent {
  readonly type: CacheEvent["type"]
  readonly stored: StoredDocument
  readonly previous: StoredDocument | undefined
}

/** How a watch begins. */
export interface WatchOpening {
  readonly since: bigint
  /** Whether it is told of the current objects first. */
  readonly initial: boolean
  /** Whether it is told when it has been. */
  readonly initialEnd: boolean
  /** Whether `since` is what the client says it has seen: it may have been cut within that revision. */
  readonly resumed: boolean
}

export interface ResourceCacheOptions {
  readonly soon: Ambient["soon"] | undefined
  readonly turns: Turns
  /** Runs when watchers were not told an event that changes nothing for them: {@link ResourceCache.tellProgress} is to come. */
  readonly onLeftOut: (cache: ResourceCache) => void
}

export class ResourceCache {
  #resource: Resource
  readonly #objects = new SortedObjects()
  readonly #opening = new Set<Watcher>()
  readonly #groups: WatchGroups
  readonly #turns: Turns
  #window: EventWindow

  constructor(resource: Resource, floor: bigint, { soon, turns, onLeftOut }: ResourceCacheOptions) {
    this.#turns = turns
    this.#resource = resource
    this.#window = new EventWindow(floor)
    this.#groups = new WatchGroups({ soon, onLeftOut: () => onLeftOut(this) })
  }

  get resource(): Resource {
    return this.#resource
  }

  get size(): number {
    return this.#objects.size
  }

  get window(): EventWindow {
    return this.#window
  }

  /** The resource's definition has changed: where it is read otherwise now, everything is read again. */
  redefine(resource: Resource): void {
    const same = readingOf(resource) === readingOf(this.#resource)
    this.#resource = resource
    if (same) return
    for (const object of [...this.#objects.from("")]) {
      const { key, revision } = object
      const again = cacheDocument({ key, revision, value: restamped(object.bytes, undefined) }, resource)
      if (again !== undefined) this.#objects.set(again)
    }
  }

  get(key: string): CachedObject | undefined {
    return this.#objects.get(key)
  }

  /** Takes an object up without telling watchers: the first read of the store. False when it is not readable. */
  load(stored: StoredDocument): boolean {
    const object = cacheDocument(stored, this.#resource)
    if (object === undefined) return false
    this.#objects.set(object)
    return true
  }

  /** The events of the revision that everything was read at, so that who was told a part of them is told the rest. */
  recall(revision: bigint, events: ReadonlyArray<RecalledEvent>): void {
    if (events.length === 0) return
    this.#window = new EventWindow(revision - 1n)
    for (const { type, stored, previous } of events) {
      const object = cacheDocument(stored, this.#resource)
      if (object === undefined) continue
      const before = type === "DELETED" ? object : previous && cacheDocument(previous, this.#resource)
      this.#window.push({ type, revision, object, previous: before })
    }
  }

  /** Undefined when the document is not readable. */
  put(stored: StoredDocument, anticipated?: Anticipated): CacheEvent | undefined {
    const object = cacheAnticipated(stored, this.#resource, anticipated)
    if (object === undefined) return undefined
    const previous = this.#objects.get(stored.key)
    this.#objects.set(object)
    return this.#publish({
      type: previous === undefined ? "ADDED" : "MODIFIED",
      revision: stored.revision,
      object,
      previous,
    })
  }

  delete(key: string, revision: bigint): CacheEvent | undefined {
    const previous = this.#objects.get(key)
    if (previous === undefined) return undefined
    this.#objects.delete(key)
    const object = { ...previous, revision, bytes: restamped(previous.bytes, revision) }
    return this.#publish({ type: "DELETED", revision, object, previous })
  }

  #publish(event: CacheEvent): CacheEvent {
    this.#window.push(event)
    this.#groups.offer(event)
    return event
  }

  /** Every current object in the order of keys. Do not write meanwhile. */
  all(): Generator<CachedObject> {
    return this.#objects.from("")
  }

  /** Current objects of a selection in the order of their keys, starting after a key. */
  *select(selection: Selected, after = ""): Generator<CachedObject> {
    const only = this.#onlyKey(selection)
    if (only !== undefined) {
      const object = this.#objects.get(only)
      if (object !== undefined && object.key > after && selection.matches(object)) yield object
      return
    }
    for (const object of this.#objects.from(this.#scopeOf(selection), after)) {
      if (selection.matches(object)) yield object
    }
  }

  /** The objects that a selection is taken from, as they are now, for good. */
  scope(selection: Selection): Scope {
    const only = this.#onlyKey(selection)
    if (only !== undefined) {
      const object = this.#objects.get(only)
      const found = (after: string) => (object !== undefined && object.key > after ? [object] : [])
      return { from: found, countAfter: (after) => found(after).length }
    }
    const prefix = this.#scopeOf(selection)
    const snapshot = this.#objects.snapshot()
    return {
      from: (after) => snapshot.from(prefix, after),
      countAfter: (after) => snapshot.count(prefix, after),
    }
  }

  #onlyKey({ name, namespace }: Selected): string | undefined {
    const isOne = name !== "" && (namespace !== "" || !this.#resource.namespaced)
    return isOne ? this.#resource.key(namespace, name) : undefined
  }

  #scopeOf({ namespace }: Selected): string {
    const { prefix, namespaced } = this.#resource
    return namespace === "" || !namespaced ? prefix : `${prefix}${namespace}/`
  }

  /**
   * Opens a watch: current objects where asked for, then everything after `since`, then live.
   * `since` is a revision that this cache has reached.
   */
  async open(watcher: Watcher, start: WatchOpening): Promise<void> {
    this.#opening.add(watcher)
    watcher.onEnd(() => this.#opening.delete(watcher))
    if (start.initial) await this.#tellCurrent(watcher)
    if (start.initialEnd) watcher.bookmark(start.since, true)
    const { since } = start
    const seen = start.resumed ? this.#seenBy(watcher, since) : since
    if (seen !== undefined) await this.#catchUp(watcher, seen)
    else this.#expire(watcher, since)
  }

  /**
   * The last revision that a client surely saw whole when it says that it has seen one: the one before where that has
   * several events for it. Undefined where that can be told no longer.
   */
  #seenBy({ selection }: Watcher, since: bigint): bigint | undefined {
    const events = this.#window.at(since)
    const told = events?.filter((event) => project(event, selection) !== undefined)
    return told === undefined ? undefined : told.length > 1 ? since - 1n : since
  }

  #expire(watcher: Watcher, since: bigint): void {
    watcher.expire(`too old resource version: ${since} (${this.#window.floor})`)
  }

  async #tellCurrent(watcher: Watcher): Promise<void> {
    const { selection, format } = watcher
    let pieces: Uint8Array[] = []
    let looked = 0
    let bytes = 0
    for (const object of this.scope(selection).from("")) {
      looked++
      if (selection.matches(object)) {
        pieces.push(...format.event("ADDED", object))
        bytes += object.bytes.length * format.cost
      }
      if (bytes < limits.turnBytes && looked < turnObjectsOf(selection)) continue
      await watcher.stream(pieces)
      await this.#turns.next()
      if (watcher.ended) return
      pieces = []
      looked = 0
      bytes = 0
    }
    if (pieces.length > 0) await watcher.stream(pieces)
  }

  async #catchUp(watcher: Watcher, since: bigint): Promise<void> {
    let cursor = since
    let behind = false
    for (;;) {
      if (watcher.ended) return
      const events = this.#window.after(cursor, openingEvents)
      if (events === undefined) {
        this.#expire(watcher, cursor)
        return
      }
      const last = events.at(-1)
      if (last === undefined) break
      cursor = last.revision
      const frames = events.flatMap((event) => {
        const told = project(event, watcher.selection)
        if (told === undefined) return []
        const pieces = watcher.format.event(told.type, told.object, event.previous)
        behind = pieces.length === 0
        return pieces
      })
      await watcher.stream(frames)
      if (events.length >= openingEvents) await this.#turns.next()
    }
    this.#opening.delete(watcher)
    if (behind && watcher.bookmarks) watcher.bookmark(cursor)
    this.#groups.join(watcher)
  }

  /** Tells live watchers that asked for it how far they have been told. */
  bookmark(revision: bigint): void {
    this.#groups.bookmark(revision)
  }

  /** The same, only for those whose last event was left out. */
  tellProgress(revision: bigint): void {
    this.#groups.catchUp(revision)
  }

  /** The last things a watch is told at its timeout: what is waiting, and how far it has come. */
  finish(watcher: Watcher, revision: bigint): void {
    if (this.#opening.has(watcher)) return
    this.#groups.flush()
    if (watcher.bookmarks) watcher.bookmark(revision)
  }

  #watchers(): ReadonlyArray<Watcher> {
    return [...this.#opening, ...this.#groups.all()]
  }

  /** Ends every watch cleanly: the server or the resource is going. */
  endWatches(): void {
    this.#groups.flush()
    for (const watcher of this.#watchers()) watcher.end()
  }

  /** The history is lost: everything starts again at this revision, and every watcher is told to list. */
  reset(floor: bigint): void {
    for (const watcher of this.#watchers()) watcher.expire("the history of the watched resource was lost")
    this.#objects.clear()
    this.#window = new EventWindow(floor)
  }
}

/** All of a resource's definition that the cached form of its objects depends on. */
const readingOf = ({ storage, selectableFields, converter, definition }: Resource): string =>
  JSON.stringify([
    storage.apiVersion,
    selectableFields.map(({ path }) => path),
    ...(converter === undefined
      ? [storage.definition.schema]
      : [definition.conversion, ...definition.versions.map((version) => [version.name, version.schema])]),
  ])
