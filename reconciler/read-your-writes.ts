/**
 * The rule that a reconcile never acts on a state older than its own last write: what a reconcile wrote is noted, and its key
 * stays held until every informer of the kinds written shows it. No worker waits meanwhile.
 */
import { type Duration, Effect } from "effect"
import type { Written } from "../client/index.ts"
import type { InformersShape } from "./informers.ts"
import { keyString } from "./request.ts"

/** The last write to each object in one reconcile. */
export class OwnWrites {
  readonly #last = new Map<string, Written>()

  readonly note = (written: Written): void => {
    const { kind, key } = written
    this.#last.set(`${kind.group}/${kind.plural}/${keyString(key)}`, written)
  }

  /** Those that some informer has yet to show. */
  unseen(informers: InformersShape): ReadonlyArray<Written> {
    return [...this.#last.values()].filter((written) => informers.behind(written).length > 0)
  }
}

/** Waits until every write shows. False when that took longer than allowed: an informer is cut off, or its server skips versions. */
export const awaitShown = (
  informers: InformersShape,
  writes: ReadonlyArray<Written>,
  timeout: Duration.Duration,
): Effect.Effect<boolean> => {
  const waits = writes.flatMap((written) =>
    informers.behind(written).map((informer) => informer.awaitSeen(written)),
  )
  return Effect.as(Effect.all(waits, { concurrency: "unbounded", discard: true }), true).pipe(
    Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.succeed(false) }),
  )
}
