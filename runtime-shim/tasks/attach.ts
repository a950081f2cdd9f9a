/**
 * Callers at the main process of a sandbox: output out of its log, input into a named pipe that its shim reads.
 *
 * The shim holds a writing end of that pipe itself, from the task's creation until CloseIO. So input has no end when a
 * caller goes or this daemon is restarted, and an end for good when we want one. Source: `openStdin` of containerd's
 * runc shim, which gVisor's shim shares.
 */
import type { Socket } from "node:net"
import { Deferred, Effect, type Scope, Stream } from "effect"
import { streamLog } from "../logs/log-stream.ts"
import { Tasks } from "../proto/containerd/tasks.gen.ts"
import { type AttachSession, type AttachSpec, RuntimeError, type SandboxId } from "../sandbox-runtime.ts"
import { openWriter, writeTo } from "./fifo.ts"
import { awaitExitCode } from "./lifecycle.ts"
import { hasEnded, observeSandbox } from "./observation.ts"
import type { TaskWorld } from "./task-world.ts"

const refuse = (id: SandboxId, reason: "NotFound" | "FailedPrecondition", message: string) =>
  Effect.fail(new RuntimeError({ reason, operation: "attach", subject: id, message }))

interface Input {
  readonly socket: Socket
  /** Ends the caller's input, and the process's where that is its end. */
  readonly close: Effect.Effect<void>
}

const openStdin = (
  { containerd, records }: TaskWorld,
  id: SandboxId,
  keepsStdin: boolean,
): Effect.Effect<Input, RuntimeError, Scope.Scope> =>
  Effect.gen(function* () {
    const socket = yield* openWriter(records.files(id).stdin, id)
    const endForAll = Effect.ignore(
      containerd.call(Tasks.method.closeIO, { containerId: id, stdin: true }, { subject: id }),
    )
    const close = Effect.andThen(
      Effect.sync(() => socket.end(() => socket.destroy())),
      keepsStdin ? Effect.void : endForAll,
    )
    yield* Effect.addFinalizer(() => (keepsStdin ? Effect.void : endForAll))
    return { socket, close }
  })

/** Waits in the background from now on: when the task has ended its record may be gone sooner than a caller asks. */
const exitFromNow = (world: TaskWorld, id: SandboxId) =>
  Effect.gen(function* () {
    const exit = yield* Deferred.make<number, RuntimeError>()
    yield* Effect.forkScoped(Deferred.complete(exit, awaitExitCode(world, { id })))
    return Deferred.await(exit)
  })

/** Attaches. See {@link AttachSession}. */
export const attachToSandbox = (
  world: TaskWorld,
  id: SandboxId,
  { stdin }: AttachSpec,
): Effect.Effect<AttachSession, RuntimeError, Scope.Scope> =>
  Effect.gen(function* () {
    const found = yield* observeSandbox(world, id)
    const record = world.records.find(id)
    if (found === undefined || record === undefined)
      return yield* refuse(id, "NotFound", `there is no sandbox ${id}`)
    if (found.task.state !== "running")
      return yield* refuse(id, "FailedPrecondition", `sandbox ${id} does not run`)
    if (stdin && record.stdin === undefined)
      return yield* refuse(
        id,
        "FailedPrecondition",
        "its container was not given a standard input (stdin: true)",
      )
    const keepsStdin = record.stdin !== "once" || record.tty === true
    const { log } = world.records.files(id)
    const output = streamLog({ id, log, hasEnded: hasEnded(world, id) }, { follow: true, tailLines: 0 })
    const exit = yield* exitFromNow(world, id)
    const input = stdin ? yield* openStdin(world, id, keepsStdin) : undefined
    return {
      keepsStdin,
      output: Stream.map(output, (chunk) => ({ stream: "stdout" as const, chunk })),
      exit,
      write: (chunk) => writeTo(input?.socket, chunk, id),
      closeStdin: input?.close ?? Effect.void,
      resize: ({ columns, rows }) =>
        record.tty !== true
          ? Effect.void
          : Effect.asVoid(
              world.containerd.call(
                Tasks.method.resizePty,
                { containerId: id, width: columns, height: rows },
                { subject: id },
              ),
            ),
    }
  })
