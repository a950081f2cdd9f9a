/** Why the server could not start: one sentence that says what to do. */
import { Data } from "effect"

export class StartError extends Data.TaggedError("StartError")<{
  readonly reason: "InvalidConfig" | "DataDir" | "AlreadyRunning" | "Store" | "Listen" | "Runtime" | "Pki"
  /** For the person who typed the command. */
  readonly message: string
  readonly cause?: unknown
}> {}
