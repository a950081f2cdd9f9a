/** The only place of this folder that knows the machine's own turns. */

/**
 * Resolves once every promise chain under way has come to rest. Node empties its queue of microtasks before the next tick, so
 * this is exact, not a guess at how many turns they take. Call it from a microtask.
 */
export const drained = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))

/** Lets the program around a run have its turn: a run by itself leaves none. */
export const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
