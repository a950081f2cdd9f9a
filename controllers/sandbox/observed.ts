/** Everything that the plan of a Sandbox is made of. */
import type {
  Image,
  RuntimeError,
  RuntimeInfo,
  SandboxStatus as RuntimeStatus,
} from "../../runtime-shim/index.ts"
import type { Sandbox, SandboxContainerStatus } from "../../schemas/index.ts"
import type { RuntimeIdentity } from "./identity.ts"

/** One attempt at running the Sandbox, as the runtime has it. */
export type RuntimeAttempt = RuntimeStatus & { readonly identity: RuntimeIdentity }

/** What the action before this plan could not do. */
export interface Failure {
  readonly verb: "EnsureImage" | "Create" | "Start" | "Stop" | "Remove"
  readonly error: RuntimeError
}

export interface Observed {
  readonly object: Sandbox
  /** All that the runtime has of this Sandbox's uid. */
  readonly runtimes: ReadonlyArray<RuntimeAttempt>
  /** The node's image for the container; `isFresh` where this reconcile has pulled it. */
  readonly image: (Image & { readonly isFresh: boolean }) | undefined
  readonly failure: Failure | undefined
  /** Until when this runner does not try again what failed. Another runner tries at once. */
  readonly heldUntil: number | undefined
  readonly node: NodeFacts
  readonly now: number
}

/** What a runner knows of its node for as long as it runs. */
export interface NodeFacts {
  readonly name: string
  readonly hostIP: string
  readonly info: RuntimeInfo
}

export const containerStatusOf = ({ status }: Sandbox): SandboxContainerStatus | undefined =>
  status?.containerStatuses?.[0]

/** The attempt that is on: as recorded, or a newer one that the runtime has (the record of it was lost). */
export const attemptOf = ({ object, runtimes }: Pick<Observed, "object" | "runtimes">): number =>
  Math.max(containerStatusOf(object)?.restartCount ?? 0, ...runtimes.map(({ identity }) => identity.attempt))

/** What the runtime has of the attempt that is on. */
export const currentOf = (observed: Observed): RuntimeAttempt | undefined => {
  const attempt = attemptOf(observed)
  return observed.runtimes.find(({ identity }) => identity.attempt === attempt)
}
