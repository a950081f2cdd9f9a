/** The latest events of one resource, bounded by count and bytes: what watches that start in the past are told from. */
import { limits } from "../limits.ts"
import type { CachedObject } from "./cached-object.ts"

export interface CacheEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED"
  readonly revision: bigint
  /** The state after the event; of a deletion, the last one, with the deletion's revision. */
  readonly object: CachedObject
  readonly previous: CachedObject | undefined
}

/**
 * A revision is kept whole or not at all, and the newest always: so a client that has just listed can watch from there.
 */
export class EventWindow {
  #events: CacheEvent[] = []
  /** Index of the oldest event still kept. */
  #start = 0
  #bytes = 0
  /** Every event after this revision is here. */
  #floor: bigint
  /** Whether the revision at the floor held several events: who saw it may have seen a part. */
  #floorShared = false

  constructor(floor: bigint) {
    this.#floor = floor
  }

  get floor(): bigint {
    return this.#floor
  }

  /** The revision of the newest event, or the floor. */
  get newest(): bigint {
    return this.#start < this.#events.length ? (this.#events.at(-1)?.revision ?? this.#floor) : this.#floor
  }

  push(event: CacheEvent): void {
    this.#events.push(event)
    this.#bytes += event.object.bytes.length
    while (
      this.#events.length - this.#start > limits.windowEventsMax ||
      this.#bytes > limits.windowBytesMax
    ) {
      const oldest = this.#events[this.#start]?.revision
      if (oldest === undefined || oldest === event.revision) break
      this.#forget(oldest)
    }
    if (this.#start > 1024 && this.#start * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#start)
      this.#start = 0
    }
  }

  #forget(revision: bigint): void {
    const first = this.#start
    for (
      let oldest = this.#events[this.#start];
      oldest?.revision === revision;
      oldest = this.#events[this.#start]
    ) {
      this.#start++
      this.#bytes -= oldest.object.bytes.length
    }
    this.#floor = revision
    this.#floorShared = this.#start - first > 1
  }

  /**
   * Events later than this revision in order, about so many at most: the last revision is whole. Undefined when some of
   * them are forgotten.
   */
  after(revision: bigint, limit = Number.POSITIVE_INFINITY): ReadonlyArray<CacheEvent> | undefined {
    if (revision < this.#floor) return undefined
    const from = this.#indexAfter(revision)
    let end = Math.min(this.#events.length, from + limit)
    while (end > from && this.#events[end]?.revision === this.#events[end - 1]?.revision) end++
    return this.#events.slice(from, end)
  }

  /** The events of exactly this revision; undefined when there were several and they are forgotten. */
  at(revision: bigint): ReadonlyArray<CacheEvent> | undefined {
    if (revision === this.#floor && this.#floorShared) return undefined
    return this.#events.slice(this.#indexAfter(revision - 1n), this.#indexAfter(revision))
  }

  #indexAfter(revision: bigint): number {
    let low = this.#start
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const found = this.#events[middle]
      if (found !== undefined && found.revision <= revision) low = middle + 1
      else high = middle
    }
    return low
  }
}
