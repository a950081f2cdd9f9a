/**
 * What keeps the writes of a leader that leads no more from being sent. A leader election sets it around what it leads; the client
 * asks it at each write. It cannot call back a write that was sent in time and arrives late.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { ApiError } from "./api-error.ts"

/** The cause of the {@link ApiError} (`Conflict`) with which a fenced write fails. */
export class LeadershipLost extends Error {
  override readonly name = "LeadershipLost"
  /** `namespace/name` of the Lease. */
  readonly lease: string

  constructor(lease: string) {
    super(`the lease ${lease} has passed: another replica may lead`)
    this.lease = lease
  }
}

/** Undefined while writes may be sent. */
export const WriteFence = Context.Reference<() => LeadershipLost | undefined>("client/WriteFence", {
  defaultValue: () => () => undefined,
})

/** Fails where writes may not be sent. */
export const passFence = (operation: string): Effect.Effect<void, ApiError> =>
  Effect.flatMap(WriteFence, (fence) => {
    const lost = fence()
    return lost === undefined
      ? Effect.void
      : Effect.fail(new ApiError({ reason: "Conflict", message: lost.message, operation, cause: lost }))
  })
