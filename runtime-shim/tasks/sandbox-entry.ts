/**
 * A sandbox's entry in containerd's own sandbox store, which keeps an exit through containerd's restart.
 *
 * From 1.7 on containerd ends, while it starts, every shim that has no running process and no such entry (it takes it for
 * the rest of a creation that was cut), and an exit that nobody had seen yet goes with it. 1.6 has no such store, and keeps
 * all shims. Source: `loadShim` of containerd's runtime v2.
 */
import { Effect } from "effect"
import { OWNER_LABEL } from "../installation.ts"
import { Store } from "../proto/containerd/sandboxes.gen.ts"
import type { RuntimeError, SandboxId } from "../sandbox-runtime.ts"
import { hasReason, type TaskWorld } from "./task-world.ts"

/** containerd 1.6, or one whose plugin `io.containerd.grpc.v1.sandboxes` is switched off. */
const isWithoutStore = hasReason("FailedPrecondition")

/** Not to be cut: containerd would go on without us, and nothing lists an entry that has neither record nor container. */
export const createSandboxEntry = (
  { containerd, installation }: TaskWorld,
  sandboxId: SandboxId,
  runtime: { readonly name: string },
): Effect.Effect<void, RuntimeError> =>
  containerd
    .call(
      Store.method.create,
      { sandbox: { sandboxId, runtime: { name: runtime.name }, labels: { [OWNER_LABEL]: installation.id } } },
      { subject: sandboxId },
    )
    .pipe(
      Effect.asVoid,
      Effect.catchIf(isWithoutStore, () => Effect.void),
      Effect.uninterruptible,
    )

/** Succeeds when there is none; asked for first, since the answer to deleting what is not there has no code of its own. */
export const removeSandboxEntry = (
  { containerd }: TaskWorld,
  sandboxId: SandboxId,
): Effect.Effect<void, RuntimeError> => {
  const subject = sandboxId
  return containerd.call(Store.method.get, { sandboxId }, { subject }).pipe(
    Effect.andThen(containerd.call(Store.method.delete, { sandboxId }, { subject })),
    Effect.asVoid,
    Effect.catchIf(
      (error) => isWithoutStore(error) || hasReason("NotFound")(error),
      () => Effect.void,
    ),
  )
}
