import { describe, expect, it } from "@effect/vitest"
import { Clock, type Duration, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { type ApiError, Client, clientLayer, LeadershipLost, type Transport } from "../client/index.ts"
import { ConfigMap, type Lease } from "../schemas/index.ts"
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

describe("writes of what is led", () => {
  const write = Effect.flatMap(Client, (client) =>
    client.create(ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "ns", name: "x" },
    }),
  )

  /** Notes who wrote while who held the Lease; writes of ConfigMaps are answered. */
  const watched = (
    server: ReturnType<typeof leaseServer>,
    identity: string,
    writes: Array<string>,
  ): Transport => {
    const inner = server.transportOf(identity)
    return {
      request: (request) => {
        if (!request.path.includes("configmaps")) return inner.request(request)
        writes.push(`${identity} of ${server.lease()?.spec?.holderIdentity}`)
        return Promise.resolve({
          status: 201,
          headers: {},
          body: (async function* () {
            yield Buffer.from(JSON.stringify({ metadata: { name: "x", namespace: "ns" } }))
          })(),
        })
      },
    }
  }

  const elect = { name: "l", namespace: "ns" }

  it.effect("are sent while it leads, and refused, typed and unsent, once its lease has passed", () =>
    Effect.gen(function* () {
      const server = leaseServer()
      const writes: Array<string> = []
      const outcomes: Array<Exit.Exit<unknown, ApiError>> = []
      // It does not hear that it should end: a process that stood still, or code that may not be cut.
      const led = () =>
        Effect.uninterruptible(
          Effect.gen(function* () {
            outcomes.push(yield* Effect.exit(write))
            yield* Effect.sleep("20 seconds")
            outcomes.push(yield* Effect.exit(write))
          }),
        )
      yield* Effect.forkChild(
        withLeadership({ ...elect, identity: "a" }, led).pipe(
          Effect.provide(clientLayer(watched(server, "a", writes))),
        ),
      )
      yield* settle
      server.cutOff("a")
      yield* pass("21 seconds")
      expect(writes).toEqual(["a of a"])
      expect(outcomes.map(Exit.isSuccess)).toEqual([true, false])
      const failure = outcomes[1]
      const error =
        failure !== undefined && Exit.isFailure(failure) ? Exit.findErrorOption(failure) : undefined
      expect(error).toMatchObject({ value: { reason: "Conflict", cause: expect.any(LeadershipLost) } })
    }),
  )

  /** A clock that shows another time and runs as this one does. */
  const skewed = (clock: Clock.Clock, byMs: number): Clock.Clock =>
    Object.assign(Object.create(clock) as Clock.Clock, {
      currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + byMs,
      currentTimeMillis: Effect.map(clock.currentTimeMillis, (ms) => ms + byMs),
    })

  it.effect.each([0, 3_600_000, -86_400_000, 14_000])(
    "are never those of two replicas at once, with clocks that are %d ms apart",
    (skewMs) =>
      Effect.gen(function* () {
        const server = leaseServer()
        const writes: Array<string> = []
        const clock = yield* Clock.Clock
        const led = () => Effect.forever(Effect.andThen(Effect.ignore(write), Effect.sleep("500 millis")))
        const start = (identity: string, byMs: number) =>
          Effect.forkChild(
            withLeadership({ ...elect, identity }, led).pipe(
              Effect.provide(clientLayer(watched(server, identity, writes))),
              Effect.provideService(Clock.Clock, skewed(clock, byMs)),
            ),
          )
        yield* start("a", 0)
        yield* settle
        yield* start("b", skewMs)
        for (let round = 0; round < 4; round += 1) {
          yield* Effect.repeat(pass("1 second"), { times: 5 })
          const holder = server.lease()?.spec?.holderIdentity ?? ""
          server.cutOff(holder)
          yield* Effect.repeat(pass("1 second"), { times: 24 })
          server.heal(holder)
        }
        const writers = new Set(writes)
        expect([...writers].sort()).toEqual(["a of a", "b of b"])
      }),
  )
})
