/**
 * One client that looks on at what a sandbox's container writes from now on, until it ends.
 *
 * The container's two outputs are one log, so all of it is stdout. Its standard input is not held by anybody who could
 * pass it on: who asks for it is refused.
 */
import { Clock, Effect, Stream } from "effect"
import { type SandboxId, SandboxRuntime } from "../../runtime-shim/index.ts"
import { Refusal } from "./refusal.ts"
import { exitStatus, failureStatus, type RemotePeer } from "./remote-peer.ts"
import type { StreamQuery } from "./route.ts"

/** Fails with `BadRequest` where the client wants to write. */
export const checkAttach = (query: StreamQuery): Effect.Effect<void, Refusal> =>
  query.stdin
    ? Effect.fail(
        new Refusal({
          reason: "BadRequest",
          message:
            "attach shows a container's output only: its standard input cannot be reached (use exec to start a program with one)",
        }),
      )
    : Effect.void

/** Interrupt it when the client goes. */
export const serveAttach = Effect.fnUntraced(function* (
  peer: RemotePeer,
  id: SandboxId,
): Effect.fn.Return<void, never, SandboxRuntime> {
  const runtime = yield* SandboxRuntime
  yield* peer.opened
  const since = new Date(yield* Clock.currentTimeMillis)
  yield* runtime.logs(id, { follow: true, since }).pipe(
    Stream.runForEach((chunk) => peer.output("stdout", chunk)),
    Effect.andThen(runtime.status(id)),
    Effect.map((status) => (status?.task.state === "exited" ? status.task.exitCode : 0)),
    Effect.flatMap((exitCode) => peer.status(exitStatus(exitCode))),
    Effect.catch((error) => peer.status(failureStatus(error.message))),
  )
})
