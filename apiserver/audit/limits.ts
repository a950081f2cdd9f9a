/** Bounds of the audit log. */
export const auditLimits = {
  /** A body larger than this is left out of its event, which says so. */
  bodyBytesMax: 1024 * 1024,
  rulesMax: 1_000,
  /** Bytes of events that wait for the disk before requests wait for them. */
  backlogBytesMax: 16 * 1024 * 1024,
  fileBytesDefault: 100 * 1024 * 1024,
  filesDefault: 10,
} as const
