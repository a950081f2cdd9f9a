/** Doing one action of the collector. Each acts on the version that was read: who changed the object meanwhile wins. */
import { Effect } from "effect"
import { type ApiError, Client, isReason } from "../../client/index.ts"
import type { JsonObject, OwnerReference } from "../../schemas/index.ts"
import type { GraphNode } from "./graph.ts"
import { readLive } from "./observe.ts"
import type { Action } from "./plan.ts"

/** Also the field manager of its writes. */
export const CONTROLLER_NAME = "garbage-collector"

/** The actions that write. */
export type Write = Exclude<Action, { readonly _tag: "Wake" | "Wait" | "Report" }>

/** Fails with Conflict where the object has changed since: look at it anew. What is gone is done. */
export const apply = Effect.fnUntraced(function* (action: Write): Effect.fn.Return<void, ApiError, Client> {
  const write = Effect.suspend(() => {
    switch (action._tag) {
      case "Delete":
        return deleteObject(action)
      case "RemoveReferences":
        return removeReferences(action)
      case "UnblockReferences":
        return patchMetadata(action.object, { ownerReferences: action.object.owners.map(unblocked) })
      case "RemoveFinalizer":
        return patchMetadata(action.object, {
          finalizers: action.object.finalizers.filter((finalizer) => finalizer !== action.finalizer),
        })
    }
  })
  yield* write.pipe(Effect.catchIf(isReason("NotFound"), () => Effect.void))
})

const deleteObject = Effect.fnUntraced(function* ({
  object,
  policy,
}: Extract<Write, { readonly _tag: "Delete" }>) {
  const client = yield* Client
  const { uid, resourceVersion } = object
  yield* client.delete(object.kind, object, {
    propagationPolicy: policy,
    preconditions: { uid, resourceVersion },
  })
})

/** The object is read anew: a dependent is known from a watch, which may be behind. */
const removeReferences = Effect.fnUntraced(function* ({
  object,
  uids,
}: Extract<Write, { readonly _tag: "RemoveReferences" }>) {
  const live = yield* readLive(object.kind, object)
  if (live === undefined || live.uid !== object.uid) return
  const kept = live.owners.filter(({ uid }) => !uids.includes(uid))
  if (kept.length < live.owners.length) yield* patchMetadata(live, { ownerReferences: kept.map(documentOf) })
})

const patchMetadata = Effect.fnUntraced(function* (
  { kind, namespace, name, uid, resourceVersion }: GraphNode,
  change: JsonObject,
) {
  const client = yield* Client
  const value = { metadata: { uid, resourceVersion, ...change } }
  const patch = { type: "merge", value } as const
  yield* client.patch(kind, { namespace, name }, { patch, options: { fieldManager: CONTROLLER_NAME } })
})

const documentOf = (reference: OwnerReference): JsonObject => ({ ...reference })

const unblocked = (reference: OwnerReference): JsonObject => ({ ...reference, blockOwnerDeletion: false })
