/** Bounds and default times of this folder. All times are virtual. */

/** Where every run begins: 1 January 2030. */
export const startMs = Date.UTC(2030, 0, 1)

/** Turns at one moment after which a run is taken for one that never rests. */
export const instantTurnsMax = 20_000

/** What users do must have ended by then. */
export const usersMsMax = 60 * 60_000
/** Time after the last action and fault within which all must come to rest. */
export const settleMs = 10 * 60_000
/** So long without a change of any object is rest. */
export const quietMs = 60_000
/** In the calm it is looked this often whether all is right. */
export const lookEveryMs = 5_000
/** Faults go on for up to so long after the users' last action. */
export const aftermathMs = 20_000

/** A request and its answer each take from 1 ms to this on their way, now and then `slowMs`. */
export const latencyMs = 5
export const slowMs = 250
export const slowShare = 0.04

/** A killed program is started again after up to this. */
export const restartMs = 15_000
/** A program that is told to stop and has not ended by then is killed: what kubelet gives a pod. */
export const stopGraceMs = 30_000
/** A held-back cache, a delayed event: up to this. */
export const staleMs = 45_000
export const delayMs = 5_000

/** Every so often the environment may be struck, a program killed in between, history compacted. */
export const mishapEveryMs = 2_000

/** Reconciles of one key within a minute of calm that are a hot loop. */
export const hotLoop = 240
/** And while users act and faults strike. */
export const stormyHotLoop = 2_000

/** Runs spent on taking faults away from a failing one. */
export const minimiseRunsMax = 120

/** Of a Lease's duration, in milliseconds: what a clock's skew is a share of. */
export const leaseMs = 15_000

/** So long after calm has come the echo of faults may still be seen: programs that start again, caches that were held back. */
export const echoMs = restartMs + staleMs

/** A line of a recording: an object of the largest size that a server takes, twice over, and what is around it. */
export const recordingLineBytesMax = 16 * 2 ** 20
/** After the last line of a recording a replay goes on for this long. */
export const replayTailMs = 60_000
