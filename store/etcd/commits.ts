/** etcd's watch responses as commits: whole revisions, however the server cut them. */
import type { IEvent, IWatchResponse } from "etcd3"
import { compacted } from "../replay.ts"
import type { Revision, StoreEvent } from "../store.ts"
import type { Commit } from "../watcher.ts"
import { keyValueOf } from "./kv.ts"

export class CommitAssembler {
  #after: Revision
  #open: { readonly revision: Revision; readonly events: Array<StoreEvent> } | undefined

  /** Drops what is not after this revision. */
  constructor(after: Revision) {
    this.#after = after
  }

  /**
   * The commits that this response completes. A response with `fragment` set is continued by the next one, perhaps in
   * the middle of its last revision, which is held back.
   *
   * Fails with `Compacted` when an event's previous document is forgotten: without it a deletion has no last bytes.
   */
  take({ events, fragment }: IWatchResponse): ReadonlyArray<Commit> {
    const commits: Array<Commit> = []
    for (const event of events) {
      const revision = BigInt(event.kv.mod_revision)
      if (revision <= this.#after) continue
      if (this.#open !== undefined && this.#open.revision !== revision) this.#close(commits)
      this.#open ??= { revision, events: [] }
      this.#open.events.push(storeEventOf(event))
    }
    if (!fragment) this.#close(commits)
    return commits
  }

  #close(commits: Array<Commit>): void {
    if (this.#open === undefined) return
    commits.push(this.#open)
    this.#after = this.#open.revision
    this.#open = undefined
  }
}

const storeEventOf = ({ type, kv, prev_kv }: IEvent): StoreEvent => {
  if (type === "Put") {
    if (kv.create_revision === kv.mod_revision) return { type: "put", kv: keyValueOf(kv) }
    if (prev_kv === null) throw forgotten(kv.key)
    return { type: "put", kv: keyValueOf(kv), previous: keyValueOf(prev_kv) }
  }
  if (prev_kv === null) throw forgotten(kv.key)
  return { type: "delete", kv: { ...keyValueOf(prev_kv), modRevision: BigInt(kv.mod_revision) } }
}

const forgotten = (key: Buffer) => compacted(key.toString("utf8"), undefined)
