/** Bounds and default times of this folder. */
import { Duration } from "effect"

/** Objects asked for at once when a list is read. */
export const listPageSize = 500
/** A page of a list that takes longer is asked for again. */
export const listTimeout = Duration.seconds(60)
/** A watch without an event or a bookmark for this long is taken for dead; servers send a bookmark each minute. */
export const watchIdleTimeout = Duration.seconds(150)
/** Milliseconds that a bookmark may be late, once the server's pace is known. */
export const bookmarkGrace = 1_500
/** A watch that ended sooner than this brought nothing: the next one waits. */
export const shortWatch = Duration.seconds(1)

/** Deletions that an informer remembers, to know a late event of what is gone. */
export const maxRememberedDeletions = 1024
/** A server that sends events out of order is listed anew at most this often. */
export const disorderInterval = Duration.seconds(30)

/** The first delay after a failure, and the longest. */
export const backoffBase = Duration.millis(5)
export const backoffMax = Duration.minutes(5)
/** Informers and elections come back sooner: others wait for them. */
export const connectBackoffBase = Duration.millis(200)
export const connectBackoffMax = Duration.seconds(30)

/** How long an informer may take to show what a reconcile wrote before it is made to list anew. */
export const ownWritePatience = Duration.seconds(10)
/** How long running reconciles may go on after a shutdown began. */
export const shutdownGrace = Duration.seconds(20)

/** What woke a key, kept for its cause. */
export const maxWakersPerKey = 4
/** What a reconcile read and wrote, kept for its record; of these, what the cause of a write names, and how long that may be. */
export const maxReadsPerReconcile = 64
export const maxWritesPerReconcile = 64
export const maxErrorLength = 500
export const maxVersionsInCause = 8
export const maxCauseLength = 2048

/** Events that a recorder holds until they are written; more are dropped, and counted. */
export const maxPendingEvents = 1000
/** Kinds of event that a recorder remembers to count repetitions. */
export const maxRememberedEvents = 4096
/** Events written in a burst, and one more for each interval after it. Source: client-go's EventSourceObjectSpamFilter has the idea. */
export const eventBurst = 25
export const eventInterval = Duration.seconds(1)
/** Events that differ in their message only, before they are combined; and how long they count as one kind. Source: client-go. */
export const maxSimilarEvents = 10
export const similarEventInterval = Duration.minutes(10)
export const maxEventMessageLength = 1024

/** Tries after a conflict before it is left to the next reconcile. */
export const maxConflictRetries = 4

/** How often the age of held keys is measured. */
export const heldSampleInterval = Duration.seconds(5)

/** Bounds of the fields that an informer is told to hold. */
export const maxFieldPaths = 100
export const maxFieldPathLength = 1024
/** Objects that an informer refused, shown with what is wrong with them. */
export const maxShownRefusals = 100

/** Cycles of a hot loop before it is named. */
export const hotLoopCycles = 8
/** Versions whose chain of writes is remembered. */
export const maxChainedVersions = 4096
/** Changes of an object before its fields are compared; times that a field is set back before that is a fight. */
export const fightSuspicion = 3
export const fightFlips = 4
/** An object that does not change for this long has no fight. */
export const fightMemoryMs = 10 * 60_000
export const maxWatchedObjects = 4096
export const maxSwings = 64
/** Fields named of one change. */
export const maxChangedFields = 16
/** What a controller remembers having diagnosed; how soon it says the same again, doubling up to the longest gap. */
export const maxDiagnoses = 256
export const diagnosisGapMs = 60_000
export const diagnosisGapMaxMs = 60 * 60_000
/** Retries over all keys of a controller. Source: client-go, DefaultTypedControllerRateLimiter. */
export const retryRate = { perSecond: 10, burst: 100 }
/** Of so many keys taken, one is the one that waits longest, whatever its priority. */
export const fairShare = 8
