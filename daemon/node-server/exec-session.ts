/**
 * One client and one process in a sandbox: what comes in becomes stdin and sizes, output goes out.
 *
 * Guarantees: the process is killed when the client goes; neither side is read faster than the other takes.
 * Start with {@link serveExec}.
 */
import { Effect, Stream } from "effect"
import {
  type ExecOutput,
  type ExecSession,
  type ProcessSession,
  type RuntimeError,
  type SandboxId,
  SandboxRuntime,
} from "../../runtime-shim/index.ts"
import { Inbound } from "./channel.ts"
import { exitStatus, failureStatus, type RemotePeer } from "./remote-peer.ts"
import type { ExecQuery } from "./route.ts"

export interface ExecRequest {
  readonly id: SandboxId
  readonly query: ExecQuery
}

/** Runs the command and speaks the protocol to its end, the exit on the error channel last. Interrupt it when the client goes. */
export const serveExec = Effect.fnUntraced(function* (
  peer: RemotePeer,
  request: ExecRequest,
): Effect.fn.Return<void, never, SandboxRuntime> {
  yield* converse(peer, request).pipe(
    Effect.scoped,
    Effect.catch((error) => peer.status(failureStatus(error.message))),
  )
})

const converse = Effect.fnUntraced(function* (peer: RemotePeer, { id, query }: ExecRequest) {
  const runtime = yield* SandboxRuntime
  const session = yield* runtime.exec(id, { command: query.command, tty: query.tty, stdin: query.stdin })
  yield* peer.opened
  yield* Effect.forkScoped(takeInput(peer, session))
  yield* Stream.runForEach(session.output, (output) => sendOutput(peer, query, output))
  yield* peer.status(exitStatus(yield* session.exit))
})

/** Ends when the process takes no more input: its exit tells the rest. */
const takeInput = (peer: RemotePeer, session: ExecSession): Effect.Effect<void> =>
  peer.take.pipe(
    Effect.flatMap((inbound) => deliver(inbound, session)),
    Effect.forever,
    Effect.catch((error) => Effect.logDebug("exec input ended", error.message)),
  )

/** What a client says, to its process. */
export const deliver = (inbound: Inbound, session: ProcessSession): Effect.Effect<void, RuntimeError> =>
  Inbound.$match(inbound, {
    Stdin: ({ chunk }) => session.write(chunk),
    Resize: (size) => session.resize(size),
    CloseStdin: () => session.closeStdin,
    Ignored: () => Effect.void,
  })

const sendOutput = (
  peer: RemotePeer,
  query: ExecQuery,
  { stream, chunk }: ExecOutput,
): Effect.Effect<void> => {
  // A terminal has one output.
  const isStdout = stream === "stdout" || query.tty
  if (isStdout ? !query.stdout : !query.stderr) return Effect.void
  return peer.output(isStdout ? "stdout" : "stderr", chunk)
}
