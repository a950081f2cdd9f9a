/** The one error of the client: a Status that says no, or no answer at all (`ServiceUnavailable`). Branch on `reason`. */
import * as Data from "effect/Data"
import { type ErrorClass, type Status, type StatusReason, statusReasons } from "../schemas/index.ts"

export class ApiError extends Data.TaggedError("ApiError")<{
  readonly reason: StatusReason
  readonly message: string
  /** The Status as the server sent it, where there was one. */
  readonly status?: Status
  /** What was asked: `GET /api/v1/namespaces/x`. */
  readonly operation: string
  readonly cause?: unknown
}> {
  get class(): ErrorClass {
    return statusReasons[this.reason].class
  }
}

/**
 * A predicate for `Effect.catchIf`: the error's reason is one of these. An ApiError of another reason stays an ApiError to the
 * compiler.
 */
export const isReason =
  <R extends StatusReason>(...reasons: ReadonlyArray<R>) =>
  (error: unknown): error is ApiError & { readonly reason: R } =>
    error instanceof ApiError && reasons.some((reason) => reason === error.reason)
