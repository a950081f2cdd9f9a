/**
 * The rule that a reconcile never acts on a state older than its own last write: what a reconcile wrote is noted, and its key
 * stays held until every informer of the kinds written shows it. A write whose answer never came counts too: the server is
 * asked what became of it. No worker waits meanwhile.
 */
import { Effect } from "effect"
import type { Client, Unanswered, Written } from "../client/index.ts"
import { exponentialBackoff } from "./backoff.ts"
import type { Informer } from "./informer.ts"
import type { InformersShape } from "./informers.ts"
import { connectBackoffBase, connectBackoffMax, ownWritePatience } from "./limits.ts"
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

  get isEmpty(): boolean {
    return this.#last.size === 0 && this.#unanswered.size === 0
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

/** What became of the write, from the object itself; asked until there is an answer. Undefined where it may not be read. */
const outcomeOf = (
  client: Client["Service"],
  { verb, kind, key }: Unanswered,
  failures = 1,
): Effect.Effect<Written | undefined> =>
  client.get(kind, key).pipe(
    Effect.map((object): Written | undefined => ({ verb, kind, key, object })),
    Effect.catch((error) => {
      if (error.reason === "NotFound") return Effect.succeed<Written>({ verb: "delete", kind, key })
      if (error.class !== "retry") return Effect.undefined
      const again = outcomeOf(client, { verb, kind, key }, failures + 1)
      return Effect.andThen(Effect.flatMap(backoff(failures), Effect.sleep), again)
    }),
  )

/** Its kind cannot be read at all: forbidden, or gone. Waiting for it would be for ever. */
const isBlind = (informer: Informer): boolean => {
  const state = informer.state()
  return state._tag === "Stale" && state.error.class !== "retry" && state.error.class !== "relist"
}

/**
 * Waits until the informer shows the write. One that does not in time is made to list anew: its watch may be dead without
 * knowing, or its versions have no order. False when the kind cannot be read.
 */
const awaitShownBy = Effect.fnUntraced(function* (
  informers: InformersShape,
  informer: Informer,
  written: Written,
) {
  const shown = Effect.raceFirst(
    informer.awaitSeen(written),
    Effect.andThen(Effect.sleep(ownWritePatience), informer.refresh),
  )
  const isOver = () => isBlind(informer) || !informers.running().includes(informer)
  const over = Effect.sleep(ownWritePatience).pipe(Effect.repeat({ until: isOver }))
  return yield* Effect.raceFirst(
    Effect.as(shown, true),
    Effect.map(over, () => !isBlind(informer)),
  )
})

/** Waits until every write shows, through whatever the connection does. False when some never will. */
export const awaitShown = Effect.fnUntraced(function* (
  world: { readonly client: Client["Service"]; readonly informers: InformersShape },
  writes: OwnWrites,
) {
  const { client, informers } = world
  const all = { concurrency: "unbounded" } as const
  const outcomes = yield* Effect.forEach(writes.unanswered, (write) => outcomeOf(client, write), all)
  for (const written of outcomes) if (written !== undefined) writes.note(written)
  const waits = writes
    .unseen(informers)
    .flatMap((written) =>
      informers.behind(written).map((informer) => awaitShownBy(informers, informer, written)),
    )
  const shown = yield* Effect.all(waits, all)
  return shown.every((one) => one)
})
