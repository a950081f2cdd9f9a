/** The gathered writes of a transaction, made in one revision of the store. */
import type { ConditionalWrite } from "../../store/index.ts"
import { withCause } from "../causes/cause.ts"
import type { RegistryContext } from "../registry/context.ts"
import { anticipatePut, committedPut } from "../registry/object-writer.ts"
import type { GatheredWrite } from "./gathering-writer.ts"

const conditionalWrite = (context: RegistryContext, write: GatheredWrite): ConditionalWrite => {
  const { key } = write
  switch (write.type) {
    case "put": {
      const { value, cause, expect } = write.put
      return { type: "put", key, value: context.seal(key, withCause(value, cause)), expect }
    }
    case "delete":
      return { type: "delete", key, expect: write.expect }
    case "keep":
      return { type: "check", key, expect: { modRevision: write.revision } }
  }
}

/**
 * The revision at which every write was made and every kept object was as it is. Rejects with a StoreError, and then nothing
 * was written: `ConditionsUnmet` names the keys that others were faster at.
 */
export const commit = async (
  context: RegistryContext,
  writes: ReadonlyArray<GatheredWrite>,
): Promise<bigint> => {
  const { store, cache } = context
  if (writes.length === 0) return cache.fresh()
  const puts = writes.flatMap((write) => (write.type === "put" ? [write.put] : []))
  const forgets = puts.map((put) => anticipatePut(cache, put))
  try {
    const revision = await store.transact(writes.map((write) => conditionalWrite(context, write)))
    for (const put of puts) committedPut(cache, put, revision)
    return revision
  } catch (error) {
    for (const forget of forgets) forget()
    throw error
  }
}
