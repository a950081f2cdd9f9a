/**
 * Taking away all that a sandbox is, from its processes to its record: each step is a no-op where its part is gone.
 *
 * Some parts resist. A task whose start failed can't be signalled through runsc, so its processes are; a shim that
 * does not answer is ended, and containerd then forgets the task. Start with {@link removeSandbox}.
 */
import { createHash } from "node:crypto"
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Effect, Schedule } from "effect"
import { runCommand } from "../command.ts"
import { NAMESPACE } from "../containerd/connection.ts"
import { pathsOf } from "../installation.ts"
import { REMOVE_DEADLINE_MS, REMOVE_TASK_TRIES } from "../limits.ts"
import { Containers } from "../proto/containerd/containers.gen.ts"
import { Snapshots } from "../proto/containerd/snapshots.gen.ts"
import { Status } from "../proto/containerd/task.gen.ts"
import { Tasks } from "../proto/containerd/tasks.gen.ts"
import { RuntimeError, type SandboxId } from "../sandbox-runtime.ts"
import { cgroupPath, pidsIn, removeCgroup } from "./cgroup.ts"
import { awaitExit, killTask, SIGKILL } from "./lifecycle.ts"
import { findProcess } from "./observation.ts"
import { ID } from "./record.ts"
import { removeSandboxEntry } from "./sandbox-entry.ts"
import { hasReason, RUNC_ROOT, type TaskWorld } from "./task-world.ts"

const tolerate = <A>(effect: Effect.Effect<A, RuntimeError>) =>
  Effect.catchIf(Effect.asVoid(effect), hasReason("NotFound"), () => Effect.void)

const kill = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // It has ended by itself.
  }
}

/** Processes of the runtime that name the sandbox as an argument of its own, by what `isWanted` says of the program. */
const pidsNaming = (id: SandboxId, isWanted: (program: string) => boolean): ReadonlyArray<number> =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")
        return isWanted(args[0] ?? "") && args.some((arg) => arg === id || arg.endsWith(`/${id}`))
      } catch {
        return false
      }
    })
    .map(Number)

const isRunsc = (program: string) => /(^|\/)runsc(-sandbox|-gofer)?$/.test(program) || /^runsc-/.test(program)
const isShim = (program: string) => /containerd-shim-run(c|sc)-v\d$/.test(program)

const deleteTask = ({ containerd }: TaskWorld, id: SandboxId) =>
  containerd.call(Tasks.method.delete, { containerId: id }, { subject: id, deadlineMs: REMOVE_DEADLINE_MS })

/** A shim that containerd does not know of: it was ended while it made the task. What the shim has begun goes with it. */
const endStrays = (id: SandboxId): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const pid of [...pidsNaming(id, isShim), ...pidsNaming(id, isRunsc)]) kill(pid)
  })

/** Ends and deletes the task, with more force at each try. */
const removeTask = (world: TaskWorld, id: SandboxId): Effect.Effect<void, RuntimeError> =>
  Effect.gen(function* () {
    for (let tries = 0; tries < REMOVE_TASK_TRIES; tries += 1) {
      const process = yield* findProcess(world, id)
      if (process === undefined) return tries === 0 ? yield* endStrays(id) : undefined
      if (process.status !== Status.STOPPED) {
        yield* killTask(world, id, SIGKILL)
        // runsc signals no task that was not started.
        if (tries > 0 || process.status === Status.CREATED) {
          for (const pid of new Set([
            ...pidsIn(cgroupPath(world.installation, id)),
            ...pidsNaming(id, isRunsc),
          ]))
            kill(pid)
        }
        if (tries > 1) for (const pid of pidsNaming(id, isShim)) kill(pid)
        yield* awaitExit(world, id, tries === 0 ? 2_000 : REMOVE_DEADLINE_MS)
      }
      const deleted = yield* deleteTask(world, id).pipe(
        Effect.as(true),
        Effect.catchIf(hasReason("NotFound"), () => Effect.succeed(true)),
        Effect.catchIf(hasReason("FailedPrecondition", "Unknown", "DeadlineExceeded"), () =>
          Effect.succeed(false),
        ),
      )
      if (deleted) return
    }
    return yield* Effect.fail(
      new RuntimeError({
        reason: "DeadlineExceeded",
        operation: "remove",
        subject: id,
        message: `the task of sandbox ${id} could not be deleted`,
      }),
    )
  })

