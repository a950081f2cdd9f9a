/** Opening what the verbs on sandboxes work with: the machine's programs, containerd, and what is on disk. */
import { readFileSync } from "node:fs"
import { Effect, type Scope } from "effect"
import { type Containerd, connect } from "./containerd/connection.ts"
import { pullFromRegistry } from "./images/registry.ts"
import type { Credentials } from "./images/registry-auth.ts"
import { ImageStore } from "./images/store.ts"
import { openInstallation, pathsOf } from "./installation.ts"
import { OPEN_FILES_MAX } from "./limits.ts"
import { type NetworkOptions, networkConfig } from "./network/config.ts"
import { hostHasIPv6, SandboxNetworks } from "./network/network.ts"
import { Introspection } from "./proto/containerd/introspection.gen.ts"
import { requireCniPlugins, requireProgram, requireRoot } from "./requirements.ts"
import { RuntimeError } from "./sandbox-runtime.ts"
import { cgroupVersion } from "./tasks/cgroup.ts"
import { SandboxRecords } from "./tasks/record.ts"
import type { TaskWorld } from "./tasks/task-world.ts"

export interface WorldOptions {
  readonly address: string
  readonly dataDir: string
  readonly runRoot?: string
  readonly network?: NetworkOptions
  readonly credentials?: Credentials
}

/** What this process may have at most: a container can't be given more without CAP_SYS_RESOURCE. */
const openFilesMax = (): number => {
  const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]
  return Math.min(Number(hard ?? OPEN_FILES_MAX), OPEN_FILES_MAX)
}

/** overlayfs, or native where the kernel or the file system can't. */
const chooseSnapshotter = (containerd: Containerd) =>
  Effect.gen(function* () {
    const filters = ["type==io.containerd.snapshotter.v1"]
    const { plugins } = yield* containerd.call(
      Introspection.method.plugins,
      { filters },
      { subject: "containerd" },
    )
    const isUsable = (id: string) =>
      plugins.some((plugin) => plugin.id === id && plugin.initErr === undefined)
    const found = ["overlayfs", "native"].find(isUsable)
    if (found !== undefined) return found
    return yield* Effect.fail(
      new RuntimeError({
        reason: "FailedPrecondition",
        operation: "open",
        subject: containerd.address,
        message: "containerd has neither the overlayfs nor the native snapshotter",
      }),
    )
  })

/** Everything but the handlers. */
export const openWorld = (options: WorldOptions): Effect.Effect<TaskWorld, RuntimeError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* requireRoot
    for (const program of ["iptables", "unshare", "umount", "ip"] as const) yield* requireProgram(program)
    const installation = openInstallation(options.dataDir, options.runRoot)
    const paths = pathsOf(installation)
    const pluginsDir = yield* requireCniPlugins()
    const containerd = yield* connect(options.address)
    const snapshotter = yield* chooseSnapshotter(containerd)
    const records = new SandboxRecords(installation)
    const config = networkConfig(installation, options.network ?? {}, hostHasIPv6())
    const networks = new SandboxNetworks(config, pluginsDir, {
      netnsDir: paths.netns,
      recordOf: (id) => records.files(id).network,
    })
    const pull = pullFromRegistry(options.credentials)
    const images = new ImageStore(containerd, snapshotter, pull)
    return {
      installation,
      containerd,
      snapshotter,
      cgroup: cgroupVersion(),
      openFilesMax: openFilesMax(),
      runtimes: new Map(),
      images,
      networks,
      records,
    }
  })
