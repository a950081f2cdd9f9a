/** Binding a Sandbox, or telling why it cannot be bound. */
import { Clock, Effect } from "effect"
import { type ApiError, Client } from "../../client/index.ts"
import { type JsonObject, Sandbox } from "../../schemas/index.ts"
import { withConditions } from "../conditions.ts"
import type { Action } from "./plan.ts"

/** Also the field manager of its writes. */
export const CONTROLLER_NAME = "scheduler"

/**
 * Acts on the version that was read only, and returns what is there then: the very same where all was told already.
 *
 * Fails with Conflict where it has changed.
 */
export const apply = Effect.fnUntraced(function* (
  sandbox: Sandbox,
  action: Action,
): Effect.fn.Return<Sandbox, ApiError, Client> {
  return yield* action._tag === "Bind" ? bind(sandbox, action.nodeName) : refuse(sandbox, action)
})

const bind = Effect.fnUntraced(function* ({ metadata }: Sandbox, nodeName: string) {
  const client = yield* Client
  const { name, namespace = "", uid, resourceVersion } = metadata
  const preconditions: JsonObject = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
  const value = { metadata: preconditions, spec: { nodeName } }
  const patch = { type: "merge", value } as const
  const options = { fieldManager: CONTROLLER_NAME }
  return yield* client.patch(Sandbox, { namespace, name }, { patch, options })
})

const refuse = Effect.fnUntraced(function* (
  sandbox: Sandbox,
  { reason, message }: Extract<Action, { readonly _tag: "Refuse" }>,
) {
  const before = sandbox.status?.conditions ?? []
  const isTold = ["Scheduled", "Ready"].every((type) =>
    before.some((condition) => condition.type === type && condition.message === message),
  )
  if (isTold) return sandbox
  const client = yield* Client
  const now = yield* Clock.currentTimeMillis
  const observedGeneration = sandbox.metadata.generation ?? 0
  const updates = ["Scheduled", "Ready"].map((type) => ({
    type,
    status: "False" as const,
    reason,
    message,
    observedGeneration,
  }))
  const status = { ...sandbox.status, conditions: withConditions(before, updates, now) }
  return yield* client.updateStatus(Sandbox, { ...sandbox, status }, { fieldManager: CONTROLLER_NAME })
})
