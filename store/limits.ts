/** Bounds that the implementations keep beyond those of the seam. */

/** Revisions that a memory store keeps unless told otherwise. */
export const memoryHistoryRevisionsMax = 100_000
