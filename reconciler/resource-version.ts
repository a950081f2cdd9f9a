/**
 * The order of resourceVersions, for the one place that needs it: telling what a cache has already seen.
 * Source: KEP-5504 (comparable resource versions): decimal numbers without leading zeros, compared as numbers of any length.
 * Everything else stays opaque: then only equality is known.
 */
const isComparable = (version: string): boolean => /^[1-9][0-9]*$/.test(version)

/** Below, at or above zero as a is older, the same or newer; undefined when the server's versions have no order. */
export const compareResourceVersions = (a: string, b: string): number | undefined => {
  if (a === b) return 0
  if (!isComparable(a) || !isComparable(b)) return undefined
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : 1
}

/** Whether a cache at `seen` knows of what was written at `written`. */
export const hasSeen = (seen: string | undefined, written: string): boolean => {
  if (seen === undefined) return false
  const order = compareResourceVersions(seen, written)
  return order !== undefined && order >= 0
}
