/**
 * Conditions that do not flap: the same input gives the same bytes, and the time moves only when the status does. Another reason
 * or message with the same status is news about the same state: it is written, and the time stays.
 *
 * There is no hysteresis: a condition says what was last observed, and one that held back a change would say what is not so,
 * under a time that is not true. What wavers is steadied where it is observed (`observe`, or a `RequeueAfter`), and a message must
 * not hold what changes by itself, ages and counters above all: each is a write, and a hot loop where it wakes its own writer.
 * Source: Kubernetes API conventions, "Typical status properties".
 */
import type { Condition } from "../schemas/index.ts"

/** A condition as a controller states it; when it began is worked out. */
export type ConditionState = Omit<Condition, "lastTransitionTime">

const same = (a: Condition, b: ConditionState): boolean =>
  a.status === b.status &&
  a.reason === b.reason &&
  a.message === b.message &&
  a.observedGeneration === b.observedGeneration

const stamp = (state: ConditionState, lastTransitionTime: string): Condition => ({
  type: state.type,
  status: state.status,
  ...(state.observedGeneration === undefined ? {} : { observedGeneration: state.observedGeneration }),
  lastTransitionTime,
  reason: state.reason,
  message: state.message,
})

/**
 * The conditions with this one stated. Returns the very array it got when nothing changed, so that callers can compare by
 * identity. Conditions keep their places; a new one comes last.
 *
 * @example
 * ```ts
 * import { setCondition } from "miren/reconciler"
 *
 * const ready = { type: "Ready", status: "True", reason: "Made", message: "it is there" } as const
 * const first = setCondition(undefined, ready, "2026-01-01T00:00:00Z")
 * if (setCondition(first, ready, "2026-01-01T00:01:00Z") !== first) throw new Error("the time moved for nothing")
 * ```
 */
export const setCondition = (
  conditions: ReadonlyArray<Condition> | undefined,
  next: ConditionState,
  now: string,
): ReadonlyArray<Condition> => {
  const before = conditions ?? []
  const at = before.findIndex((condition) => condition.type === next.type)
  const found = before[at]
  if (found === undefined) return [...before, stamp(next, now)]
  if (same(found, next)) return before
  const since = found.status === next.status ? found.lastTransitionTime : now
  return before.with(at, stamp(next, since))
}

export const setConditions = (
  conditions: ReadonlyArray<Condition> | undefined,
  next: ReadonlyArray<ConditionState>,
  now: string,
): ReadonlyArray<Condition> =>
  next.reduce<ReadonlyArray<Condition>>((all, one) => setCondition(all, one, now), conditions ?? [])

export const conditionOf = <C extends { readonly type: string }>(
  conditions: ReadonlyArray<C> | undefined,
  type: string,
): C | undefined => conditions?.find((condition) => condition.type === type)

export const isConditionTrue = (conditions: ReadonlyArray<Condition> | undefined, type: string): boolean =>
  conditionOf(conditions, type)?.status === "True"

/** A time as objects hold it: RFC 3339 in UTC, whole seconds. */
export const rfc3339 = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`
