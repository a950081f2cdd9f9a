/**
 * Watchers of one resource that see the very same bytes: each event is selected and framed once for all of them, and the
 * events of one turn of the event loop become one write a watcher.
 */
import { limits } from "../limits.ts"
import { restamped } from "../registry/document.ts"
import type { CachedObject } from "./cached-object.ts"
import type { EventFormat, EventType } from "./event-format.ts"
import type { CacheEvent } from "./event-window.ts"
import type { Selection } from "./selection.ts"
import type { Watcher } from "./watcher.ts"

/** An event as a selection sees it: entering is ADDED, leaving is DELETED, never inside is nothing. */
export const project = (
  event: CacheEvent,
  selection: Selection,
): { readonly type: EventType; readonly object: CachedObject } | undefined => {
  const before = event.previous !== undefined && selection.matches(event.previous)
  if (event.type === "DELETED") return before ? { type: "DELETED", object: event.object } : undefined
  if (selection.matches(event.object)) return { type: before ? "MODIFIED" : "ADDED", object: event.object }
  if (!before || event.previous === undefined) return undefined
  const bytes = restamped(event.previous.bytes, event.revision)
  return { type: "DELETED", object: { ...event.previous, revision: event.revision, bytes } }
}

export class WatchGroup {
  readonly watchers = new Set<Watcher>()
  readonly selection: Selection
  readonly format: EventFormat
  #pieces: Uint8Array[] = []
  #bytes = 0
  #revision = 0n
  /** An event was left out since something was last told. */
  #behind = false

  constructor(selection: Selection, format: EventFormat) {
    this.selection = selection
    this.format = format
  }

  get behind(): boolean {
    return this.#behind
  }

  /** Takes an event up for the next flush; `outside` when it is not of the selection. */
  offer(event: CacheEvent): "taken" | "left out" | "outside" {
    const told = project(event, this.selection)
    if (told === undefined) return "outside"
    // Between two events of one revision nothing is sent: a watch that is cut there has to be told of them again.
    if (this.#bytes > limits.flushBytes && event.revision !== this.#revision) this.flush()
    this.#revision = event.revision
    const pieces = this.format.event(told.type, told.object, event.previous)
    this.#behind = pieces.length === 0
    if (this.#behind) return "left out"
    this.#pieces.push(...pieces)
    for (const piece of pieces) this.#bytes += piece.length
    return "taken"
  }

  /** Tells who asked for it how far they have been told. */
  bookmark(revision: bigint): void {
    this.flush()
    this.#behind = false
    for (const watcher of [...this.watchers]) if (watcher.bookmarks) watcher.bookmark(revision)
  }

  flush(): void {
    if (this.#pieces.length === 0) return
    const chunk = Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#bytes = 0
    for (const watcher of this.watchers) watcher.write(chunk)
  }
}
