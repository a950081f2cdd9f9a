/**
 * Versioned bytes under keys with one global revision: the whole storage seam.
 *
 * Everything that may fail as expected rejects with a {@link StoreError}; branch on its `reason`.
 * Implementations: `etcd` (the real one), `embedded` (node:sqlite), `memory`; all pass `store/conformance.ts`.
 * Start with {@link Store}.
 */

/** A position in the one global order of writes. Starts at 1; every committed write takes the next. */
export type Revision = bigint

/** A stored document. `value` must not be changed by the receiver: it is shared. */
export interface KeyValue {
  readonly key: string
  readonly value: Uint8Array
  readonly createRevision: Revision
  /** The revision of its last write: a document's resourceVersion. */
  readonly modRevision: Revision
}

/** What must be true of the key for a write to happen. */
export type Expect = { readonly absent: true } | { readonly modRevision: Revision }

export interface Put {
  readonly key: string
  readonly value: Uint8Array
  readonly expect: Expect
  /** Bound to this session: goes away (a deletion that watchers see) when the session ends. */
  readonly session?: SessionId
}

/** One write of a transaction. A `check` changes nothing: it holds the others to what stands under its key. */
export type ConditionalWrite =
  | ({ readonly type: "put" } & Put)
  | { readonly type: "delete"; readonly key: string; readonly expect: { readonly modRevision: Revision } }
  | { readonly type: "check"; readonly key: string; readonly expect: Expect }

/** A condition of a transaction that did not hold, and the revision of what stood there instead. */
export interface UnmetCondition {
  readonly key: string
  readonly reason: "KeyExists" | "KeyMissing" | "RevisionMismatch"
  readonly modRevision: Revision | undefined
}

export type SessionId = string

export interface Session {
  readonly id: SessionId
  readonly ttlSeconds: number
  /** Extends the session by its ttl. Rejects with `SessionGone` when it is over. */
  renew(): Promise<void>
  /** Ends it at once; its keys are deleted. */
  revoke(): Promise<void>
}

export interface RangeOptions {
  /** All keys that start with this. */
  readonly prefix: string
  /** Only keys strictly greater than this (the last key of the page before). */
  readonly after?: string
  /** At most so many items; 0 counts without reading. */
  readonly limit?: number
  /** The past revision to read at; without it the newest. */
  readonly revision?: Revision
  /** Leave the values out. */
  readonly keysOnly?: boolean
}

export interface Range {
  /** Ordered by the bytes of the key. */
  readonly items: ReadonlyArray<KeyValue>
  /** The revision that the items are a snapshot of. */
  readonly revision: Revision
  /** How many match in all after `after`, the returned ones included. */
  readonly count: number
}

export type StoreEvent =
  | { readonly type: "put"; readonly kv: KeyValue; readonly previous?: KeyValue }
  /** `kv.modRevision` is the deletion's revision, `kv.value` the last bytes. */
  | { readonly type: "delete"; readonly kv: KeyValue }

/**
 * What a watch tells. All calls come in revision order, synchronously, none before `watch()` has returned and none after
 * `ended` or `close()`. A sink that throws has lost its place: its watch ends with `Closed`, and no other notices.
 */
export interface WatchSink {
  /** Events of one or more whole revisions, in order. A revision is never split over two calls. */
  events(events: ReadonlyArray<StoreEvent>): void
  /** Every event up to and including this revision has been delivered. */
  progress(revision: Revision): void
  /** The watch is over and will deliver no more: `Compacted` (relist) or `Closed` (the store closed). Never a passing fault. */
  ended(error: StoreError): void
}

export interface WatchOptions {
  readonly prefix: string
  /** The first revision to deliver; without it, the one after the newest that this store has answered with. */
  readonly from?: Revision
}

export interface Watch {
  /** Asks for a `progress` call soon, whose revision is at least the newest at the time of asking. */
  requestProgress(): void
  close(): void
}

