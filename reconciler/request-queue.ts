/** A {@link WorkQueue} of Requests in Effect's time: workers wait in `take`, delays run out by the Clock. */
import { Clock, Duration, Effect, Latch, Schedule, type Scope } from "effect"
import { heldSampleInterval } from "./limits.ts"
import type { QueueMetrics } from "./metrics.ts"
import type { Request } from "./reconciler.ts"
import { keyString, requestOf } from "./request.ts"
import { type Priority, type QueuedKey, WorkQueue } from "./work-queue.ts"

export interface RequestQueue {
  readonly add: (request: Request, priority?: Priority) => void
  /** Before all others, its failures and delays forgotten. */
  readonly now: (request: Request) => void
  /** The earliest of several delays counts. */
  readonly addAfter: (request: Request, delay: Duration.Duration) => void
  /** The next request, held until `done`; waits for one. */
  readonly take: Effect.Effect<Request>
  readonly done: (request: Request) => void
  /** Counts a failure; says how many that makes in a row. */
  readonly failed: (request: Request) => number
  /** Failures in a row. */
  readonly failures: (request: Request) => number
  readonly forget: (request: Request) => void
  readonly depth: () => number
  readonly contents: () => ReadonlyArray<QueuedKey>
}

export const makeRequestQueue = Effect.fnUntraced(function* (
  metrics: QueueMetrics,
): Effect.fn.Return<RequestQueue, never, Scope.Scope> {
  const clock = yield* Clock.Clock
  const now = () => clock.currentTimeMillisUnsafe()
  const queue = new WorkQueue()
  const idle = new Set<() => void>()
  const heldSince = new Map<string, number>()
  const rearm = Latch.makeUnsafe(false)
  let armedFor = Number.POSITIVE_INFINITY

  /** Wakes one worker for each ready key, as far as there are idle ones. */
  const wake = (keys: number) => {
    let left = keys
    for (const resume of idle) {
      if (left <= 0) break
      left -= 1
      idle.delete(resume)
      resume()
    }
    metrics.depth(queue.depth)
  }

  const arm = () => {
    const due = queue.nextDeadline()
    if (due !== undefined && due < armedFor) rearm.openUnsafe()
  }

  const alarm = Effect.gen(function* () {
    for (;;) {
      rearm.closeUnsafe()
      armedFor = queue.nextDeadline() ?? Number.POSITIVE_INFINITY
      if (armedFor === Number.POSITIVE_INFINITY) yield* rearm.await
      else yield* Effect.raceFirst(Effect.sleep(Duration.millis(Math.ceil(armedFor - now()))), rearm.await)
      wake(queue.advance(now()))
    }
  })
  yield* Effect.forkScoped(alarm)

  const sample = Effect.sync(() => {
    metrics.held([...heldSince.values()].map((since) => (now() - since) / 1000))
  })
  yield* Effect.forkScoped(Effect.repeat(sample, Schedule.spaced(heldSampleInterval)))

  const tryTake = (): Request | undefined => {
    const taken = queue.take(now())
    if (taken === undefined) return undefined
    metrics.waited(taken.waitedMs / 1000)
    metrics.depth(queue.depth)
    heldSince.set(taken.key, now())
    return requestOf(taken.key)
  }

  const untilWoken = Effect.callback<void>((resume) => {
    const wakeUp = () => resume(Effect.void)
    idle.add(wakeUp)
    return Effect.sync(() => idle.delete(wakeUp))
  })

  const take: Effect.Effect<Request> = Effect.suspend(() => {
    const request = tryTake()
    return request === undefined ? Effect.flatMap(untilWoken, () => take) : Effect.succeed(request)
  })

  return {
    add: (request, priority) => {
      if (!queue.add(keyString(request), now(), priority)) return
      metrics.added()
      wake(1)
    },
    now: (request) => {
      if (!queue.now(keyString(request), now())) return
      metrics.added()
      wake(1)
    },
    addAfter: (request, delay) => {
      queue.addAt(keyString(request), now() + Duration.toMillis(delay), now())
      arm()
      wake(queue.depth)
    },
    take,
    done: (request) => {
      const key = keyString(request)
      const since = heldSince.get(key)
      if (since !== undefined) metrics.worked((now() - since) / 1000)
      heldSince.delete(key)
      if (queue.done(key, now())) wake(1)
    },
    failed: (request) => {
      metrics.retried()
      return queue.failed(keyString(request), now())
    },
    failures: (request) => queue.attempts(keyString(request)),
    forget: (request) => queue.forget(keyString(request)),
    depth: () => queue.depth,
    contents: () => queue.contents(now()),
  }
})
