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

export class EventWindow {
  #events: CacheEvent[] = []
  /** Index of the oldest event still kept. */
  #start = 0
  #bytes = 0
  /** Every event after this revision is here. */
  #floor: bigint

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
      const oldest = this.#events[this.#start]
      if (oldest === undefined) break
      this.#start++
      this.#bytes -= oldest.object.bytes.length
      this.#floor = oldest.revision
    }
    if (this.#start > 1024 && this.#start * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#start)
      this.#start = 0
    }
  }

  /** Events later than this revision in order, at most so many; undefined when some of them are forgotten. */
  after(revision: bigint, limit = Number.POSITIVE_INFINITY): ReadonlyArray<CacheEvent> | undefined {
    if (revision < this.#floor) return undefined
    let low = this.#start
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const found = this.#events[middle]
      if (found !== undefined && found.revision <= revision) low = middle + 1
      else high = middle
    }
    return this.#events.slice(low, Math.min(this.#events.length, low + limit))
  }
}
