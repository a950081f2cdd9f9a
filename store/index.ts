/** The storage seam and its implementations. Start with {@link Store}. */
export type { ClosableStore } from "./closable.ts"
export { type MemoryStoreOptions, makeMemoryStore } from "./memory.ts"
export {
  type Expect,
  isStoreError,
  type KeyValue,
  limits,
  type Put,
  type Range,
  type RangeOptions,
  type Revision,
  type Session,
  type SessionId,
  type Store,
  StoreError,
  type StoreErrorReason,
  type StoreEvent,
  type Watch,
  type WatchOptions,
  type WatchSink,
} from "./store.ts"
export type { StoreTimer } from "./timer.ts"
