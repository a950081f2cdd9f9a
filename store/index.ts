/** The storage seam and its implementations. Start with {@link Store}. */
export type { ClosableStore } from "./closable.ts"
export { type EmbeddedStoreOptions, makeEmbeddedStore } from "./embedded.ts"
export type { EtcdTls } from "./etcd/channel.ts"
export type { EtcdEndpoints } from "./etcd/connection.ts"
export { type EtcdStoreOptions, makeEtcdStore } from "./etcd.ts"
export { type ManagedEtcd, type ManagedEtcdOptions, managedEtcd } from "./managed-etcd.ts"
export { type MemoryStoreOptions, makeMemoryStore } from "./memory.ts"
export { openEmbeddedStore, openEtcdStore, openMemoryStore, StoreService } from "./open.ts"
export { StoreOpenError } from "./open-error.ts"
export {
  keepHistory,
  planRetention,
  type RetentionPlan,
  type RetentionWindow,
  type RevisionNote,
} from "./retention.ts"
export {
  type ConditionalWrite,
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
  type UnmetCondition,
  type Watch,
  type WatchOptions,
  type WatchSink,
} from "./store.ts"
export type { StoreTimer } from "./timer.ts"
