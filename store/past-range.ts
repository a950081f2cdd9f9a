/**
 * A range as it once was, told from how it is now and what changed since: its cost grows with those changes and the
 * page asked for, not with the keys that there are.
 */
import type { ByteKey } from "./key.ts"
import type { Bound, SortedKeys } from "./sorted-keys.ts"
import type { KeyValue } from "./store.ts"

export interface PastRange<Current> {
  /** How it is now. */
  readonly sorted: SortedKeys<Current>
  readonly from: Bound
  readonly end: ByteKey | undefined
  readonly limit: number
  /** The keys that changed since, in any order and not only those in the range. */
  readonly changed: Iterable<ByteKey>
  /** What stood under a changed key then. */
  readonly stood: (key: ByteKey) => KeyValue | undefined
  /** What stands now under a key that did not change. */
  readonly stands: (current: Current) => KeyValue | undefined
}

export const pastRange = <Current extends { readonly key: ByteKey }>({
  sorted,
  from,
  end,
  limit,
  changed,
  stood,
  stands,
}: PastRange<Current>): { readonly items: ReadonlyArray<KeyValue>; readonly count: number } => {
  const before = new Map<ByteKey, KeyValue | undefined>()
  let count = sorted.count(from, end)
  for (const key of [...new Set(changed)].sort()) {
    if (key < from.key || (from.exclusive && key === from.key) || (end !== undefined && key >= end)) continue
    const kv = stood(key)
    before.set(key, kv)
    count += (kv === undefined ? 0 : 1) - (sorted.has(key) ? 1 : 0)
  }
  const items: Array<KeyValue> = []
  const take = (kv: KeyValue | undefined) => {
    if (kv !== undefined && items.length < limit) items.push(kv)
  }
  const pending = before.entries()
  let next = pending.next().value
  const takeChangedUpTo = (key: ByteKey | undefined) => {
    for (; next !== undefined && (key === undefined || next[0] <= key); next = pending.next().value)
      take(next[1])
  }
  sorted.walk(from, end, (current) => {
    takeChangedUpTo(current.key)
    if (!before.has(current.key)) take(stands(current))
    return items.length < limit
  })
  takeChangedUpTo(undefined)
  return { items, count }
}
