/** Doing one action. Each is idempotent; a failure of the runtime is an outcome, since the plan answers to it. */
import { Data, Effect } from "effect"
import { type ApiError, Client } from "../../client/index.ts"
import { addFinalizer, removeFinalizer } from "../../reconciler/index.ts"
import { type Image, type RuntimeError, SandboxRuntime } from "../../runtime-shim/index.ts"
import { Sandbox } from "../../schemas/index.ts"
import { SANDBOX_FINALIZER } from "../finalizers.ts"
import type { Action } from "./action.ts"
import type { Failure } from "./observed.ts"

/** Also the field manager of its writes. */
export const CONTROLLER_NAME = "sandbox"

const target = { kind: Sandbox, finalizer: SANDBOX_FINALIZER, fieldManager: CONTROLLER_NAME }

export type Outcome = Data.TaggedEnum<{
  Done: Record<never, never>
  /** The object as the server has it now. */
  Written: { readonly object: Sandbox }
  Pulled: { readonly image: Image }
  /** The finalizer is off: the object is none of our business any more. */
  Released: Record<never, never>
  Failed: { readonly failure: Failure }
}>
export const Outcome = Data.taggedEnum<Outcome>()

/** The actions that change something. */
export type Step = Exclude<Action, { readonly _tag: "Wait" | "Hold" | "Retry" }>

/** Fails with ApiError where the object could not be written. */
export const apply = Effect.fnUntraced(function* (
  object: Sandbox,
  step: Step,
): Effect.fn.Return<Outcome, ApiError, Client | SandboxRuntime> {
  const runtime = yield* SandboxRuntime
  const ran = (verb: Failure["verb"], run: Effect.Effect<unknown, RuntimeError>) =>
    run.pipe(Effect.as(Outcome.Done()), asOutcome(verb))
  switch (step._tag) {
    case "AddFinalizer":
      return Outcome.Written({ object: yield* addFinalizer(target, object) })
    case "RemoveFinalizer":
      yield* removeFinalizer(target, object)
      return Outcome.Released()
    case "RecordStatus": {
      const client = yield* Client
      const next = { ...object, status: step.status }
      const written = yield* client.updateStatus(Sandbox, next, { fieldManager: CONTROLLER_NAME })
      return Outcome.Written({ object: written })
    }
    case "EnsureImage":
      return yield* runtime.ensureImage(step.reference, step.policy).pipe(
        Effect.map((image) => Outcome.Pulled({ image })),
        asOutcome("EnsureImage"),
      )
    case "Create":
      return yield* ran("Create", runtime.create(step.spec))
    case "Start":
      return yield* ran("Start", runtime.start(step.id))
    case "Stop":
      return yield* ran("Stop", runtime.stop(step.id, step.graceSeconds))
    case "Remove":
      return yield* ran("Remove", runtime.remove(step.id))
  }
})

const asOutcome = (verb: Failure["verb"]) =>
  Effect.catch((error: RuntimeError) => Effect.succeed(Outcome.Failed({ failure: { verb, error } })))
