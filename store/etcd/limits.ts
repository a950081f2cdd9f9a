/** Bounds of the talk with etcd. */

/** How long a call may take before its fate is given up as unknown. */
export const callTimeoutMs = 15_000
/** How long opening a store waits for an endpoint to answer. */
export const openTimeoutMs = 10_000
/** How long a watch stream may take to be confirmed. */
export const watchCreateTimeoutMs = 10_000
/** How often a watch that hears nothing asks whether it should have. */
export const watchCheckMs = 15_000
/** Between two tries to reopen a watch: doubles from the first to the last, with jitter. */
export const reopenDelayMs = { first: 50, last: 5_000 } as const

/** Of an etcd that we run ourselves. */
export const managedEtcdLimits = {
  quotaBytes: 8 * 2 ** 30,
  /** Entries of the raft log kept in memory; etcd 3.4's own 100,000 would hold up to 150 GB of values. */
  snapshotCount: 10_000,
  /** A value of the greatest size, its key and the request around them. */
  requestBytesMax: 2 * 2 ** 20,
  logBytesMax: 16 * 2 ** 20,
  stopTimeoutMs: 10_000,
  startTimeoutMs: 30_000,
} as const
