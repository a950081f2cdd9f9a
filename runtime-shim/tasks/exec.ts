/**
 * A process in a running sandbox, attached to its caller by named pipes.
 *
 * In order: pipes → Tasks.Exec → Wait (in the background) → Start. At its end: exit code → DeleteProcess, which waits until
 * the shim has copied all output → our writing ends let go → end of file → the session's exit.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Random, type Scope } from "effect"
import { AttachedOutput } from "../attached-output.ts"
import { runCommand } from "../command.ts"
import { pathsOf } from "../installation.ts"
import { EXEC_DRAIN_MS, REMOVE_DEADLINE_MS, TASK_DEADLINE_MS } from "../limits.ts"
import { Tasks } from "../proto/containerd/tasks.gen.ts"
import {
  type ExecSession,
  type ExecSpec,
  type Handler,
  RuntimeError,
  type SandboxId,
} from "../sandbox-runtime.ts"
import { execProcess } from "../spec/runtime-spec.ts"
import { makeFifos, type OutputPipe, openInput, openOutput, writeTo } from "./fifo.ts"
import { awaitExitCode, SIGKILL } from "./lifecycle.ts"
import { observeSandbox } from "./observation.ts"
import { RUNC_ROOT, startFailed, type TaskWorld } from "./task-world.ts"

const PROCESS_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Process"

const refuse = (id: SandboxId, reason: "NotFound" | "FailedPrecondition", message: string) =>
  Effect.fail(new RuntimeError({ reason, operation: "exec", subject: id, message }))

/** Reads a pipe into the session, and stops reading while the caller lags. */
const attach = (pipe: OutputPipe, stream: "stdout" | "stderr", attached: AttachedOutput) => {
  pipe.socket.on("data", (chunk: Uint8Array) => {
    if (!attached.push({ stream, chunk })) pipe.socket.pause()
  })
}

const ended = ({ socket }: OutputPipe): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (socket.destroyed || socket.readableEnded) return resume(Effect.void)
    socket.once("close", () => resume(Effect.void))
  })

interface Execution {
  readonly id: SandboxId
  readonly execId: string
  readonly handler: Handler
  /** Where the pid inside the sandbox is written, under gVisor. */
  readonly pidFile: string
}

const deleteProcess = ({ containerd }: TaskWorld, { id, execId }: Execution) =>
  Effect.ignore(
    containerd.call(
      Tasks.method.deleteProcess,
      { containerId: id, execId },
      { subject: id, deadlineMs: REMOVE_DEADLINE_MS },
    ),
  )

/** The process inside first: the shim's kill may reach no further than its own side of it. */
const kill = (world: TaskWorld, on: Execution) => {
  const { containerd, runtimes } = world
  const { id, execId, handler, pidFile } = on
  const runsc = runtimes.get(handler)?.runsc
  const inside = Effect.suspend(() => {
    const pid = readPid(pidFile)
    if (runsc === undefined || pid === undefined) return Effect.void
    const args = ["--root", RUNC_ROOT, "kill", "--pid", pid, id, "KILL"]
    return Effect.asVoid(runCommand({ file: runsc, args, subject: id }))
  })
  const outside = containerd.call(
    Tasks.method.kill,
    { containerId: id, execId, signal: SIGKILL },
    { subject: id },
  )
  return Effect.andThen(Effect.ignore(inside), Effect.ignore(outside))
}

const readPid = (path: string): string | undefined => {
  try {
    return /^\d+$/.exec(readFileSync(path, "utf8").trim())?.[0]
  } catch {
    return undefined
  }
}

const begin = (world: TaskWorld, on: Execution, stdio: StdioPaths & { readonly spec: ExecSpec }) =>
  Effect.gen(function* () {
    const { containerd, records } = world
    const { id, execId } = on
    const process = records.process(id)
    if (process === undefined) return yield* refuse(id, "FailedPrecondition", `sandbox ${id} is not whole`)
    const { spec, stdin, stdout, stderr } = stdio
    const value = Buffer.from(JSON.stringify(execProcess(process, spec)))
    yield* containerd.call(
      Tasks.method.exec,
      {
        containerId: id,
        execId,
        stdin,
        stdout,
        stderr,
        terminal: spec.tty,
        spec: { typeUrl: PROCESS_TYPE, value },
      },
      { subject: id },
    )
    yield* containerd
      .call(Tasks.method.start, { containerId: id, execId }, { subject: id, deadlineMs: TASK_DEADLINE_MS })
      .pipe(Effect.onError(() => deleteProcess(world, on)))
  }).pipe(Effect.mapError(startFailed("exec")))

interface StdioPaths {
  readonly stdin: string
  readonly stdout: string
  readonly stderr: string
}

export const execInSandbox = (
  world: TaskWorld,
  id: SandboxId,
  spec: ExecSpec,
): Effect.Effect<ExecSession, RuntimeError, Scope.Scope> =>
  Effect.gen(function* () {
    const found = yield* observeSandbox(world, id)
    if (found === undefined) return yield* refuse(id, "NotFound", `there is no sandbox ${id}`)
    if (found.task.state !== "running") {
      return yield* refuse(id, "FailedPrecondition", `sandbox ${id} does not run`)
    }
    const execId = `exec-${(yield* Random.nextIntBetween(0, 2 ** 48)).toString(16).padStart(12, "0")}`
    const directory = join(pathsOf(world.installation).fifos, id, execId)
    const on = { id, execId, handler: found.handler, pidFile: join(directory, "pid") }
    const fifos = yield* makeFifos(directory, id)
    const stdout = yield* openOutput(fifos.stdout)
    const stderr = spec.tty ? undefined : yield* openOutput(fifos.stderr)
    const stdin = spec.stdin ? yield* openInput(fifos.stdin) : undefined
    const outputs = stderr === undefined ? [stdout] : [stdout, stderr]
    const attached = new AttachedOutput(() => {
      for (const { socket } of outputs) socket.resume()
    })
    attach(stdout, "stdout", attached)
    if (stderr !== undefined) attach(stderr, "stderr", attached)
    yield* Effect.acquireRelease(
      Effect.uninterruptible(
        begin(world, on, {
          spec,
          stdin: spec.stdin ? fifos.stdin : "",
          stdout: fifos.stdout,
          stderr: spec.tty ? "" : fifos.stderr,
        }),
      ),
      () => (attached.hasEnded ? Effect.void : Effect.andThen(kill(world, on), deleteProcess(world, on))),
    )
    const finish = Effect.gen(function* () {
      const exitCode = yield* awaitExitCode(world, on)
      yield* deleteProcess(world, on)
      for (const { release } of outputs) release()
      yield* Effect.forEach(outputs, ended, { concurrency: 2 }).pipe(Effect.timeoutOption(EXEC_DRAIN_MS))
      attached.end({ exitCode })
    })
    yield* Effect.forkScoped(Effect.catch(finish, (error) => Effect.sync(() => attached.end({ error }))))
    return {
      output: attached.output,
      exit: attached.exit,
      write: (chunk) => writeTo(stdin, chunk, id),
      closeStdin: Effect.andThen(
        Effect.sync(() => stdin?.end(() => stdin.destroy())),
        Effect.ignore(
          world.containerd.call(
            Tasks.method.closeIO,
            { containerId: id, execId, stdin: true },
            { subject: id },
          ),
        ),
      ),
      resize: ({ columns, rows }) =>
        Effect.asVoid(
          world.containerd.call(
            Tasks.method.resizePty,
            { containerId: id, execId, width: columns, height: rows },
            { subject: id },
          ),
        ),
    }
  })
