/**
 * The finalizer protocol: nothing outside the API is made before the object says that it must be cleaned up.
 * Start with {@link finalized}; {@link finalizerStep} is its pure half.
 *
 * Flow:
 * 1. An object without our finalizer gets it, before the first side effect.
 * 2. With it, and not being deleted: converge.
 * 3. Being deleted, with it: release what was made outside; when nothing is left, take the finalizer away.
 * 4. Being deleted, without it: not ours any more.
 *
 * Guarantees: `converge` never runs on an object that could vanish without `release`; `release` runs again until it says Done
 * and the finalizer is gone, so it must bear repetition. A conflict is an error: the next reconcile starts from the top.
 * Source: Kubernetes API conventions, "Finalizers".
 */
import { Effect } from "effect"
import { type ApiError, Client, isReason } from "../client/index.ts"
import type { Kind, KubeObject } from "../schemas/index.ts"
import { Result } from "./reconciler.ts"
import { keyOf } from "./request.ts"

export type FinalizerStep = "AddFinalizer" | "Converge" | "Release" | "Gone"

export const finalizerStep = ({ metadata }: KubeObject, finalizer: string): FinalizerStep => {
  const held = metadata.finalizers?.includes(finalizer) ?? false
  if (metadata.deletionTimestamp !== undefined) return held ? "Release" : "Gone"
  return held ? "Converge" : "AddFinalizer"
}

export interface Finalized<T extends KubeObject, E, R> {
  readonly kind: Kind<T>
  /** Qualified by a domain: `compute.miren.dev/runner`. */
  readonly finalizer: string
  readonly fieldManager?: string
  readonly converge: (object: T) => Effect.Effect<Result, E, R>
  /** Undoes what converge made. Done: nothing is left. RequeueAfter: not yet. */
  readonly release: (object: T) => Effect.Effect<Result, E, R>
}

/** Replaces the list under the version that was read: finalizers of others must not be lost. */
const writeFinalizers = <T extends KubeObject>(
  { kind, fieldManager }: { readonly kind: Kind<T>; readonly fieldManager?: string },
  object: T,
  finalizers: ReadonlyArray<string>,
): Effect.Effect<T, ApiError, Client> => {
  const { resourceVersion = "" } = object.metadata
  const value = { metadata: { resourceVersion, finalizers } }
  const options = fieldManager === undefined ? {} : { options: { fieldManager } }
  return Effect.flatMap(Client, (client) =>
    client.patch(kind, keyOf(object), { patch: { type: "merge", value }, ...options }),
  )
}

export const addFinalizer = <T extends KubeObject>(
  target: { readonly kind: Kind<T>; readonly finalizer: string; readonly fieldManager?: string },
  object: T,
): Effect.Effect<T, ApiError, Client> =>
  writeFinalizers(target, object, [...(object.metadata.finalizers ?? []), target.finalizer])

/** An object that went away meanwhile is as good. */
export const removeFinalizer = <T extends KubeObject>(
  target: { readonly kind: Kind<T>; readonly finalizer: string; readonly fieldManager?: string },
  object: T,
): Effect.Effect<void, ApiError, Client> => {
  const left = (object.metadata.finalizers ?? []).filter((name) => name !== target.finalizer)
  return writeFinalizers(target, object, left).pipe(
    Effect.asVoid,
    Effect.catchIf(isReason("NotFound"), () => Effect.void),
  )
}

/** One step of the protocol for one object. */
export const finalized = <T extends KubeObject, E, R>(
  target: Finalized<T, E, R>,
  object: T,
): Effect.Effect<Result, E | ApiError, R | Client> => {
  switch (finalizerStep(object, target.finalizer)) {
    case "AddFinalizer":
      return Effect.flatMap(addFinalizer(target, object), target.converge)
    case "Converge":
      return target.converge(object)
    case "Release":
      return Effect.tap(target.release(object), (result) =>
        result._tag === "Done" ? removeFinalizer(target, object) : Effect.void,
      )
    case "Gone":
      return Effect.succeed(Result.Done())
  }
}
