/** What a command ends with when it cannot do what it was asked to: a sentence for the person, and exit code 1. */
import type { Status, StatusReason } from "../schemas/index.ts"

export type FailureReason = "Usage" | "Manifest" | "NotFound" | "Timeout" | "Unreachable" | "Unexpected"

export class CliFailure extends Error {
  override readonly name = "CliFailure"
  readonly reason: FailureReason
  constructor(reason: FailureReason, message: string, cause?: unknown) {
    super(message, { cause })
    this.reason = reason
  }
}

/** The server said no. */
export class StatusFailure extends Error {
  override readonly name = "StatusFailure"
  readonly status: Status
  readonly reason: StatusReason | undefined
  constructor(status: Status) {
    super(status.message ?? `the server answered ${status.code}`)
    this.status = status
    this.reason = status.reason
  }
}

export const isReason = (error: unknown, ...reasons: ReadonlyArray<StatusReason>): error is StatusFailure =>
  error instanceof StatusFailure && error.reason !== undefined && reasons.includes(error.reason)

/** How a failure is told; the text of what is no failure of ours is kept short: no stack. */
export const formatFailure = (error: unknown): string => {
  if (error instanceof StatusFailure)
    return `Error from server (${error.reason ?? error.status.code}): ${error.message}`
  if (error instanceof Error && error.name === "ManifestError") return error.message
  if (error instanceof CliFailure) return `error: ${error.message}`
  return `error: ${error instanceof Error ? error.message : String(error)}`
}
