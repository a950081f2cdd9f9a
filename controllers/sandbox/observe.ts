/** Reading the world for one Sandbox: what the runtime has of it, and whether the node has its image. */
import { Clock, Effect } from "effect"
import { type RuntimeError, SandboxRuntime } from "../../runtime-shim/index.ts"
import type { Sandbox } from "../../schemas/index.ts"
import type { Holds } from "./holds.ts"
import { identityOf, runtimeIdOf, runtimeLabels } from "./identity.ts"
import {
  containerStatusOf,
  currentOf,
  type Failure,
  type NodeFacts,
  type Observed,
  type RuntimeAttempt,
} from "./observed.ts"

/** What one reconcile remembers from its own actions. */
export interface Memory {
  readonly pulled: Observed["image"]
  readonly failure: Failure | undefined
}

export interface ObserveOptions {
  readonly node: NodeFacts
  readonly memory: Memory
  readonly holds: Holds
}

export const observe = Effect.fnUntraced(function* (
  object: Sandbox,
  { node, memory, holds }: ObserveOptions,
): Effect.fn.Return<Observed, RuntimeError, SandboxRuntime> {
  const runtimes = yield* observeRuntimes(object)
  const now = yield* Clock.currentTimeMillis
  const observed: Observed = {
    object,
    runtimes,
    image: memory.pulled,
    failure: memory.failure,
    heldUntil: holds.until(object),
    node,
    now,
  }
  const image = memory.pulled ?? (yield* observeImage(observed))
  return { ...observed, image }
})

/**
 * Two attempts can be at the runtime: the one that is on, and the one before it. Before a deletion ends it is made sure that there
 * is no other, whatever became of the record.
 */
const observeRuntimes = Effect.fnUntraced(function* ({ metadata, status }: Sandbox) {
  const runtime = yield* SandboxRuntime
  const uid = metadata.uid ?? ""
  const attempt = status?.containerStatuses?.[0]?.restartCount ?? 0
  const attempts = attempt === 0 ? [0] : [attempt, attempt - 1]
  const probed = yield* Effect.forEach(attempts, (n) => runtime.status(runtimeIdOf(uid, n)))
  const found = probed.flatMap((known) => (known === undefined ? [] : withIdentity(known)))
  if (found.length > 0 || metadata.deletionTimestamp === undefined) return found
  const all = yield* runtime.list
  return all.filter(({ labels }) => labels[runtimeLabels.uid] === uid).flatMap(withIdentity)
})

const withIdentity = (status: Omit<RuntimeAttempt, "identity">): ReadonlyArray<RuntimeAttempt> => {
  const identity = identityOf(status)
  return identity === undefined ? [] : [{ ...status, identity }]
}

/** Asked only where it makes a difference: before a creation, and until the status tells the digest. */
const observeImage = Effect.fnUntraced(function* (observed: Observed) {
  const runtime = yield* SandboxRuntime
  const [container] = observed.object.spec.containers
  const recorded = containerStatusOf(observed.object)
  const state = currentOf(observed)?.task.state
  const isKnown = recorded?.image === container?.image && recorded?.imageID !== undefined
  const isMade = state !== undefined && state !== "partial"
  if (container === undefined || (isMade && isKnown)) return undefined
  return yield* runtime.ensureImage(container.image, "Never").pipe(
    Effect.map((image) => ({ ...image, isFresh: false })),
    Effect.catchIf(isImageAbsent, () => Effect.succeed(undefined)),
  )
})

const isImageAbsent = ({ reason }: RuntimeError): boolean => reason === "ImageNotPresent"
