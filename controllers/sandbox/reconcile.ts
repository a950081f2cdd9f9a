/** observe, plan, apply, and again, until there is nothing to do now. Start with {@link reconcileSandbox}. */
import { Data, Duration, Effect } from "effect"
import { type ApiError, Client, isReason } from "../../client/index.ts"
import { type EventRecorder, type Request, Result } from "../../reconciler/index.ts"
import type { RuntimeError, SandboxRuntime } from "../../runtime-shim/index.ts"
import { Sandbox } from "../../schemas/index.ts"
import { sandboxRoundsMax } from "../limits.ts"
import { apply } from "./apply.ts"
import type { Holds } from "./holds.ts"
import { noteOf } from "./note.ts"
import { type Memory, observe } from "./observe.ts"
import type { NodeFacts } from "./observed.ts"
import { plan } from "./plan.ts"

export interface SandboxReconcileOptions {
  readonly node: NodeFacts
  /** The informer's view: it may be behind, and costs nothing. */
  readonly lookup: (request: Request) => Sandbox | undefined
  /** One for all reconciles of a runner. */
  readonly holds: Holds
  readonly events: EventRecorder
}

interface Progress {
  readonly object: Sandbox
  readonly memory: Memory
}

type Turn = Data.TaggedEnum<{
  Settled: { readonly result: Result }
  Again: { readonly progress: Progress }
}>
const Turn = Data.taggedEnum<Turn>()

const nothing: Memory = { pulled: undefined, failure: undefined }

/** Moves one Sandbox of this node to what its spec says. */
export const reconcileSandbox = Effect.fnUntraced(function* (
  request: Request,
  { node, lookup, holds, events }: SandboxReconcileOptions,
): Effect.fn.Return<Result, ApiError | RuntimeError, Client | SandboxRuntime> {
  const known = lookup(request)
  if (known === undefined) return Result.Done()
  if (plan(yield* observe(known, { node, memory: nothing, holds })).length === 0) {
    holds.release(known)
    return Result.Done()
  }
  // There is work: from here on the truth itself is read.
  let turn = yield* readLive(request, nothing)
  for (let round = 0; turn._tag === "Again" && round < sandboxRoundsMax; round++) {
    const { progress } = turn
    turn = yield* takeRound(progress, { node, holds, events }).pipe(
      Effect.catchIf(isReason("Conflict"), () => readLive(request, progress.memory)),
      Effect.catchIf(isReason("NotFound"), () => Effect.succeed(Turn.Settled({ result: Result.Done() }))),
    )
  }
  return turn._tag === "Settled" ? turn.result : Result.RequeueAfter({ delay: Duration.seconds(1) })
})

const readLive = Effect.fnUntraced(function* (request: Request, memory: Memory) {
  const client = yield* Client
  return yield* client.get(Sandbox, request).pipe(
    Effect.map((object): Turn => Turn.Again({ progress: { object, memory } })),
    Effect.catchIf(isReason("NotFound"), () => Effect.succeed(Turn.Settled({ result: Result.Done() }))),
  )
})

/** One plan, done as far as it goes. */
const takeRound = Effect.fnUntraced(function* (
  { object: before, memory: remembered }: Progress,
  { node, holds, events }: Omit<SandboxReconcileOptions, "lookup">,
): Effect.fn.Return<Turn, ApiError | RuntimeError, Client | SandboxRuntime> {
  let object = before
  let memory = remembered
  const observed = yield* observe(object, { node, memory, holds })
  const actions = plan(observed)
  if (actions.length === 0) return Turn.Settled({ result: Result.Done() })
  for (const action of actions) {
    if (action._tag === "Hold") holds.hold(object, observed.now + action.seconds * 1000)
    if (action._tag === "Wait" || action._tag === "Hold") {
      return Turn.Settled({ result: Result.RequeueAfter({ delay: Duration.seconds(action.seconds) }) })
    }
    if (action._tag === "Retry") {
      return remembered.failure === undefined
        ? Turn.Settled({ result: Result.Done() })
        : yield* remembered.failure.error
    }
    const outcome = yield* apply(object, action)
    const note = noteOf(action, outcome)
    if (note !== undefined) events.record(object, note)
    switch (outcome._tag) {
      case "Failed":
        return Turn.Again({ progress: { object, memory: { ...memory, failure: outcome.failure } } })
      case "Written":
        object = outcome.object
        memory = { ...memory, failure: undefined }
        break
      case "Pulled":
        memory = { ...memory, pulled: { ...outcome.image, isFresh: true } }
        break
      case "Released":
        return Turn.Settled({ result: Result.Done() })
      case "Done":
        break
    }
  }
  return Turn.Again({ progress: { object, memory } })
})
