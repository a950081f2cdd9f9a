/** Bounds of the embedded store's work in one turn, so that others get theirs. */

/** Revisions that a watch of the past is told, or a compaction prunes, in one turn. */
export const replayPageRevisions = 500
/** Writes in one transaction. */
export const batchWritesMax = 1_000
