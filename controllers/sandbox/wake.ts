/** From what the runtime tells to the Sandboxes that it concerns. */
import { Effect, Result, Stream } from "effect"
import type { Request } from "../../reconciler/index.ts"
import { type RuntimeEvent, SandboxRuntime } from "../../runtime-shim/index.ts"
import { identityOf } from "./identity.ts"

export interface Waking {
  readonly enqueue: (request: Request) => void
  /** All Sandboxes of this node. */
  readonly all: () => ReadonlyArray<Request>
}

/** Listens for ever. An event whose sandbox cannot be named asks for all of them. */
export const wakeByRuntime = Effect.fnUntraced(function* (
  waking: Waking,
): Effect.fn.Return<void, never, SandboxRuntime> {
  const runtime = yield* SandboxRuntime
  yield* Stream.runForEach(runtime.events, (event) => wake(event, waking))
})

const wake = Effect.fnUntraced(function* (event: RuntimeEvent, { enqueue, all }: Waking) {
  const wakeAll = () => {
    for (const request of all()) enqueue(request)
  }
  if (event.type === "resync") return wakeAll()
  const runtime = yield* SandboxRuntime
  const status = yield* Effect.result(runtime.status(event.id))
  if (Result.isFailure(status)) return wakeAll()
  const identity = status.success === undefined ? undefined : identityOf(status.success)
  if (identity !== undefined) enqueue({ namespace: identity.namespace, name: identity.name })
})
