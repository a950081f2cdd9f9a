/**
 * What the runtime runs for nobody: found by comparing it with the API, removed when found twice.
 *
 * Guarantees: nothing is removed that has an object on this node, read live; nothing without our labels; nothing that was not
 * already nobody's one grace period before.
 */
import { Effect, Schedule } from "effect"
import { type ApiError, Client, isReason } from "../../client/index.ts"
import { type RuntimeError, SandboxRuntime } from "../../runtime-shim/index.ts"
import { Sandbox } from "../../schemas/index.ts"
import { orphanGrace } from "../limits.ts"
import { newestFirst } from "./identity.ts"
import { containerStatusOf, type RuntimeAttempt } from "./observed.ts"

/** Sweeps once every grace period, for ever. */
export const sweepOrphans = Effect.fnUntraced(function* (
  nodeName: string,
): Effect.fn.Return<never, never, Client | SandboxRuntime> {
  let suspects: ReadonlySet<string> = new Set()
  const sweep = Effect.gen(function* () {
    const orphans = yield* findOrphans(nodeName)
    const due = orphans.filter(({ id }) => suspects.has(id))
    suspects = new Set(orphans.map(({ id }) => id))
    yield* Effect.forEach(due, removeOrphan, { discard: true })
  })
  return yield* sweep.pipe(
    // A pass that could not be made is made again: what it did not see stays.
    Effect.catch((error) =>
      Effect.logWarning("orphan sweep failed").pipe(Effect.annotateLogs({ error: error.message })),
    ),
    Effect.repeat(Schedule.spaced(orphanGrace)),
    Effect.andThen(Effect.never),
  )
})

/** The attempts at the runtime that no object on this node stands for. */
const findOrphans = Effect.fnUntraced(function* (
  nodeName: string,
): Effect.fn.Return<ReadonlyArray<RuntimeAttempt>, ApiError | RuntimeError, Client | SandboxRuntime> {
  const runtime = yield* SandboxRuntime
  const attempts = newestFirst(yield* runtime.list)
  return yield* Effect.filter(attempts, (attempt) =>
    Effect.map(getOwner(attempt), (owner) => isOrphan(attempt, owner, nodeName)),
  )
})

const getOwner = Effect.fnUntraced(function* ({ identity }: RuntimeAttempt) {
  const client = yield* Client
  return yield* client
    .get(Sandbox, identity)
    .pipe(Effect.catchIf(isReason("NotFound"), () => Effect.succeed(undefined)))
})

/** An attempt newer than the recorded one is nobody's either: its record is made before it is. */
const isOrphan = ({ identity }: RuntimeAttempt, owner: Sandbox | undefined, nodeName: string): boolean =>
  owner === undefined ||
  owner.metadata.uid !== identity.uid ||
  owner.spec.nodeName !== nodeName ||
  identity.attempt > (containerStatusOf(owner)?.restartCount ?? 0)

const removeOrphan = Effect.fnUntraced(function* ({ id, identity }: RuntimeAttempt) {
  const runtime = yield* SandboxRuntime
  yield* Effect.logInfo("removing a sandbox without an object").pipe(Effect.annotateLogs({ id, ...identity }))
  yield* runtime.remove(id)
})
