/** Starting and stopping a sandbox's task. */
import { Clock, Effect, Schedule } from "effect"
import { KILL_DEADLINE_MS, TASK_DEADLINE_MS, WAIT_DEADLINE_MS } from "../limits.ts"
import { Status } from "../proto/containerd/task.gen.ts"
import { Tasks } from "../proto/containerd/tasks.gen.ts"
import { RuntimeError, type SandboxId } from "../sandbox-runtime.ts"
import { findProcess, observeSandbox } from "./observation.ts"
import { hasReason, startFailed, type TaskWorld } from "./task-world.ts"

export const SIGTERM = 15
export const SIGKILL = 9

const refuse = (id: string, reason: "NotFound" | "FailedPrecondition", message: string) =>
  Effect.fail(new RuntimeError({ reason, operation: "start", subject: id, message }))

/**
 * Starts what was created; changes nothing when it has been started already.
 * No Wait is needed before: the exit of a task stays with its shim until it is deleted.
 */
export const startSandbox = (world: TaskWorld, id: SandboxId): Effect.Effect<void, RuntimeError> =>
  Effect.gen(function* () {
    const process = yield* findProcess(world, id)
    const isWhole = world.records.find(id) !== undefined && world.networks.addresses(id).length > 0
    if (process?.status !== Status.CREATED || !isWhole) {
      const found = yield* observeSandbox(world, id)
      if (found === undefined) return yield* refuse(id, "NotFound", `there is no sandbox ${id}`)
      if (found.task.state !== "partial") return
      return yield* refuse(id, "FailedPrecondition", `sandbox ${id} is not whole; remove it`)
    }
    const start = Effect.gen(function* () {
      yield* world.containerd.call(
        Tasks.method.start,
        { containerId: id },
        { subject: id, deadlineMs: TASK_DEADLINE_MS },
      )
      yield* world.records.writeStarted(id, new Date(yield* Clock.currentTimeMillis))
    })
    yield* Effect.uninterruptible(Effect.mapError(start, startFailed("start")))
  })

/** Sends a signal; what has ended already, or is not there, counts as signalled. */
export const killTask = ({ containerd }: TaskWorld, id: SandboxId, signal: number) =>
  containerd
    .call(Tasks.method.kill, { containerId: id, signal, all: signal === SIGKILL }, { subject: id })
    .pipe(
      Effect.asVoid,
      // A kill after the exit is answered with any of these, by runsc's own words "sandbox is not running" too.
      Effect.catchIf(hasReason("NotFound", "FailedPrecondition", "Unknown"), () => Effect.void),
    )

/** True when the task has ended, or is not there, within the time. */
export const awaitExit = (
  { containerd }: TaskWorld,
  id: SandboxId,
  deadlineMs: number,
): Effect.Effect<boolean, RuntimeError> =>
  containerd.call(Tasks.method.wait, { containerId: id }, { subject: id, deadlineMs }).pipe(
    Effect.as(true),
    Effect.catchIf(hasReason("NotFound"), () => Effect.succeed(true)),
    Effect.catchIf(hasReason("DeadlineExceeded"), () => Effect.succeed(false)),
  )

/** The exit code of a task, or of a process that was started in it; waits for it through containerd's restarts. */
export const awaitExitCode = (
  { containerd }: TaskWorld,
  { id, execId = "" }: { readonly id: SandboxId; readonly execId?: string },
): Effect.Effect<number, RuntimeError> =>
  containerd
    .call(Tasks.method.wait, { containerId: id, execId }, { subject: id, deadlineMs: WAIT_DEADLINE_MS })
    .pipe(
      Effect.retry({
        while: hasReason("DeadlineExceeded", "Unavailable"),
        schedule: Schedule.spaced("200 millis"),
      }),
      Effect.map(({ exitStatus }) => exitStatus),
    )

export const stopSandbox = (
  world: TaskWorld,
  id: SandboxId,
  graceSeconds: number,
): Effect.Effect<void, RuntimeError> =>
  Effect.gen(function* () {
    const process = yield* findProcess(world, id)
    const status = process?.status
    if (status !== Status.RUNNING && status !== Status.PAUSED && status !== Status.PAUSING) return
    if (graceSeconds > 0) {
      yield* killTask(world, id, SIGTERM)
      if (yield* awaitExit(world, id, graceSeconds * 1000)) return
    }
    yield* killTask(world, id, SIGKILL)
    if (yield* awaitExit(world, id, KILL_DEADLINE_MS)) return
    return yield* Effect.fail(
      new RuntimeError({
        reason: "DeadlineExceeded",
        operation: "stop",
        subject: id,
        message: `sandbox ${id} did not end within ${KILL_DEADLINE_MS} ms of SIGKILL`,
      }),
    )
  })
