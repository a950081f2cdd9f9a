/**
 * The end of an installation's runtime: every sandbox, shim, mount, netns, rule and the bridge. Images and settings stay in
 * the data dir, which is the caller's to delete.
 *
 * Guarantees: may be repeated, and cut. Touches only what carries the installation's name. Start with {@link destroyRuntime}.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { Effect } from "effect"
import { runCommand } from "./command.ts"
import { type Installation, openInstallation, pathsOf } from "./installation.ts"
import { endContainerd, type ManagedContainerdOptions, managedContainerd } from "./managed-containerd.ts"
import { openWorld } from "./open-world.ts"
import type { RuntimeError } from "./sandbox-runtime.ts"
import { removeCgroupRoot } from "./tasks/cgroup.ts"
import { observeAll } from "./tasks/observation.ts"
import { removeSandbox } from "./tasks/removal.ts"

/** The shims that report to our containerd: its address is an argument of theirs. */
const shimPids = (installation: Installation): ReadonlyArray<number> => {
  const { address } = pathsOf(installation).containerd
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")
        return /containerd-shim/.test(args[0] ?? "") && args.includes(address)
      } catch {
        return false
      }
    })
    .map(Number)
}

const endShims = (installation: Installation) =>
  Effect.sync(() => {
    for (const pid of shimPids(installation)) {
      try {
        process.kill(pid, "SIGKILL")
      } catch {
        // It has ended by itself.
      }
    }
  })

const unmountAll = ({ runDir }: Installation) =>
  Effect.suspend(() => {
    const points = readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .map((line) => line.split(" ")[4] ?? "")
      .filter((point) => point.startsWith(`${runDir}/`))
    return Effect.forEach(
      points.reverse(),
      (point) => runCommand({ file: "umount", args: ["-l", point], subject: point }),
      { discard: true },
    )
  })

export interface DestroyRuntimeOptions extends ManagedContainerdOptions {
  /** The containerd that was used, where it is not a managed one. It goes on. */
  readonly address?: string
}

/** Removes every sandbox through containerd, then the network. */
const removeAll = (options: DestroyRuntimeOptions): Effect.Effect<void, RuntimeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const address = options.address ?? (yield* managedContainerd(options)).address
      const world = yield* openWorld({ ...options, address })
      const found = yield* observeAll(world)
      yield* Effect.forEach(found, ({ id }) => removeSandbox(world, id), { concurrency: 4, discard: true })
      yield* world.networks.cleanup
    }),
  )

/** Takes the runtime of a data dir away. Succeeds at once where there is none. */
export const destroyRuntime = (options: DestroyRuntimeOptions): Effect.Effect<void, RuntimeError> =>
  Effect.gen(function* () {
    if (!existsSync(options.dataDir)) return
    const installation = openInstallation(options.dataDir, options.runRoot)
    const { config, root } = pathsOf(installation).containerd
    const wasManaged = existsSync(config) && existsSync(root)
    if (options.address !== undefined || wasManaged) yield* removeAll(options)
    yield* endContainerd(installation)
    yield* endShims(installation)
    yield* unmountAll(installation)
    yield* Effect.sync(() => removeCgroupRoot(installation))
    yield* Effect.sync(() => rmSync(installation.runDir, { recursive: true, force: true }))
  })
