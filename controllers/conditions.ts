/** Conditions that do not flap: the time moves only when the status does. Source: Kubernetes API conventions. */
import { rfc3339 } from "../reconciler/index.ts"
import type { Condition } from "../schemas/index.ts"

/** What the conditions of every kind have. */
export interface AnyCondition {
  readonly type: string
  readonly status: Condition["status"]
  readonly lastTransitionTime?: string | null
}

export type ConditionUpdate = Omit<Condition, "lastTransitionTime">

type Timed<U> = U & { readonly lastTransitionTime: string }

/** The conditions with these in the place of those of the same type; the others stay as they are. */
export const withConditions = <C extends AnyCondition, U extends Omit<AnyCondition, "lastTransitionTime">>(
  before: ReadonlyArray<C>,
  updates: ReadonlyArray<U>,
  now: number,
): ReadonlyArray<C | Timed<U>> => {
  const next = new Map<string, C | Timed<U>>(before.map((condition) => [condition.type, condition]))
  for (const update of updates) {
    const former = next.get(update.type)
    const since = former?.status === update.status ? former.lastTransitionTime : undefined
    next.set(update.type, { ...update, lastTransitionTime: since ?? rfc3339(now) })
  }
  return [...next.values()]
}
