/**
 * One WebSocket and one process in a sandbox: frames in become stdin and sizes, output becomes frames.
 *
 * Guarantees: the process is killed when the socket closes; neither side is read faster than the other takes.
 * Start with {@link serveExec}.
 */
import { Effect, Stream } from "effect"
import type { WebSocket } from "ws"
import {
  type ExecOutput,
  type ExecSession,
  type RuntimeError,
  type SandboxId,
  SandboxRuntime,
} from "../../runtime-shim/index.ts"
import {
  channels,
  exitFrame,
  failureFrame,
  framesOf,
  Inbound,
  parseFrame,
  type Subprotocol,
} from "./channel.ts"
import type { ExecQuery } from "./route.ts"
import { closed, type Inbox, receive, send } from "./web-socket.ts"

export interface ExecRequest {
  readonly id: SandboxId
  readonly query: ExecQuery
  readonly protocol: Subprotocol
}

const NORMAL_CLOSURE = 1000

/** Runs the command and speaks the protocol to its end: the exit on the error channel, then the close. */
export const serveExec = Effect.fnUntraced(function* (
  socket: WebSocket,
  request: ExecRequest,
): Effect.fn.Return<void, never, SandboxRuntime> {
  yield* converse(socket, request).pipe(
    Effect.scoped,
    Effect.catch((error) => send(socket, failureFrame(error.message))),
    Effect.raceFirst(closed(socket)),
    Effect.ensuring(Effect.sync(() => socket.close(NORMAL_CLOSURE))),
  )
})

const converse = Effect.fnUntraced(function* (socket: WebSocket, { id, query, protocol }: ExecRequest) {
  const inbox = yield* receive(socket)
  const runtime = yield* SandboxRuntime
  const session = yield* runtime.exec(id, { command: query.command, tty: query.tty, stdin: query.stdin })
  // Tells that the stream is up: some clients wait for a first frame.
  yield* send(socket, Uint8Array.of(query.stdout ? channels.stdout : channels.error))
  yield* Effect.forkScoped(takeInput(inbox, session, protocol))
  yield* Stream.runForEach(session.output, (output) => sendOutput(socket, query, output))
  yield* send(socket, exitFrame(yield* session.exit))
})

/** Ends when the process takes no more input: its exit tells the rest. */
const takeInput = (inbox: Inbox, session: ExecSession, protocol: Subprotocol): Effect.Effect<void> =>
  inbox.take.pipe(
    Effect.flatMap((frame) => deliver(parseFrame(frame, protocol), session)),
    Effect.forever,
    Effect.catch((error) => Effect.logDebug("exec input ended", error.message)),
  )

const deliver = (inbound: Inbound, session: ExecSession): Effect.Effect<void, RuntimeError> =>
  Inbound.$match(inbound, {
    Stdin: ({ chunk }) => session.write(chunk),
    Resize: (size) => session.resize(size),
    CloseStdin: () => session.closeStdin,
    Ignored: () => Effect.void,
  })

const sendOutput = (
  socket: WebSocket,
  query: ExecQuery,
  { stream, chunk }: ExecOutput,
): Effect.Effect<void> => {
  // A terminal has one output.
  const isStdout = stream === "stdout" || query.tty
  if (isStdout ? !query.stdout : !query.stderr) return Effect.void
  const channel = isStdout ? channels.stdout : channels.stderr
  return Effect.forEach(framesOf(channel, chunk), (frame) => send(socket, frame), { discard: true })
}
