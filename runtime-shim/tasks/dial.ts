/** Connections to a port of a sandbox: at its address or, where that refuses, at its loopback. */
import { connect, type Socket } from "node:net"
import type { Duplex } from "node:stream"
import { Effect, type Scope } from "effect"
import { pathsOf } from "../installation.ts"
import { DIAL_TIMEOUT_MS } from "../limits.ts"
import { RuntimeError, type SandboxId } from "../sandbox-runtime.ts"
import { dialLoopback } from "./loopback.ts"
import { observeSandbox } from "./observation.ts"
import type { TaskWorld } from "./task-world.ts"

const refuse = (id: SandboxId, reason: RuntimeError["reason"], message: string) =>
  new RuntimeError({ reason, operation: "dial", subject: id, message })

interface Refused {
  readonly code: string | undefined
  readonly why: string
}

const open = (host: string, port: number): Effect.Effect<Socket, Refused> =>
  Effect.callback<Socket, Refused>((resume) => {
    const socket = connect({ host, port, allowHalfOpen: true })
    // Later, who reads or writes it is told of its end.
    socket.on("error", (error: NodeJS.ErrnoException) =>
      resume(Effect.fail({ code: error.code, why: error.message })),
    )
    socket.once("connect", () => resume(Effect.succeed(socket)))
    return Effect.sync(() => void socket.destroy())
  }).pipe(
    Effect.timeoutOrElse({
      duration: DIAL_TIMEOUT_MS,
      orElse: () => Effect.fail({ code: undefined, why: "nothing answers" }),
    }),
  )

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
    const unreachable = (why: string) =>
      refuse(id, "Unavailable", `port ${port} of the sandbox cannot be reached: ${why}`)
    const loopback = world.runtimes.get(status.handler)?.loopback
    const atAddress = Effect.acquireRelease(open(address, port), (socket) =>
      Effect.sync(() => void socket.destroy()),
    )
    const target = {
      id,
      port,
      netns: world.networks.netnsOf(id),
      directory: pathsOf(world.installation).fifos,
    }
    return yield* Effect.catch(
      atAddress,
      ({ code, why }): Effect.Effect<Socket, RuntimeError, Scope.Scope> => {
        if (code !== "ECONNREFUSED") return Effect.fail(unreachable(why))
        if (loopback === undefined)
          return Effect.fail(unreachable(`${why}; its loopback is not reached with this build of runsc`))
        return Effect.mapError(dialLoopback(loopback, target), ({ message }) => unreachable(message))
      },
    )
  })
