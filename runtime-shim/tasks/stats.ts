/** What a sandbox uses, as the kernel counts it for its cgroup. */
import { Effect } from "effect"
import { RuntimeError, type SandboxId, type SandboxStats } from "../sandbox-runtime.ts"
import { cgroupPath, cgroupUsage } from "./cgroup.ts"
import { observeSandbox } from "./observation.ts"
import type { TaskWorld } from "./task-world.ts"

export const sandboxStats = (world: TaskWorld, id: SandboxId): Effect.Effect<SandboxStats, RuntimeError> =>
  Effect.gen(function* () {
    const refuse = (reason: RuntimeError["reason"], message: string) =>
      new RuntimeError({ reason, operation: "stats", subject: id, message })
    const status = yield* observeSandbox(world, id)
    if (status === undefined) return yield* refuse("NotFound", `there is no sandbox ${id}`)
    if (status.task.state !== "running") {
      return yield* refuse("FailedPrecondition", `sandbox ${id} does not run`)
    }
    return cgroupUsage(cgroupPath(world.installation, id))
  })
