/** A store that knows which request caused a write, however many turns later it is made. */
import { AsyncLocalStorage } from "node:async_hooks"
import { makeMemoryStore, type Store } from "../../store/index.ts"

/** What one request has written. */
export interface Writer {
  readonly writes: string[]
}

export interface RecordingStore {
  readonly store: Store
  readonly close: () => Promise<void>
  /** Runs a request: every write that follows from it is noted in its writer. */
  readonly attribute: <T>(writer: Writer, run: () => T) => T
}

export const makeRecordingStore = (): RecordingStore => {
  const inner = makeMemoryStore({ historyRevisionsMax: 2_000 })
  const current = new AsyncLocalStorage<Writer>()
  const store: Store = {
    name: inner.name,
    get: (key) => inner.get(key),
    range: (options) => inner.range(options),
    put: async (put) => {
      const revision = await inner.put(put)
      current.getStore()?.writes.push(`put ${put.key}`)
      return revision
    },
    delete: async (key, expect) => {
      const revision = await inner.delete(key, expect)
      current.getStore()?.writes.push(`delete ${key}`)
      return revision
    },
    transact: async (writes) => {
      const revision = await inner.transact(writes)
      const made = writes.filter(({ type }) => type !== "check").map(({ type, key }) => `${type} ${key}`)
      current.getStore()?.writes.push(...made)
      return revision
    },
    watch: (options, sink) => inner.watch(options, sink),
    compact: (revision) => inner.compact(revision),
    session: (ttl) => inner.session(ttl),
  }
  return {
    store,
    close: () => inner.close(),
    attribute: (writer, run) => current.run(writer, run),
  }
}
