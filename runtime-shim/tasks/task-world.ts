/** What the verbs on sandboxes work with. Opened once by `containerdRuntimeLayer`. */
import type { Containerd } from "../containerd/connection.ts"
import type { TaskRuntimes } from "../handlers/handlers.ts"
import type { ImageStore } from "../images/store.ts"
import type { Installation } from "../installation.ts"
import type { SandboxNetworks } from "../network/network.ts"
import type { RuntimeError, RuntimeInfo } from "../sandbox-runtime.ts"
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

export const hasReason =
  (...reasons: ReadonlyArray<RuntimeError["reason"]>) =>
  (error: RuntimeError): boolean =>
    reasons.includes(error.reason)
