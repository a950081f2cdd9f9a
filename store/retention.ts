/**
 * How much history is kept: a window of time and count, and compaction following it.
 *
 * The store does not know when a revision was made, so the newest revision is noted at every step: whatever is not
 * newer than a note is at least as old as the note.
 */
import { Clock, Duration, Effect, Schedule } from "effect"
import { isStoreError, type Revision, type Store } from "./store.ts"

export interface RetentionWindow {
  /** History younger than this is kept. */
  readonly keep: Duration.Input
  /** So many of the newest revisions are kept however old they are. */
  readonly revisionsMin: number
  /** No more than so many are kept however young they are. */
  readonly revisionsMax: number
}

/** At this time the newest revision was this. */
export interface RevisionNote {
  readonly atMs: number
  readonly revision: Revision
}

export interface RetentionPlan {
  /** The oldest revision to keep, or undefined when the window reaches back to the beginning. */
  readonly compact: Revision | undefined
  /** The notes that later plans still need. */
  readonly notes: ReadonlyArray<RevisionNote>
}

/** What to forget, given notes in order of time, the last of them made now. */
export const planRetention = (notes: ReadonlyArray<RevisionNote>, window: RetentionWindow): RetentionPlan => {
  const now = notes.at(-1)
  if (now === undefined) return { compact: undefined, notes }
  const keptSinceMs = now.atMs - Duration.toMillis(window.keep)
  const aged = notes.findLastIndex(({ atMs }) => atMs <= keptSinceMs)
  const byAge = notes[aged]?.revision ?? 1n
  const leastKept = now.revision - BigInt(window.revisionsMin) + 1n
  const mostKept = now.revision - BigInt(window.revisionsMax) + 1n
  const wanted = byAge < leastKept ? byAge : leastKept
  const compact = wanted > mostKept ? wanted : mostKept
  return { compact: compact > 1n ? compact : undefined, notes: aged > 0 ? notes.slice(aged) : notes }
}

/** Keeps a store's history to a window, step by step, for as long as it runs: fork it into a Scope. */
export const keepHistory = (
  store: Pick<Store, "get" | "compact">,
  { window, every }: { readonly window: RetentionWindow; readonly every: Duration.Input },
): Effect.Effect<never> => {
  let notes: ReadonlyArray<RevisionNote> = []
  const step = Effect.gen(function* () {
    const atMs = yield* Clock.currentTimeMillis
    const { revision } = yield* Effect.tryPromise({ try: () => store.get(anyKey), catch: (error) => error })
    const plan = planRetention([...notes, { atMs, revision }], window)
    notes = plan.notes
    const { compact } = plan
    if (compact !== undefined)
      yield* Effect.tryPromise({ try: () => store.compact(compact), catch: (error) => error })
  })
  return step.pipe(
    Effect.catch((error) =>
      Effect.logWarning("history was not compacted, and will be at a later step").pipe(
        Effect.annotateLogs({ reason: isStoreError(error) ? error.reason : String(error) }),
      ),
    ),
    Effect.repeat(Schedule.spaced(every)),
    Effect.andThen(Effect.never),
  )
}

/** Read for the revision that comes with it. */
const anyKey = "/"
