/** Each standard invariant, by a controller that breaks it and nothing else. */
import { Clock, Duration, Effect } from "effect"
import { describe, expect, it } from "vitest"
import { Client } from "../client/index.ts"
import { Controller, Manager, type Request, Result } from "../reconciler/index.ts"
import { ConfigMap, type JsonObject } from "../schemas/index.ts"
import { type Program, type Scenario, simulatePromise } from "./index.ts"

const key = { namespace: "default", name: "a" }
const calm = {
  crash: 0,
  stop: 0,
  conflict: 0,
  lostAnswer: 0,
  refusal: 0,
  duplicate: 0,
  delay: 0,
  staleCache: 0,
  droppedWatch: 0,
  compaction: 0,
  clockSkew: 0,
  mishap: 0,
} as const

const createsOne: Scenario = {
  name: "one ConfigMap",
  users: () =>
    Effect.flatMap(Client, (client) =>
      client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: { ...key } }),
    ),
  invariants: [],
  faults: calm,
  platform: false,
}

const patched = (value: JsonObject) =>
  Effect.flatMap(Client, (client) => client.patch(ConfigMap, key, { patch: { type: "merge", value } }))

type ReconcileOne = () => Effect.Effect<Result, unknown, Client>

/** A program with one controller of one ConfigMap; what it holds in memory begins anew with each life. */
const program = (begin: () => ReconcileOne): Program => ({
  name: "p",
  run: Effect.suspend(() => {
    const reconcileOne = begin()
    const reconcile = ({ name }: Request) => (name === "a" ? reconcileOne() : done)
    return Manager.start({ controllers: [Controller.make({ name: "c", for: ConfigMap, reconcile })] })
  }),
})

const brokenBy = async (under: Program, scenario: Partial<Scenario> = {}) => {
  const { failures } = await simulatePromise([under], { ...createsOne, ...scenario }, { seeds: 1 })
  return failures.map(({ invariant, message }) => `${invariant}: ${message}`)
}

const broken = (reconcileOne: ReconcileOne, scenario?: Partial<Scenario>) =>
  brokenBy(
    program(() => reconcileOne),
    scenario,
  )

const done = Effect.succeed(Result.Done())
const again = (ms: number) => Effect.succeed(Result.RequeueAfter({ delay: Duration.millis(ms) }))

/** Does it every twenty seconds, however often it is called. */
const everyTwentySeconds = (act: () => Effect.Effect<unknown, unknown, Client>): ReconcileOne => {
  let nextMs = 0
  return () =>
    Effect.gen(function* () {
      const nowMs = yield* Clock.currentTimeMillis
      if (nowMs >= nextMs) {
        nextMs = nowMs + 20_000
        yield* act()
      }
      return yield* again(nextMs - nowMs)
    })
}

describe("a run of", { timeout: 120_000 }, () => {
  it("a controller that does nothing breaks nothing", async () => {
    expect(await broken(() => done)).toEqual([])
  })

  it("one that throws has a defect", async () => {
    const found = await broken(() => Effect.die(new TypeError("x is undefined")))
    expect(found).toEqual(["no defect: c at default/a: TypeError: x is undefined"])
  })

  it("one whose key fails for ever does not converge", async () => {
    const found = await broken(() => Effect.fail(new Error("the cloud says no")))
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^converges: p c default\/a failed \d+ times: Error: the cloud says no$/)
  })

  it("one that asks to be called again at once is a hot loop", async () => {
    const found = await broken(() => again(10))
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(
      /^converges: a hot loop: p c default\/a was reconciled 240 times within a minute/,
    )
  })

  it("one that is woken by what it writes itself is a hot loop", async () => {
    let count = 0
    const found = await broken(() =>
      Effect.andThen(
        Effect.suspend(() => patched({ data: { count: String(count++) } })),
        done,
      ),
    )
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^converges: a hot loop: /)
  })

  it("one that counts up for ever does not converge", async () => {
    const counting = program(() => {
      let count = 0
      return everyTwentySeconds(() => patched({ data: { count: String(count++) } }))
    })
    expect(await brokenBy(counting)).toEqual(["converges: ConfigMap default/a (data.count) changes still"])
  })

  it("one that cannot decide flaps", async () => {
    const undecided = program(() => {
      let isOn = false
      return everyTwentySeconds(() => {
        isOn = !isOn
        return patched({ data: { on: String(isOn) } })
      })
    })
    const found = await brokenBy(undecided)
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(
      /^no flapping: ConfigMap default\/a: data.on goes from (true|false) to (true|false) and back/,
    )
  })

  it("one that writes at each start is not idempotent", async () => {
    const restless: Program = {
      name: "starter",
      run: Clock.currentTimeMillis.pipe(
        Effect.flatMap((now) => patched({ data: { started: String(now) } })),
        Effect.delay("1 second"),
      ),
    }
    expect(await brokenBy(restless)).toEqual([
      "idempotent: all was at rest; started again, the programs have changed ConfigMap default/a (data.started)",
    ])
  })

  it("one that leaves what it owned leaves an orphan", async () => {
    const owner = { apiVersion: "v1", kind: "ConfigMap", name: "gone", uid: "u-1", controller: true }
    const found = await broken(() =>
      Effect.andThen(patched({ metadata: { ownerReferences: [owner] } }), done),
    )
    expect(found).toEqual([
      "no orphan: ConfigMap default/a is there, and its owner ConfigMap gone (u-1) is gone",
    ])
  })

  it("one that never takes its finalizer away keeps a deletion from ending", async () => {
    const found = await broken(
      () => Effect.andThen(patched({ metadata: { finalizers: ["example.com/hold"] } }), done),
      {
        users: () =>
          Effect.flatMap(Client, (client) =>
            createsOne
              .users({ below: () => 0, of: ([first]) => first, strikes: () => false })
              .pipe(Effect.andThen(Effect.sleep("1 second")), Effect.andThen(client.delete(ConfigMap, key))),
          ),
      },
    )
    expect(found).toEqual([
      "deletion ends: ConfigMap default/a is being deleted, and stays: example.com/hold holds it",
    ])
  })

  it("what is waived is not looked for", async () => {
    expect(await broken(() => Effect.die("on purpose"), { waive: ["no defect", "converges"] })).toEqual([])
  })
})
