/**
 * An effect in a fiber of its own, waited for: what a finalizer needs to be timed or raced. In the fiber that is being
 * interrupted anything interruptible would end at once.
 */
import { Effect, type Exit, Fiber } from "effect"

export const detached = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Exit.Exit<A, E>, never, R> =>
  Effect.flatMap(Effect.forkDetach(effect, { startImmediately: true }), Fiber.await)
