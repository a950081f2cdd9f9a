/** The live watchers of one resource, found by what an event can concern: all, one namespace, or one name. */
import type { CacheEvent } from "./event-window.ts"
import { WatchGroup } from "./watch-group.ts"
import type { Watcher } from "./watcher.ts"

const scopeOf = (namespace: string, name: string): string => `${namespace}/${name}`

export interface WatchGroupsOptions {
  readonly soon?: ((fn: () => void) => void) | undefined
  readonly onLeftOut: () => void
}

export class WatchGroups {
  readonly #scopes = new Map<string, Map<string, WatchGroup>>()
  readonly #dirty = new Set<WatchGroup>()
  readonly #soon: (fn: () => void) => void
  readonly #onLeftOut: () => void
  #flushing: "idle" | "scheduled" = "idle"
  #privateGroups = 0

  /** `onLeftOut` runs when watchers were not told an event: {@link catchUp} is to come. */
  constructor({ soon = setImmediate, onLeftOut }: WatchGroupsOptions) {
    this.#soon = soon
    this.#onLeftOut = onLeftOut
  }

  /** From now on the watcher is told every event. Everything offered before has been flushed to the others. */
  join(watcher: Watcher): void {
    const { selection, format } = watcher
    const scope = scopeOf(selection.namespace, selection.name)
    let groups = this.#scopes.get(scope)
    if (groups === undefined) {
      groups = new Map()
      this.#scopes.set(scope, groups)
    }
    const id = format.id === undefined ? undefined : `${format.id} ${selection.id}`
    let group = id === undefined ? undefined : groups.get(id)
    if (group === undefined) {
      group = new WatchGroup(selection, format)
      groups.set(id ?? `private ${this.#privateGroups++}`, group)
    }
    group.flush()
    group.watchers.add(watcher)
    const joined = group
    watcher.onEnd(() => this.#leave(joined, watcher))
  }

  #leave(group: WatchGroup, watcher: Watcher): void {
    group.watchers.delete(watcher)
    if (group.watchers.size > 0) return
    const scope = scopeOf(group.selection.namespace, group.selection.name)
    const groups = this.#scopes.get(scope)
    if (groups === undefined) return
    for (const [id, candidate] of groups) if (candidate === group) groups.delete(id)
    if (groups.size === 0) this.#scopes.delete(scope)
  }

  offer(event: CacheEvent): void {
    this.#offerTo("/", event)
    const { namespace, name } = event.object
    this.#offerTo(scopeOf("", name), event)
    if (namespace === "") return
    this.#offerTo(scopeOf(namespace, ""), event)
    this.#offerTo(scopeOf(namespace, name), event)
  }

  #offerTo(scope: string, event: CacheEvent): void {
    const groups = this.#scopes.get(scope)
    if (groups === undefined) return
    for (const group of groups.values()) {
      const offered = group.offer(event)
      if (offered === "taken") this.#dirty.add(group)
      else if (offered === "left out") this.#onLeftOut()
    }
    if (this.#dirty.size > 0) this.#schedule()
  }

  #schedule(): void {
    if (this.#flushing === "scheduled") return
    this.#flushing = "scheduled"
    this.#soon(() => this.flush())
  }

  flush(): void {
    this.#flushing = "idle"
    const dirty = [...this.#dirty]
    this.#dirty.clear()
    for (const group of dirty) group.flush()
  }

  /** Bookmarks for those whose last event was left out. */
  catchUp(revision: bigint): void {
    for (const groups of this.#scopes.values())
      for (const group of [...groups.values()]) if (group.behind) group.bookmark(revision)
  }

  /** Bookmarks for all. */
  bookmark(revision: bigint): void {
    for (const groups of this.#scopes.values())
      for (const group of [...groups.values()]) group.bookmark(revision)
  }

  *all(): Generator<Watcher> {
    for (const groups of this.#scopes.values()) for (const group of groups.values()) yield* group.watchers
  }
}
