/**
 * The rule that a reconcile never acts on a state older than its own last write: what a reconcile wrote is noted, and its key
 * stays held until every informer of the kinds written shows it. A write whose answer never came counts too: the server is
 * asked what became of it. No worker waits meanwhile.
 */
import { type Duration, Effect } from "effect"
import { type Client, isReason, type Unanswered, type Written } from "../client/index.ts"
import { exponentialBackoff } from "./backoff.ts"
import type { InformersShape } from "./informers.ts"
import { connectBackoffBase, connectBackoffMax } from "./limits.ts"
import { keyString } from "./request.ts"

const nameOf = ({ kind, key }: Unanswered): string => `${kind.group}/${kind.plural}/${keyString(key)}`

/** The last write to each object in one reconcile. */
export class OwnWrites {
  readonly #last = new Map<string, Written>()
  readonly #unanswered = new Map<string, Unanswered>()

  readonly note = (written: Written): void => {
    const name = nameOf(written)
    this.#last.set(name, written)
    this.#unanswered.delete(name)
  }

  readonly noteUnanswered = (write: Unanswered): void => {
    // Where the server was to choose the name, there is nothing to ask for.
    if (write.key.name !== "") this.#unanswered.set(nameOf(write), write)
  }

  get unanswered(): ReadonlyArray<Unanswered> {
    return [...this.#unanswered.values()]
  }

  /** Those that some informer has yet to show. */
  unseen(informers: InformersShape): ReadonlyArray<Written> {
    return [...this.#last.values()].filter((written) => informers.behind(written).length > 0)
  }

  areShown(informers: InformersShape): boolean {
    return this.#unanswered.size === 0 && this.unseen(informers).length === 0
  }
}

const backoff = exponentialBackoff({ base: connectBackoffBase, max: connectBackoffMax })

/** What became of the write, from the object itself; asked until there is an answer. */
const outcomeOf = (
  client: Client["Service"],
  { verb, kind, key }: Unanswered,
  failures = 1,
): Effect.Effect<Written> =>
  client.get(kind, key).pipe(
    Effect.map((object): Written => ({ verb, kind, key, object })),
    Effect.catchIf(isReason("NotFound"), () => Effect.succeed<Written>({ verb: "delete", kind, key })),
    Effect.catch(() =>
      Effect.flatMap(backoff(failures), Effect.sleep).pipe(
        Effect.andThen(outcomeOf(client, { verb, kind, key }, failures + 1)),
      ),
    ),
  )

/** Waits until every write shows. False when that took longer than allowed: the server is away, or an informer cut off. */
export const awaitShown = (
  world: { readonly client: Client["Service"]; readonly informers: InformersShape },
  writes: OwnWrites,
  timeout: Duration.Duration,
): Effect.Effect<boolean> => {
  const { client, informers } = world
  const learn = Effect.forEach(
    writes.unanswered,
    (write) => Effect.map(outcomeOf(client, write), writes.note),
    { concurrency: "unbounded", discard: true },
  )
  const show = Effect.suspend(() =>
    Effect.all(
      writes
        .unseen(informers)
        .flatMap((written) => informers.behind(written).map((informer) => informer.awaitSeen(written))),
      { concurrency: "unbounded", discard: true },
    ),
  )
  return learn.pipe(
    Effect.andThen(show),
    Effect.as(true),
    Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.succeed(false) }),
  )
}
