/**
 * One source of {@link RuntimeEvent}s for any number of subscribers.
 *
 * Guarantees: publishing never waits. A subscriber that falls {@link EVENTS_BUFFERED_MAX} events behind loses its
 * backlog and is told so by one `resync`.
 */
import { type Cause, Effect, Queue, Stream } from "effect"
import { EVENTS_BUFFERED_MAX } from "./limits.ts"
import type { RuntimeEvent } from "./sandbox-runtime.ts"

type Offer = (event: RuntimeEvent) => void

export class EventFeed {
  readonly #subscribers = new Set<Offer>()

  publish(event: RuntimeEvent): void {
    for (const offer of this.#subscribers) offer(event)
  }

  readonly stream: Stream.Stream<RuntimeEvent> = Stream.callback<RuntimeEvent>((queue) =>
    Effect.acquireRelease(
      Effect.sync(() => this.#subscribe(queue)),
      (offer) => Effect.sync(() => this.#subscribers.delete(offer)),
    ),
  )

  #subscribe(queue: Queue.Queue<RuntimeEvent, Cause.Done>): Offer {
    const offer: Offer = (event) => {
      if (Queue.sizeUnsafe(queue) < EVENTS_BUFFERED_MAX) {
        Queue.offerUnsafe(queue, event)
        return
      }
      Effect.runSync(Effect.ignore(Queue.clear(queue)))
      Queue.offerUnsafe(queue, { type: "resync" })
    }
    this.#subscribers.add(offer)
    return offer
  }
}
