/** The steps that a runner can take for a Sandbox. Each may be cut and taken again. */
import { Data } from "effect"
import type { PullPolicy, SandboxSpec as RuntimeSandboxSpec, SandboxId } from "../../runtime-shim/index.ts"
import type { SandboxStatus } from "../../schemas/index.ts"

export type Action = Data.TaggedEnum<{
  AddFinalizer: Record<never, never>
  EnsureImage: { readonly reference: string; readonly policy: PullPolicy }
  Create: { readonly spec: RuntimeSandboxSpec }
  Start: { readonly id: SandboxId }
  Stop: { readonly id: SandboxId; readonly graceSeconds: number }
  Remove: { readonly id: SandboxId }
  RecordStatus: { readonly status: SandboxStatus }
  /** Nothing to do before then. */
  Wait: { readonly seconds: number }
  /** What has failed is not tried again before then, whatever wakes the Sandbox meanwhile, unless its spec changes. */
  Hold: { readonly seconds: number }
  /** The failure is not the Sandbox's: fail the reconcile with it, and be tried again. */
  Retry: Record<never, never>
  RemoveFinalizer: Record<never, never>
}>
export const Action = Data.taggedEnum<Action>()
