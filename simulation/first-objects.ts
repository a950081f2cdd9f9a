/**
 * The objects that a server makes at its first start (namespaces, default roles, levels of fairness), ready made: a world that
 * finds them is ready in a third of the time, and the same in every world of a process.
 *
 * They are only a head start. A server completes at each start what it finds, so a list that is behind costs time, never truth.
 */
import type { Store } from "../store/index.ts"
import { firstObjects } from "./first-objects.gen.ts"

/** When the ready-made objects say that they were written. */
export const firstObjectsTime = "1970-01-01T00:00:00Z"

const encoder = new TextEncoder()

/** Puts them into a new store, as if they had just been written. A store with a past is left as it is. */
export const putFirstObjects = async (store: Store, nowMs: number): Promise<void> => {
  const { count } = await store.range({ prefix: "/registry/", limit: 1 })
  if (count > 0) return
  const now = `${new Date(nowMs).toISOString().slice(0, 19)}Z`
  for (const [key, text] of firstObjects) {
    const value = encoder.encode(text.replaceAll(firstObjectsTime, now))
    await store.put({ key, value, expect: { absent: true } })
  }
}
