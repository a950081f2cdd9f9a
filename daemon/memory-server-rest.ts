/**
 * When a server in memory is at rest: nothing is under way but what waits for time, and watches. Start with {@link Traffic}.
 *
 * Rest is seen, not slept for: turns of the event loop in which nobody asks and nobody is answered.
 */
import { Clock, Effect } from "effect"
import type { TestClock } from "effect/testing"
import type { Transport } from "../client/index.ts"
import { quietTurns, restTurnsMax, restWaitMs, restWaitsMax, restWritesMax } from "./limits.ts"

/** What has gone through the transports of a server, watches not counted. */
export class Traffic {
  /** Requests that were begun or answered, and lines that watches gave. */
  events = 0
  readonly #open = new Map<symbol, string>()
  /** Writes of each object since `beginCount`. */
  readonly #writes = new Map<string, number>()

  /** The same transport, counted. */
  counted(transport: Transport): Transport {
    return {
      request: async (request) => {
        const id = Symbol(request.path)
        const isWatch = /[?&]watch=(true|1)(&|$)/.test(request.path)
        this.events += 1
        if (!isWatch) this.#open.set(id, `${request.method} ${request.path}`)
        if (request.method !== "GET" && request.method !== "POST") this.#count(request.path)
        try {
          const response = await transport.request(request)
          return { ...response, body: this.#body(response.body) }
        } finally {
          this.#open.delete(id)
          this.events += 1
        }
      },
    }
  }

  /** Requests that have no answer yet. */
  get open(): ReadonlyArray<string> {
    return [...this.#open.values()]
  }

  /** Begins to count writes anew. */
  beginCount(): void {
    this.#writes.clear()
  }

  /** The objects that were written again and again, by their paths. */
  get hot(): ReadonlyArray<string> {
    return [...this.#writes].filter(([, count]) => count > restWritesMax).map(([path]) => path)
  }

  #count(path: string): void {
    const [object = path] = path.split("?")
    this.#writes.set(object, (this.#writes.get(object) ?? 0) + 1)
  }

  async *#body(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      this.events += 1
      yield chunk
    }
  }
}

const isTestClock = (clock: Clock.Clock): clock is TestClock.TestClock => "adjust" in clock

/** Real time, whatever the Clock in scope. */
const wait = (clock: Clock.Clock): Effect.Effect<void> => {
  const pause = Effect.sleep(restWaitMs)
  return isTestClock(clock) ? clock.withLive(pause) : pause
}

/** Settles when all is at rest. Dies, saying who writes or waits, when that does not come. */
export const settle = (traffic: Traffic): Effect.Effect<void> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    let waits = 0
    let quiet = 0
    let seen = traffic.events
    traffic.beginCount()
    for (let turn = 0; quiet < quietTurns; turn += 1) {
      if (turn > restTurnsMax || traffic.hot.length > 0) return yield* restless(traffic)
      yield* Effect.yieldNow
      if (traffic.events !== seen) {
        seen = traffic.events
        quiet = 0
        continue
      }
      quiet += 1
      if (quiet < quietTurns || traffic.open.length === 0) continue
      // An answer waits for something outside of this process's turns: a webhook over a socket.
      if (waits++ > restWaitsMax) return yield* restless(traffic)
      yield* wait(clock)
      quiet = 0
    }
  })

const restless = (traffic: Traffic): Effect.Effect<never> => {
  const why =
    traffic.hot.length > 0
      ? `more than ${restWritesMax} writes of ${traffic.hot.join(", ")} while no time passed: does a controller write what wakes it to write again?`
      : traffic.open.length > 0
        ? `no answer to ${traffic.open.join(", ")}`
        : `there is traffic after ${restTurnsMax} turns of the event loop`
  return Effect.die(new Error(`the server does not come to rest: ${why}`))
}

/** The steps that a stretch of time is cut into: what each step wakes comes to rest before the next. */
const stepsOf = (ms: number): ReadonlyArray<number> => {
  const step = Math.max(1000, Math.ceil(ms / 600))
  const whole = Math.floor(ms / step)
  return [...Array.from({ length: whole }, () => step), ...(ms % step === 0 ? [] : [ms % step])]
}

/** Lets time pass where it is a TestClock's, and dies where it is the machine's. */
export const advance = (ms: number, traffic: Traffic): Effect.Effect<void> =>
  Effect.flatMap(Clock.Clock, (clock) =>
    isTestClock(clock)
      ? Effect.andThen(
          settle(traffic),
          Effect.forEach(stepsOf(ms), (step) => Effect.andThen(clock.adjust(step), settle(traffic)), {
            discard: true,
          }),
        )
      : Effect.die(
          new Error(
            'the time of this server is the machine\'s: make it under a TestClock (it.effect, or startMemoryServer({ clock: "test" })) to move time',
          ),
        ),
  )
