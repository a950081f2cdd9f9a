/**
 * Fights: a field of one object that different managers set to and fro, told from the object's successive states. Looks closer
 * only at objects that change often. Plain; bounded.
 */
import type { KubeObject } from "../schemas/index.ts"
import { versionOf } from "./cause-of-writes.ts"
import { changedFields, type FieldNames, fieldText, managersOf, valueAt } from "./changed-fields.ts"
import type { Fight } from "./diagnosis.ts"
import { fightFlips, fightMemoryMs, fightSuspicion, maxSwings, maxWatchedObjects } from "./limits.ts"
import type { Change } from "./object-cache.ts"
import { keyOf, keyString } from "./request.ts"

/** A field that was set from one value to another, and how often that was turned round since. */
interface Swing {
  readonly from: string
  readonly to: string
  readonly flips: number
  readonly managers: ReadonlySet<string>
}

interface Watched {
  version: string | undefined
  changes: number
  lastMs: number
  readonly swings: Map<string, Swing>
}

export class Fights {
  readonly #objects = new Map<string, Watched>()

  /** To be told of each change; the same change may be told twice. */
  changed({ old, new: now }: Change, nowMs: number): Fight | undefined {
    if (old === undefined || now === undefined) return undefined
    const watched = this.#watched(`${now.kind} ${keyString(keyOf(now))}`, nowMs)
    if (watched.version !== undefined && watched.version === now.metadata.resourceVersion) return undefined
    watched.version = now.metadata.resourceVersion
    watched.changes += 1
    if (watched.changes < fightSuspicion) return undefined
    let fight: Fight | undefined
    for (const names of changedFields(old, now)) {
      const swing = swung(watched.swings.get(fieldText(names)), { old, now, names })
      if (watched.swings.size > maxSwings) watched.swings.clear()
      watched.swings.set(fieldText(names), swing)
      if (swing.flips < fightFlips || swing.managers.size < 2) continue
      fight ??= {
        _tag: "Fight",
        object: versionOf(now),
        field: fieldText(names),
        managers: [...swing.managers].sort(),
        cycles: swing.flips,
      }
    }
    return fight
  }

  #watched(key: string, nowMs: number): Watched {
    const known = this.#objects.get(key)
    const isFresh = known !== undefined && nowMs - known.lastMs < fightMemoryMs
    const watched: Watched = isFresh
      ? known
      : { version: undefined, changes: 0, lastMs: nowMs, swings: new Map() }
    watched.lastMs = nowMs
    this.#objects.delete(key)
    this.#objects.set(key, watched)
    const [oldest] = this.#objects.keys()
    if (this.#objects.size > maxWatchedObjects && oldest !== undefined) this.#objects.delete(oldest)
    return watched
  }
}

const swung = (
  before: Swing | undefined,
  { old, now, names }: { readonly old: KubeObject; readonly now: KubeObject; readonly names: FieldNames },
): Swing => {
  const from = JSON.stringify(valueAt(old, names)) ?? ""
  const to = JSON.stringify(valueAt(now, names)) ?? ""
  const owner = managersOf(now, names)[0]
  const isBack = before !== undefined && before.from === to && before.to === from
  return {
    from,
    to,
    flips: isBack ? before.flips + 1 : 0,
    managers: new Set([...(isBack ? before.managers : []), ...(owner === undefined ? [] : [owner])]),
  }
}
