import { Effect, Fiber, Stream } from "effect"
import { describe, expect, it } from "vitest"
import { EventFeed } from "./event-feed.ts"
import { EVENTS_BUFFERED_MAX } from "./limits.ts"
import type { RuntimeEvent } from "./sandbox-runtime.ts"

const exited = (id: string): RuntimeEvent => ({ type: "exited", id })

const collect = (feed: EventFeed, count: number) =>
  Effect.forkChild(Stream.runCollect(Stream.take(feed.stream, count)), { startImmediately: true })

describe("an event feed", () => {
  it("gives each subscriber every event since it subscribed", async () => {
    const feed = new EventFeed()
    const run = Effect.gen(function* () {
      feed.publish(exited("before"))
      const readers = [yield* collect(feed, 2), yield* collect(feed, 2)]
      yield* Effect.yieldNow
      feed.publish(exited("1"))
      feed.publish(exited("2"))
      return yield* Effect.forEach(readers, Fiber.join)
    })
    const both = [exited("1"), exited("2")]
    expect(await Effect.runPromise(run)).toEqual([both, both])
  })
  it("tells a subscriber that fell behind to list again, instead of what it missed", async () => {
    const feed = new EventFeed()
    const run = Effect.gen(function* () {
      const reader = yield* collect(feed, 2)
      yield* Effect.yieldNow
      for (let i = 0; i <= EVENTS_BUFFERED_MAX; i += 1) feed.publish(exited(String(i)))
      feed.publish(exited("last"))
      return yield* Fiber.join(reader)
    })
    expect(await Effect.runPromise(run)).toEqual([{ type: "resync" }, exited("last")])
  })
})
