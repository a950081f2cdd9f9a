/** From a Sandbox's name to what runs for it now: the runtime is asked, nothing is remembered. */
import { Effect } from "effect"
import { newestFirst } from "../../controllers/index.ts"
import { type SandboxId, SandboxRuntime } from "../../runtime-shim/index.ts"
import { Refusal } from "./refusal.ts"
import type { SandboxName } from "./route.ts"

/** The runtime id of the newest attempt, or of the one before it. Fails with NotFound, ServiceUnavailable. */
export const resolveSandbox = Effect.fnUntraced(function* (
  { namespace, name }: SandboxName,
  { previous }: { readonly previous: boolean },
): Effect.fn.Return<SandboxId, Refusal, SandboxRuntime> {
  const runtime = yield* SandboxRuntime
  const sandboxes = yield* runtime.list.pipe(
    Effect.mapError(({ message }) => new Refusal({ reason: "ServiceUnavailable", message })),
  )
  const attempts = newestFirst(sandboxes).filter(
    ({ identity }) => identity.namespace === namespace && identity.name === name,
  )
  const [newest] = attempts
  if (newest === undefined) {
    return yield* new Refusal({
      reason: "NotFound",
      message: `sandbox ${namespace}/${name} has nothing at the runtime of this node`,
    })
  }
  if (!previous) return newest.id
  const former = attempts.find(
    ({ identity }) => identity.uid === newest.identity.uid && identity !== newest.identity,
  )
  if (former === undefined) {
    return yield* new Refusal({
      reason: "NotFound",
      message: `sandbox ${namespace}/${name} has no previous attempt whose logs are still kept`,
    })
  }
  return former.id
})
