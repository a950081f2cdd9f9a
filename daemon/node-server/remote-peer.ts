/**
 * The client of an exec or attach, whichever protocol it speaks: what it sends, and where output goes.
 * Implementations: `web-socket-peer.ts` (channels in frames) and `spdy-peer.ts` (a stream a channel).
 */
import type { Effect } from "effect"
import type { Inbound } from "./channel.ts"

export interface RemotePeer {
  /** Tells that the streams are up: some clients wait for that. */
  readonly opened: Effect.Effect<void>
  /** What the client says next; it is not read faster than this is taken. */
  readonly take: Effect.Effect<Inbound>
  /** Done when the client has room for more. */
  readonly output: (stream: "stdout" | "stderr", chunk: Uint8Array) => Effect.Effect<void>
  /** The last word: a Status on the error channel. */
  readonly status: (status: ExitStatus) => Effect.Effect<void>
}

export type ExitStatus = { readonly [field: string]: unknown }

/** Success, or NonZeroExitCode with its cause. */
export const exitStatus = (exitCode: number): ExitStatus =>
  exitCode === 0
    ? { metadata: {}, status: "Success" }
    : {
        metadata: {},
        status: "Failure",
        message: `command terminated with non-zero exit code: exit status ${exitCode}`,
        reason: "NonZeroExitCode",
        details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
      }

/** The process could not be run or was lost. */
export const failureStatus = (message: string): ExitStatus => ({
  metadata: {},
  status: "Failure",
  message,
  reason: "InternalError",
  code: 500,
})
