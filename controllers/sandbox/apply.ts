/** Doing one action. Each is idempotent; a failure of the runtime is an outcome, since the plan answers to it. */
import { Data, Effect } from "effect"
import { type ApiError, Client } from "../../client/index.ts"
import { type Image, type RuntimeError, SandboxRuntime } from "../../runtime-shim/index.ts"
import { type JsonObject, Sandbox } from "../../schemas/index.ts"
import { type Action, FINALIZER } from "./action.ts"
import type { Failure } from "./observed.ts"

export type Outcome = Data.TaggedEnum<{
  Done: Record<never, never>
  /** The object as the server has it now. */
  Written: { readonly object: Sandbox }
  Pulled: { readonly image: Image }
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
      return yield* setFinalizers(object, [...(object.metadata.finalizers ?? []), FINALIZER])
    case "RemoveFinalizer":
      return yield* setFinalizers(
        object,
        (object.metadata.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER),
      )
    case "RecordStatus": {
      const client = yield* Client
      const written = yield* client.updateStatus(Sandbox, { ...object, status: step.status })
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

/** Only on the version that was read: another's finalizer is never lost. */
const setFinalizers = Effect.fnUntraced(function* (object: Sandbox, finalizers: ReadonlyArray<string>) {
  const client = yield* Client
  const { name, namespace = "", uid, resourceVersion } = object.metadata
  const metadata: JsonObject = {
    finalizers,
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
  const patch = { type: "merge", value: { metadata } } as const
  return Outcome.Written({ object: yield* client.patch(Sandbox, { namespace, name }, { patch }) })
})
