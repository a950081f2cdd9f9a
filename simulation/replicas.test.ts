/** Replicas of one program, one of which leads. */
import { Clock, Context, Effect, Layer } from "effect"
import { expect, it } from "vitest"
import { Client } from "../client/index.ts"
import { withLeadership } from "../reconciler/index.ts"
import { ConfigMap } from "../schemas/index.ts"
import { type Invariant, type Program, type Scenario, simulatePromise } from "./index.ts"

const key = { namespace: "default", name: "a" }

interface Turn {
  readonly leader: string
  readonly atMs: number
}

/** Who did something as a leader, and when: outside, so that it outlives them. */
class Turns extends Context.Service<Turns, { readonly all: Array<Turn> }>()("simulation/Turns") {}

const leads = (isElected: boolean): Program<Turns> => ({
  name: "replica",
  replicas: 2,
  run: Effect.gen(function* () {
    const { all } = yield* Turns
    const client = yield* Client
    const work = (leader: string) =>
      Effect.gen(function* () {
        all.push({ leader, atMs: yield* Clock.currentTimeMillis })
        yield* Effect.ignore(
          client.patch(ConfigMap, key, { patch: { type: "merge", value: { data: { leader } } } }),
        )
      }).pipe(Effect.andThen(Effect.sleep("1 second")), Effect.forever)
    const election = { name: "replica", namespace: "default" }
    const leading = withLeadership(election, ({ identity }) => work(identity))
    yield* Effect.forkScoped(isElected ? leading : work(String(yield* Clock.currentTimeMillis)))
  }),
})

/** A leader acts each second: between two acts of one reign nobody else acts. */
const oneAtATime: Invariant<Turns> = {
  name: "one leads at a time",
  eventually: ({ environment }) => {
    const { all } = Context.get(environment, Turns)
    for (const [index, { leader, atMs }] of all.entries()) {
      const next = all.findIndex((turn, later) => later > index && turn.leader === leader)
      if (next <= index + 1 || (all[next]?.atMs ?? 0) - atMs > 3_000) continue
      return `${all[index + 1]?.leader} leads at ${all[index + 1]?.atMs}, and ${leader} goes on leading`
    }
    return undefined
  },
}

const scenario: Scenario<Turns> = {
  name: "replicas",
  environment: Layer.effect(
    Turns,
    Effect.sync(() => ({ all: [] })),
  ),
  users: () =>
    Effect.flatMap(Client, (client) =>
      Effect.andThen(
        client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: { ...key } }),
        Effect.sleep("3 minutes"),
      ),
    ),
  // Clocks that disagree are no fault of an election: its replicas measure, they do not compare.
  faults: { crash: 0.05 },
  invariants: [oneAtATime],
  waive: ["idempotent", "converges"],
  platform: false,
}

it("are elected one at a time, whatever is killed, stopped, lost or late", async () => {
  const { failures, coverage } = await simulatePromise([leads(true)], scenario, { seeds: 30 })
  expect(failures.map(({ seed, message }) => `${seed}: ${message}`)).toEqual([])
  const actors = new Set(Object.keys(coverage.points).map((point) => point.split(":")[0]))
  expect([...actors].sort()).toEqual(["replica-1", "replica-2"])
}, 180_000)

it("that do not elect anybody are found out", async () => {
  const both = { ...scenario, waive: [...(scenario.waive ?? []), "no flapping" as const] }
  const { failures } = await simulatePromise([leads(false)], both, { seeds: 5, minimise: false })
  expect(failures[0]?.invariant).toBe("one leads at a time")
}, 180_000)
