/** Connections to a port of a sandbox, at its address. */
import { connect, type Socket } from "node:net"
import type { Duplex } from "node:stream"
import { Effect, type Scope } from "effect"
import { DIAL_TIMEOUT_MS } from "../limits.ts"
import { RuntimeError, type SandboxId } from "../sandbox-runtime.ts"
import { observeSandbox } from "./observation.ts"
import type { TaskWorld } from "./task-world.ts"

const refuse = (id: SandboxId, reason: RuntimeError["reason"], message: string) =>
  new RuntimeError({ reason, operation: "dial", subject: id, message })

const open = (id: SandboxId, host: string, port: number): Effect.Effect<Socket, RuntimeError> => {
  const unreachable = (why: string) =>
    refuse(id, "Unavailable", `port ${port} of the sandbox cannot be reached: ${why}`)
  return Effect.callback<Socket, RuntimeError>((resume) => {
    const socket = connect({ host, port, allowHalfOpen: true })
    // Later, who reads or writes it is told of its end.
    socket.on("error", (error) => resume(Effect.fail(unreachable(error.message))))
    socket.once("connect", () => resume(Effect.succeed(socket)))
    return Effect.sync(() => void socket.destroy())
  }).pipe(
    Effect.timeoutOrElse({
      duration: DIAL_TIMEOUT_MS,
      orElse: () => Effect.fail(unreachable("nothing answers")),
    }),
  )
}

/** Closed with the Scope. */
export const dialSandbox = (
  world: TaskWorld,
  id: SandboxId,
  port: number,
): Effect.Effect<Duplex, RuntimeError, Scope.Scope> =>
  Effect.gen(function* () {
    const status = yield* observeSandbox(world, id)
    if (status === undefined) return yield* refuse(id, "NotFound", `there is no sandbox ${id}`)
    const [address] = status.addresses
    if (status.task.state !== "running" || address === undefined)
      return yield* refuse(id, "FailedPrecondition", `sandbox ${id} does not run`)
    return yield* Effect.acquireRelease(open(id, address, port), (socket) =>
      Effect.sync(() => void socket.destroy()),
    )
  })
