/**
 * What an outcome of a reconcile does to its key: the only place where outcomes become queue actions. Pure.
 */
import { Cause, Data, Duration, Exit } from "effect"
import { ApiError, retryAfterMs } from "../client/index.ts"
import { type Result, TerminalError } from "./reconciler.ts"

export type Disposition = Data.TaggedEnum<{
  /** Settled: wait for a change. */
  Forget: Record<never, never>
  /** Settled for now: look again after the delay. */
  RequeueAfter: { readonly delay: Duration.Duration }
  /** Failed: try again when the key's backoff has passed, and not before `atLeast`. */
  Backoff: {
    readonly atLeast: Duration.Duration
    readonly cause: Cause.Cause<unknown>
    /** expected: a conflict, which a fresh read resolves. defect: a bug. */
    readonly kind: "expected" | "failure" | "defect"
  }
  /** Failed for good: wait for a change of the object. */
  Terminal: { readonly error: TerminalError }
  /** Cut short by a shutdown. */
  Interrupted: Record<never, never>
}>
export const Disposition = Data.taggedEnum<Disposition>()

const backoff = (
  cause: Cause.Cause<unknown>,
  kind: "expected" | "failure" | "defect",
  atLeast = Duration.zero,
): Disposition => Disposition.Backoff({ cause, kind, atLeast })

/** Of several failures at once a defect counts first, then what can be tried again, then a terminal one. */
export const disposition = (exit: Exit.Exit<Result, unknown>): Disposition => {
  if (Exit.isSuccess(exit)) {
    return exit.value._tag === "Done"
      ? Disposition.Forget()
      : Disposition.RequeueAfter({ delay: exit.value.delay })
  }
  const { cause } = exit
  const reasons = cause.reasons
  if (reasons.some(Cause.isDieReason)) return backoff(cause, "defect")
  const errors = reasons.filter(Cause.isFailReason).map((reason) => reason.error)
  const [first] = errors
  if (first === undefined) return Disposition.Interrupted()
  const terminal = errors.find((error) => error instanceof TerminalError)
  if (terminal !== undefined && errors.length === 1) return Disposition.Terminal({ error: terminal })
  const again = errors.find((error) => !(error instanceof TerminalError)) ?? first
  if (!(again instanceof ApiError)) return backoff(cause, "failure")
  return backoff(
    cause,
    again.class === "refresh" ? "expected" : "failure",
    Duration.millis(retryAfterMs(again) ?? 0),
  )
}
