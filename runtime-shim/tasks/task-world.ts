/** What the verbs on sandboxes work with. Opened once by `containerdRuntimeLayer`. */
import { type Containerd, NAMESPACE } from "../containerd/connection.ts"
import type { TaskRuntimes } from "../handlers/handlers.ts"
import type { ImageStore } from "../images/store.ts"
import type { Installation } from "../installation.ts"
import type { SandboxNetworks } from "../network/network.ts"
import { RuntimeError, type RuntimeInfo } from "../sandbox-runtime.ts"
import type { SandboxRecords } from "./record.ts"

export interface TaskWorld {
  readonly installation: Installation
  readonly containerd: Containerd
  readonly snapshotter: string
  readonly cgroup: RuntimeInfo["cgroup"]
  readonly openFilesMax: number
  readonly runtimes: TaskRuntimes
  readonly images: ImageStore
  readonly networks: SandboxNetworks
  readonly records: SandboxRecords
}

/** Where runc's shim has its runtimes keep their state, runsc too, whatever containerd's own state directory is. */
export const RUNC_ROOT = `/run/containerd/runc/${NAMESPACE}`

export const hasReason =
  (...reasons: ReadonlyArray<RuntimeError["reason"]>) =>
  (error: RuntimeError): boolean =>
    reasons.includes(error.reason)

/** What a runtime says of a program that it cannot run, when making, starting or attaching; containerd has no code for it. */
export const startFailed =
  (operation: string) =>
  (error: RuntimeError): RuntimeError =>
    hasReason("Unavailable", "DeadlineExceeded")(error)
      ? error
      : new RuntimeError({
          reason: "StartFailed",
          operation,
          subject: error.subject,
          message: error.message,
          cause: error,
        })
