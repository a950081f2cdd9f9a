/** Doing one action for a namespace. Each is idempotent. */
import { Effect, Result } from "effect"
import { type ApiError, Client, isReason } from "../../client/index.ts"
import { type Kind, Namespace, type ObjectMeta } from "../../schemas/index.ts"
import { namespaceDeletesAtOnce } from "../limits.ts"
import { type Action, NAMESPACE_FINALIZER } from "./plan.ts"

/** Also the field manager of its writes. */
export const CONTROLLER_NAME = "namespace"

/** What could not be deleted, in sentences. */
export type Failures = ReadonlyArray<string>

export const apply = Effect.fnUntraced(function* (
  namespace: Namespace,
  action: Exclude<Action, { readonly _tag: "Wait" }>,
): Effect.fn.Return<Failures, ApiError, Client> {
  const client = yield* Client
  switch (action._tag) {
    case "DeleteContent":
      return yield* deleteContent(action)
    case "RecordConditions": {
      const status = { ...namespace.status, conditions: action.conditions }
      yield* client.updateStatus(Namespace, { ...namespace, status }, { fieldManager: CONTROLLER_NAME })
      return []
    }
    case "Finalize": {
      const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== NAMESPACE_FINALIZER)
      const spec = { ...namespace.spec, finalizers }
      yield* client.update(
        Namespace,
        { ...namespace, spec },
        { subresource: "finalize", fieldManager: CONTROLLER_NAME },
      )
      return []
    }
  }
})

/** Deletes those objects and no later ones of their names. One that cannot be deleted does not keep the others. */
const deleteContent = Effect.fnUntraced(function* (content: {
  readonly kind: Kind
  readonly objects: ReadonlyArray<ObjectMeta>
}) {
  const client = yield* Client
  const results = yield* Effect.forEach(
    content.objects,
    ({ namespace = "", name, uid }) =>
      client
        .delete(
          content.kind,
          { namespace, name },
          { propagationPolicy: "Background", ...(uid === undefined ? {} : { preconditions: { uid } }) },
        )
        .pipe(Effect.asVoid, Effect.result),
    { concurrency: namespaceDeletesAtOnce },
  )
  const isSettled = isReason("NotFound", "Conflict")
  return results.flatMap((result) =>
    Result.isFailure(result) && !isSettled(result.failure) ? [result.failure.message] : [],
  )
})