export type StoreErrorReason =
  | "KeyExists"
  | "KeyMissing"
  | "RevisionMismatch"
  | "ConditionsUnmet"
  | "Compacted"
  | "FutureRevision"
  | "SessionGone"
  | "TooLarge"
  | "Unavailable"
  | "Closed"

/** An expected failure of a store. `current` is the stored document where a precondition failed and it was read. */
export class StoreError extends Error {
  override readonly name = "StoreError"
  readonly reason: StoreErrorReason
  readonly key: string
  readonly current: KeyValue | undefined
  /** With `Compacted`: the oldest revision that can still be read. */
  readonly compactRevision: Revision | undefined
  /** With `ConditionsUnmet`: every condition of the transaction that did not hold, in the order of its writes. */
  readonly unmet: ReadonlyArray<UnmetCondition>

  constructor(
    reason: StoreErrorReason,
    key: string,
    more: {
      current?: KeyValue | undefined
      compactRevision?: Revision | undefined
      unmet?: ReadonlyArray<UnmetCondition>
      cause?: unknown
      message?: string
    } = {},
  ) {
    super(more.message ?? `${reason}: ${key}`, more.cause === undefined ? undefined : { cause: more.cause })
    this.reason = reason
    this.key = key
    this.current = more.current
    this.compactRevision = more.compactRevision
    this.unmet = more.unmet ?? []
  }
}

/** Whether a caught value is a StoreError of this reason. */
export const isStoreError = (error: unknown, reason?: StoreErrorReason): error is StoreError =>
  error instanceof StoreError && (reason === undefined || error.reason === reason)

/**
 * The store.
 *
 * Guarantees: writes are linearizable and durable when acknowledged (memory: within the process); `range` and `get`
 * without a revision are linearizable; a watch never loses, repeats or reorders an event: it resumes by itself after a
 * broken connection and ends with `Compacted` when it cannot.
 * Fails with: `KeyExists`, `KeyMissing`, `RevisionMismatch` (a write's expectation), `ConditionsUnmet` (those of a
 * transaction), `Compacted`, `FutureRevision` (reads at a revision), `TooLarge` (over {@link limits}), `Unavailable`
 * (retry), `Closed`.
 */
export interface Store {
  readonly name: string
  get(key: string): Promise<{ readonly kv: KeyValue | undefined; readonly revision: Revision }>
  range(options: RangeOptions): Promise<Range>
  /** Writes and returns the new revision. */
  put(put: Put): Promise<Revision>
  /** Deletes if the key is at this revision, and returns the deletion's revision. */
  delete(key: string, expect: { readonly modRevision: Revision }): Promise<Revision>
  /**
   * Makes every write, or none of them, in one revision, which it returns. The events of the revision come in the order
   * of the writes. Where all are checks nothing is written: the revision returned is one at which they all held.
   *
   * Each key at most once, and at least one write: else a TypeError. Fails with `ConditionsUnmet`, which names each
   * write whose expectation does not hold; `SessionGone`; `TooLarge`, with more writes or bytes than {@link limits} allow.
   */
  transact(writes: ReadonlyArray<ConditionalWrite>): Promise<Revision>
  watch(options: WatchOptions, sink: WatchSink): Watch
  /** Forgets the history before this revision: reads and watches of it end with `Compacted`. */
  compact(revision: Revision): Promise<void>
  session(ttlSeconds: number): Promise<Session>
}

/** Limits that every implementation keeps. */
export const limits = {
  valueBytesMax: 1_500_000,
  keyBytesMax: 1_024,
  /** Writes and checks of one transaction. etcd takes so many unless it is told otherwise (`--max-txn-ops`). */
  transactionWritesMax: 128,
  /** Values of one transaction and three times their keys: an etcd that is not ours takes requests up to 1.5 MiB. */
  transactionBytesMax: 1_540_000,
} as const
