/** Bounds of the embedded store's work in one turn, so that others get theirs. */

/** Revisions that a watch of the past is told in one turn. */
export const replayPageRevisions = 500
/** Revisions that a compaction prunes in one transaction. */
export const prunePageRevisions = 100
/** Writes in one transaction. */
export const batchWritesMax = 1_000
