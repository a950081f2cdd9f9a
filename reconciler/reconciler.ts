/**
 * The whole contract of a reconcile in one file: what it is asked, what it may answer. Start with {@link Reconcile}.
 *
 * Level, not edge: a {@link Request} names an object and says nothing of what happened to it; the reconcile reads the
 * truth and moves the world one step towards it. It may be cut at any point and will be run again.
 */
import { Data, type Duration, type Effect } from "effect"

/** Which object to look at. `namespace` is "" for cluster-scoped kinds. */
export interface Request {
  readonly namespace: string
  readonly name: string
}

/** One of two things: wait for a change, or look again after a while. An error is the third, and backs off per key. */
export type Result = Data.TaggedEnum<{
  Done: Record<never, never>
  RequeueAfter: { readonly delay: Duration.Duration }
}>
export const Result = Data.taggedEnum<Result>()

/** The only way to say "do not retry until the object changes". Shows as an Event. */
export class TerminalError extends Data.TaggedError("TerminalError")<{
  readonly reason: string
  readonly message: string
}> {}

export type Reconcile<E, R> = (request: Request) => Effect.Effect<Result, E, R>