const removeSnapshot = ({ containerd, snapshotter }: TaskWorld, id: SandboxId) =>
  tolerate(containerd.call(Snapshots.method.remove, { snapshotter, key: id }, { subject: id })).pipe(
    Effect.retry({ times: 5, schedule: Schedule.spaced("100 millis") }),
  )

/** Mounts under our run dir that a dead shim has left, deepest first. */
const unmountLeftovers = ({ installation }: TaskWorld, id: SandboxId) =>
  Effect.suspend(() => {
    const points = readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .map((line) => line.split(" ")[4] ?? "")
      .filter((point) => point.startsWith(`${installation.runDir}/containerd/`) && point.includes(`/${id}/`))
    return Effect.forEach(
      points.reverse(),
      (point) => runCommand({ file: "umount", args: ["-l", point], subject: id }),
      { discard: true },
    )
  })

/** Where a shim listens: containerd names it by this hash, and only a shim that ends well takes it away. */
const shimSocket = (address: string, id: SandboxId): string => {
  const hash = createHash("sha256")
    .update(join(address, NAMESPACE, id))
    .digest("hex")
  return join("/run/containerd/s", hash)
}

/** State of the shim and of the runtime that only a broken end leaves behind. */
const removeState = ({ installation, containerd: { address } }: TaskWorld, id: SandboxId) =>
  Effect.sync(() => {
    const { containerd, fifos } = pathsOf(installation)
    const bundle = join(containerd.state, "io.containerd.runtime.v2.task", NAMESPACE, id)
    // runc keeps a directory by the id; runsc files `<id>_sandbox:<id>.*` and, in newer builds, a socket `runsc-<id>.sock`.
    const state = list(RUNC_ROOT).filter((name) => name.includes(id))
    const paths = [
      bundle,
      join(fifos, id),
      shimSocket(address, id),
      ...state.map((name) => join(RUNC_ROOT, name)),
    ]
    for (const path of paths) {
      rmSync(path, { recursive: true, force: true })
    }
  })

const list = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** A killed process leaves its cgroup a moment after the kill. */
const removeEmptyCgroup = ({ installation }: TaskWorld, id: SandboxId): Effect.Effect<void, RuntimeError> =>
  Effect.suspend(() =>
    removeCgroup(cgroupPath(installation, id))
      ? Effect.void
      : Effect.fail(
          new RuntimeError({
            reason: "DeadlineExceeded",
            operation: "remove",
            subject: id,
            message: `a process of sandbox ${id} does not leave its cgroup`,
          }),
        ),
  ).pipe(Effect.retry({ times: 100, schedule: Schedule.spaced("20 millis") }))

export const removeSandbox = (world: TaskWorld, id: SandboxId): Effect.Effect<void, RuntimeError> =>
  Effect.gen(function* () {
    if (!ID.test(id)) return
    const { containerd, networks, records } = world
    yield* removeTask(world, id)
    for (const pid of pidsIn(cgroupPath(world.installation, id))) kill(pid)
    yield* tolerate(containerd.call(Containers.method.delete, { id }, { subject: id }))
    yield* removeSandboxEntry(world, id)
    yield* unmountLeftovers(world, id)
    yield* removeSnapshot(world, id)
    yield* networks.down(id)
    yield* removeEmptyCgroup(world, id)
    yield* removeState(world, id)
    yield* Effect.sync(() => records.remove(id))
  })
