/** An attached process in a fake sandbox: a builtin program, in the caller's time. */
import { Clock, Deferred, Effect, type Scope } from "effect"
import { AttachedOutput } from "../attached-output.ts"
import { type ExecSession, type ExecSpec, RuntimeError, type SandboxId } from "../sandbox-runtime.ts"
import { interpret, type Program } from "./program.ts"
import type { FakeWorld } from "./world.ts"

const encoder = new TextEncoder()

const refuse = (id: SandboxId, reason: "NotFound" | "FailedPrecondition", message: string) =>
  Effect.fail(new RuntimeError({ reason, operation: "exec", subject: id, message }))

/** Plays the program to its end, or until it waits for the end of its stdin. A server ends when the sandbox does. */
const play = (attached: AttachedOutput, program: Program): Effect.Effect<void> =>
  Effect.gen(function* () {
    const startedAt = yield* Clock.currentTimeMillis
    const until = (at: number) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        startedAt + at > now ? Effect.sleep(startedAt + at - now) : Effect.void,
      )
    for (const { at, stream, text } of program.output) {
      yield* until(at)
      attached.push({ stream, chunk: encoder.encode(text) })
    }
    if (program.exit === undefined) return
    yield* until(program.exit.at)
    attached.end(program.exit)
  })

export const execInFake = (
  world: FakeWorld,
  id: SandboxId,
  spec: ExecSpec,
): Effect.Effect<ExecSession, RuntimeError, Scope.Scope> =>
  Effect.gen(function* () {
    const sandbox = world.sandboxes.get(id)
    if (sandbox === undefined) return yield* refuse(id, "NotFound", `there is no sandbox ${id}`)
    world.settle(sandbox, yield* Clock.currentTimeMillis)
    if (sandbox.startedAt === undefined || sandbox.exited !== undefined) {
      return yield* refuse(id, "FailedPrecondition", `sandbox ${id} does not run`)
    }
    const attached = new AttachedOutput()
    const program = interpret(spec.command)
    const { atStdinEnd } = program
    const stdinEnded = yield* Deferred.make<void>()
    if (!spec.stdin) yield* Deferred.succeed(stdinEnded, undefined)
    const whole = Effect.gen(function* () {
      yield* play(attached, program)
      if (atStdinEnd === undefined) return
      yield* Deferred.await(stdinEnded)
      yield* play(attached, atStdinEnd)
    })
    yield* Effect.forkScoped(whole)
    const gone = world.until(() => sandbox.exited)
    yield* Effect.forkScoped(Effect.map(gone, () => attached.end({ exitCode: 137 })))
    return {
      output: attached.output,
      write: (chunk) =>
        Effect.sync(() => {
          if (atStdinEnd !== undefined) attached.push({ stream: "stdout", chunk })
        }),
      closeStdin: Effect.asVoid(Deferred.succeed(stdinEnded, undefined)),
      resize: () => Effect.void,
      exit: attached.exit,
    }
  })
