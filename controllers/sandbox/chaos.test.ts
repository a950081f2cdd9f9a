/** A runner through random trouble: users who change their minds, a runtime that fails, and kills at any time. */
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, type Scope } from "effect"
import { Client } from "../../client/index.ts"
import type { FakeOperation, RuntimeErrorReason, ScriptedFailure } from "../../runtime-shim/index.ts"
import { Sandbox } from "../../schemas/index.ts"
import { seeded } from "../../simulation/index.ts"
import { type MachineWorld, makeMachineWorld, startProcess } from "../../test/kit/machine-world.ts"
import { pass } from "../../test/kit/settle.ts"
import { runSandboxes } from "./index.ts"

const names = ["a", "b", "c"] as const
const operations: ReadonlyArray<FakeOperation> = [
  "ensureImage",
  "create",
  "start",
  "stop",
  "remove",
  "status",
  "list",
]
const reasons: ReadonlyArray<RuntimeErrorReason> = [
  "ImagePullFailed",
  "NetworkFailed",
  "StartFailed",
  "Unavailable",
  "DeadlineExceeded",
  "Unknown",
]

interface Chance {
  readonly below: (limit: number) => number
  readonly of: <A>(choices: ReadonlyArray<A>) => A
}

const chanceOf = (seed: number): Chance => {
  const random = seeded(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  return {
    below,
    of: (choices) => {
      const chosen = choices[below(choices.length)]
      if (chosen === undefined) throw new Error("nothing to choose from")
      return chosen
    },
  }
}

const sandbox = (name: string, argument: string): Sandbox => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { namespace: "default", name },
  spec: { nodeName: "n1", containers: [{ name: "main", image: "busybox", command: ["serve", argument] }] },
})

/** What a user may do at any time; an answer that says no is an answer. */
const act = (client: Client["Service"], chance: Chance) => {
  const name = chance.of(names)
  const key = { namespace: "default", name }
  const argument = String(chance.below(4))
  const choice = chance.below(3)
  const value = { spec: { containers: [{ name: "main", image: "busybox", command: ["serve", argument] }] } }
  const action: Effect.Effect<unknown, unknown> =
    choice === 0
      ? client.create(Sandbox, sandbox(name, argument))
      : choice === 1
        ? client.patch(Sandbox, key, { patch: { type: "merge", value } })
        : client.delete(Sandbox, key)
  return Effect.ignore(action)
}

const trouble = (chance: Chance): ScriptedFailure => ({
  operation: chance.of(operations),
  reason: chance.of(reasons),
  times: 1 + chance.below(3),
  leavesPartial: chance.below(2) === 0,
  takesEffect: chance.below(4) === 0,
})

const endOne = ({ machine }: MachineWorld, chance: Chance): Effect.Effect<void> =>
  machine.sandboxes.size === 0
    ? Effect.void
    : machine.exit(chance.of([...machine.sandboxes.keys()]), {
        exitCode: chance.below(2),
        oomKilled: chance.below(5) === 0,
      })

const STEPS = 40

const live = Effect.fnUntraced(function* (seed: number): Effect.fn.Return<void, unknown, Scope.Scope> {
  const chance = chanceOf(seed)
  const world = yield* makeMachineWorld
  const client = Context.get(world.context, Client)
  const start = startProcess(world.context, runSandboxes({ nodeName: "n1", grace: 0 }))
  let runner = yield* start
  for (let step = 0; step < STEPS; step++) {
    const choice = chance.below(10)
    if (choice < 4) yield* act(client, chance)
    else if (choice < 6) yield* endOne(world, chance)
    else if (choice < 8) world.machine.fail(trouble(chance))
    else if (choice < 9) {
      yield* runner.stop
      world.machine.heal()
      runner = yield* start
    }
    if (chance.below(2) === 0) yield* pass(chance.below(15), 1000)
  }
  world.machine.heal()
  yield* pass(700, 2000)
  yield* expectAtRest(world, `seed ${seed}`)
  for (const name of names) yield* Effect.ignore(client.delete(Sandbox, { namespace: "default", name }))
  yield* pass(60, 1000)
  expect({ seed, left: world.machine.sandboxes.size }).toEqual({ seed, left: 0 })
})

/** Each object runs what it says, once; nothing else runs. */
const expectAtRest = Effect.fnUntraced(function* ({ machine, context }: MachineWorld, seed: string) {
  const { items } = yield* Context.get(context, Client).list(Sandbox)
  const wanted = items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    id: status?.runtime?.sandboxID,
    command: spec.containers[0]?.command,
    ready: status?.conditions?.find(({ type }) => type === "Ready")?.reason,
    isTold: status?.observedGeneration === metadata.generation,
  }))
  const found = [...machine.sandboxes.values()].map(({ spec }) => ({
    name: spec.hostname,
    id: spec.id,
    command: spec.containers[0].command,
    ready: "Running",
    isTold: true,
  }))
  const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1)
  expect({ seed, sandboxes: wanted.toSorted(byName) }).toEqual({ seed, sandboxes: found.toSorted(byName) })
})

describe("after any trouble", () => {
  it.effect.each(Array.from({ length: 8 }, (_, index) => index + 1))(
    "each sandbox runs once, and nothing else does (seed %i)",
    (seed) => Effect.scoped(live(seed)),
    20_000,
  )
})
