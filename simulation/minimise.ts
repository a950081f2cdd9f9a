/** The fewest faults that still break a run: delta debugging (Zeller, Hildebrandt 2002) over the occasions that struck. */

/** Whether the run breaks in the same way when just these faults strike. */
export type StillFails = (keep: ReadonlyArray<string>) => Promise<boolean>

/**
 * Takes faults away, halves first, then smaller parts, as long as the run still fails: what is left is needed, each of it, unless
 * the tries run out before.
 */
export const fewestFaults = async (
  struck: ReadonlyArray<string>,
  stillFails: StillFails,
  triesMax: number,
): Promise<ReadonlyArray<string>> => {
  let kept = struck
  let tries = 0
  const fails = async (keep: ReadonlyArray<string>): Promise<boolean> => {
    tries += 1
    return stillFails(keep)
  }
  if (kept.length > 0 && (await fails([]))) return []
  let parts = 2
  while (kept.length > 1 && tries < triesMax) {
    const size = Math.ceil(kept.length / parts)
    let isSmaller = false
    for (let start = 0; start < kept.length && tries < triesMax; start += size) {
      const rest = [...kept.slice(0, start), ...kept.slice(start + size)]
      if (rest.length === kept.length || !(await fails(rest))) continue
      kept = rest
      parts = Math.max(2, parts - 1)
      isSmaller = true
      break
    }
    if (isSmaller) continue
    if (size === 1) break
    parts = Math.min(kept.length, parts * 2)
  }
  return kept
}
