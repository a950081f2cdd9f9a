/** Conditions that do not flap: the time moves only when the status does. Source: Kubernetes API conventions. */
import type { Condition } from "../schemas/index.ts"

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export const timestampOf = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}Z`

export type ConditionUpdate = Omit<Condition, "lastTransitionTime">

/** The conditions with these in the place of those of the same type; what did not change keeps its place and bytes. */
export const withConditions = (
  before: ReadonlyArray<Condition>,
  updates: ReadonlyArray<ConditionUpdate>,
  now: number,
): ReadonlyArray<Condition> => {
  const next = new Map(before.map((condition) => [condition.type, condition]))
  for (const update of updates) {
    const former = next.get(update.type)
    const lastTransitionTime =
      former !== undefined && former.status === update.status ? former.lastTransitionTime : timestampOf(now)
    next.set(update.type, { ...update, lastTransitionTime })
  }
  return [...next.values()]
}

export const conditionOf = <C extends { readonly type: string }>(
  conditions: ReadonlyArray<C> | undefined,
  type: string,
): C | undefined => conditions?.find((condition) => condition.type === type)
