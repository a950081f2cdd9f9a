/**
 * One client at the main process of a sandbox, which goes on without it: what comes in becomes stdin and sizes, what the
 * process writes from now on goes out.
 *
 * The process's two outputs are one log, so all of it is stdout. Where its stdin outlives the client, the end of the
 * client's input is the end of the session: more output could be waited for without end. The last word is Success whatever
 * the process's exit code: `kubectl run -i` takes any other for an attach that did not work, and prints the log once more.
 * Source: Kubernetes' PodSpec (`stdin`, `stdinOnce`), what containerd's CRI makes of it, and kubelet's ServeAttach.
 */
import { Effect, Stream } from "effect"
import {
  type AttachSession,
  type RuntimeError,
  type SandboxId,
  SandboxRuntime,
} from "../../runtime-shim/index.ts"
import { deliver } from "./exec-session.ts"
import { Refusal } from "./refusal.ts"
import { exitStatus, failureStatus, type RemotePeer } from "./remote-peer.ts"
import type { StreamQuery } from "./route.ts"

/** Why there can be no session, before anything is answered: `BadRequest` where the process does not run or takes no input. */
const refusalOf = ({ reason, message }: RuntimeError): Refusal => {
  if (reason === "NotFound") return new Refusal({ reason: "NotFound", message })
  if (reason !== "FailedPrecondition") return new Refusal({ reason: "InternalError", message })
  return new Refusal({ reason: "BadRequest", message: `attach: ${message}` })
}

/** Attaches, while the Scope is open. */
export const openAttach = (id: SandboxId, { stdin }: StreamQuery) =>
  Effect.flatMap(SandboxRuntime, (runtime) => runtime.attach(id, { stdin })).pipe(Effect.mapError(refusalOf))

/** Done when the session is to end because the client's input has, and the process's has not. */
const takeInput = (peer: RemotePeer, session: AttachSession): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (;;) {
      const inbound = yield* peer.take
      yield* deliver(inbound, session)
      if (inbound._tag === "CloseStdin" && session.keepsStdin) return
    }
  }).pipe(
    Effect.catch((error) =>
      Effect.andThen(Effect.logDebug("attach input ended", error.message), Effect.never),
    ),
  )

const passOutput = (peer: RemotePeer, { stdout }: StreamQuery, session: AttachSession) =>
  Stream.runForEach(session.output, ({ chunk }) => (stdout ? peer.output("stdout", chunk) : Effect.void))

/** Speaks the protocol until either is gone: Success on the error channel last. Interrupt it when the client goes. */
export const serveAttach = (
  peer: RemotePeer,
  query: StreamQuery,
  session: AttachSession,
): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* peer.opened
    yield* Effect.raceFirst(passOutput(peer, query, session), takeInput(peer, session))
    yield* peer.status(exitStatus(0))
  }).pipe(Effect.catch((error) => peer.status(failureStatus(error.message))))
