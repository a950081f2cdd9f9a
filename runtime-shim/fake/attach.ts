/** Callers at the program of a fake sandbox. */
import { Clock, Effect, type Scope, Stream } from "effect"
import { type AttachSession, type AttachSpec, RuntimeError, type SandboxId } from "../sandbox-runtime.ts"
import { followed } from "./logs.ts"
import type { FakeWorld } from "./world.ts"

const encoder = new TextEncoder()

const refuse = (id: SandboxId, reason: "NotFound" | "FailedPrecondition", message: string) =>
  Effect.fail(new RuntimeError({ reason, operation: "attach", subject: id, message }))

export const attachToFake = (
  world: FakeWorld,
  id: SandboxId,
  { stdin }: AttachSpec,
): Effect.Effect<AttachSession, RuntimeError, Scope.Scope> =>
  Effect.gen(function* () {
    const sandbox = world.sandboxes.get(id)
    if (sandbox === undefined) return yield* refuse(id, "NotFound", `there is no sandbox ${id}`)
    world.settle(sandbox, yield* Clock.currentTimeMillis)
    if (sandbox.startedAt === undefined || sandbox.exited !== undefined)
      return yield* refuse(id, "FailedPrecondition", `sandbox ${id} does not run`)
    if (stdin && sandbox.stdin === "none")
      return yield* refuse(
        id,
        "FailedPrecondition",
        "its container was not given a standard input (stdin: true)",
      )
    if (stdin && sandbox.stdin === "ended")
      return yield* refuse(
        id,
        "FailedPrecondition",
        "its standard input has ended, and is open again only after a restart",
      )
    const [container] = sandbox.spec.containers
    const keepsStdin = container.stdinOnce !== true || container.tty === true
    const { length: seen } = sandbox.log
    const now = Clock.currentTimeMillis
    const closeStdin =
      stdin && !keepsStdin ? Effect.map(now, (at) => world.endStdin(sandbox, at)) : Effect.void
    yield* Effect.addFinalizer(() => closeStdin)
    return {
      keepsStdin,
      output: Stream.map(followed(world, sandbox, seen), ({ text }) => ({
        stream: "stdout" as const,
        chunk: encoder.encode(text),
      })),
      write: (chunk) =>
        stdin
          ? Effect.map(now, (at) => world.receive(sandbox, at, Buffer.from(chunk).toString("utf8")))
          : refuse(id, "FailedPrecondition", "the process has no open stdin"),
      closeStdin,
      resize: () => Effect.void,
      exit: world.until(() => sandbox.exited?.exitCode ?? (world.sandboxes.has(id) ? undefined : 137)),
    }
  })
