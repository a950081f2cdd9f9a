import { describe, expect, it } from "@effect/vitest"
import { type Duration, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { clientLayer } from "../client/index.ts"
import type { Lease } from "../schemas/index.ts"
import { electionStep, type LeaderElectionOptions, withLeadership } from "./leader-election.ts"
import { leaseServer } from "./testing/lease-server.ts"

const lease = (holderIdentity?: string): Lease => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name: "l", namespace: "ns" },
  spec: { leaseDurationSeconds: 15, ...(holderIdentity === undefined ? {} : { holderIdentity }) },
})

it.each([
  ["no lease is made", undefined, 0, "create"],
  ["nobody's is taken", lease(), 0, "take"],
  ["one that was given up is taken", lease(""), 0, "take"],
  ["our own is renewed, however old", lease("me"), 60_000, "renew"],
  ["another's is left alone", lease("you"), 14_999, "wait"],
  ["another's that ran out is taken", lease("you"), 15_000, "take"],
])("%s", (_name, found, ageMs, step) => {
  const observed = found === undefined ? undefined : { lease: found, atMs: 1_000 }
  expect(electionStep(observed, "me", 1_000 + ageMs)).toBe(step)
})

const settle = Effect.yieldNow.pipe(Effect.repeat({ times: 40 }))
const pass = (duration: Duration.Input) => Effect.andThen(TestClock.adjust(duration), settle)

/** A replica that notes when it leads and when it no longer does. */
const replica = Effect.fnUntraced(function* (
  server: ReturnType<typeof leaseServer>,
  identity: string,
  rest: {
    readonly log: Array<string>
    readonly options?: Partial<LeaderElectionOptions>
    readonly winddown?: Duration.Input
  },
) {
  const { log } = rest
  const options = { name: "l", namespace: "ns", identity, ...rest.options }
  const led = () =>
    Effect.acquireUseRelease(
      Effect.sync(() => log.push(`${identity} leads`)),
      () => Effect.never,
      () =>
        Effect.andThen(
          Effect.sleep(rest.winddown ?? 0),
          Effect.sync(() => log.push(`${identity} ends`)),
        ),
    )
  const fiber = yield* Effect.forkChild(
    withLeadership(options, led).pipe(Effect.provide(clientLayer(server.transportOf(identity)))),
  )
  yield* settle
  return fiber
})

describe("replicas", () => {
  it.effect("one leads; the next leads at once when it gives up", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const server = leaseServer()
      const first = yield* replica(server, "a", { log })
      yield* replica(server, "b", { log })
      yield* pass("1 minute")
      expect(log).toEqual(["a leads"])
      yield* Fiber.interrupt(first)
      yield* pass("3 seconds")
      expect(log).toEqual(["a leads", "a ends", "b leads"])
      expect(server.lease()?.spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 })
    }),
  )

  it.effect("one that is cut off stops before another may start", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const server = leaseServer()
      yield* replica(server, "a", { log })
      yield* replica(server, "b", { log })
      server.cutOff("a")
      yield* pass("9 seconds")
      expect(log).toEqual(["a leads"])
      yield* pass("3 seconds")
      expect(log).toEqual(["a leads", "a ends"])
      yield* pass("10 seconds")
      expect(log).toEqual(["a leads", "a ends", "b leads"])
    }),
  )

  it.effect("one whose requests hang stops in time as well", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const server = leaseServer()
      yield* replica(server, "a", { log })
      server.hang("a")
      yield* pass("12 seconds")
      expect(log).toEqual(["a leads", "a ends"])
    }),
  )

  it.effect("one that was cut off leads again when it is back and nobody took over", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const server = leaseServer()
      yield* replica(server, "a", { log })
      server.cutOff("a")
      yield* pass("12 seconds")
      server.heal("a")
      yield* pass("3 seconds")
      expect(log).toEqual(["a leads", "a ends", "a leads"])
    }),
  )

  it.effect("one whose lease was taken from it ends at once", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const server = leaseServer()
      yield* replica(server, "a", { log })
      server.give("thief")
      yield* pass("3 seconds")
      expect(log).toEqual(["a leads", "a ends"])
    }),
  )

  it.effect("a leader winds down as leader: the lease is renewed until it has ended", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const server = leaseServer()
      const first = yield* replica(server, "a", { log, winddown: "40 seconds" })
      yield* replica(server, "b", { log })
      const stopping = yield* Effect.forkChild(Fiber.interrupt(first))
      yield* pass("39 seconds")
      expect(log).toEqual(["a leads"])
      yield* pass("5 seconds")
      expect(log).toEqual(["a leads", "a ends", "b leads"])
      expect(stopping.pollUnsafe()).toBeDefined()
    }),
  )

  it.effect("clocks that disagree by hours make no difference", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const server = leaseServer()
      server.give("a", "1999-01-01T00:00:00.000000Z")
      yield* replica(server, "b", { log })
      yield* pass("14 seconds")
      expect(log).toEqual([])
      yield* pass("5 seconds")
      expect(log).toEqual(["b leads"])
    }),
  )
})
