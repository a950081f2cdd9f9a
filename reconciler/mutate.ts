/** Read, change, write: the one home of retries after a conflict. */
import { Effect } from "effect"
import { type ApiError, Client, isReason, type ObjectKey } from "../client/index.ts"
import type { Kind, KubeObject } from "../schemas/index.ts"
import { maxConflictRetries } from "./limits.ts"

export interface Mutation<T extends KubeObject> {
  readonly kind: Kind<T>
  readonly key: ObjectKey
  readonly fieldManager?: string
  readonly subresource?: "status"
  /** Of the object as it is now. Returning the very object it got means that there is nothing to do. */
  readonly change: (object: T) => T
}

/**
 * Changes an object as it is now, not as a cache shows it; again after a conflict, a few times. For objects that have several
 * writers and no field ownership; else apply. Fails with what the server says, `NotFound` too.
 */
export const mutate = <T extends KubeObject>(mutation: Mutation<T>): Effect.Effect<T, ApiError, Client> =>
  Effect.flatMap(Client, (client) => {
    const { kind, key, fieldManager, subresource, change } = mutation
    const options = fieldManager === undefined ? {} : { fieldManager }
    const write = subresource === "status" ? client.updateStatus : client.update
    const once = Effect.flatMap(client.get(kind, key), (found) => {
      const changed = change(found)
      return changed === found ? Effect.succeed(found) : write(kind, changed, options)
    })
    return Effect.retry(once, { while: isReason("Conflict"), times: maxConflictRetries })
  })
