/** Doing one action for a node. Each acts on the version that was read; what is gone is done. */
import { Effect } from "effect"
import { type ApiError, Client, isReason } from "../../client/index.ts"
import { removeFinalizer } from "../../reconciler/index.ts"
import { Node, Sandbox } from "../../schemas/index.ts"
import { SANDBOX_FINALIZER } from "../finalizers.ts"
import type { Action } from "./plan.ts"

/** Also the field manager of its writes. */
export const CONTROLLER_NAME = "node"

const manager = { fieldManager: CONTROLLER_NAME }

/** Fails with Conflict where the object has changed since: look at it anew. */
export const apply = Effect.fnUntraced(function* (
  action: Exclude<Action, { readonly _tag: "Wait" }>,
): Effect.fn.Return<void, ApiError, Client> {
  const client = yield* Client
  const write = Effect.suspend((): Effect.Effect<unknown, ApiError, Client> => {
    switch (action._tag) {
      case "MarkNode": {
        const status = { ...action.node.status, conditions: action.conditions }
        return client.updateStatus(Node, { ...action.node, status }, manager)
      }
      case "MarkSandbox": {
        const status = { ...action.sandbox.status, conditions: action.conditions }
        return client.updateStatus(Sandbox, { ...action.sandbox, status }, manager)
      }
      case "ReleaseSandbox":
        return removeFinalizer({ kind: Sandbox, finalizer: SANDBOX_FINALIZER, ...manager }, action.sandbox)
    }
  })
  yield* write.pipe(
    Effect.asVoid,
    Effect.catchIf(isReason("NotFound"), () => Effect.void),
  )
})
