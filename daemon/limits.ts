/** What a server in memory bounds. */

/** Turns of the event loop without traffic after which a server in memory is at rest. */
export const quietTurns = 25
/** Turns after which it is said that it does not come to rest. */
export const restTurnsMax = 200_000
/** Writes of one object while no time passes, after which it is said that it does not come to rest. */
export const restWritesMax = 250
/** Between two looks at requests that wait for something outside of the process, in ms. */
export const restWaitMs = 2
/** Looks without any progress: 10 s in all. */
export const restWaitsMax = 5_000
/** Of a file with CustomResourceDefinitions, in bytes. */
export const definitionFileBytesMax = 16 * 1024 * 1024
