/** The collector over random graphs of owners, cycles included, with deletions of every kind while it works. */
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, type Scope } from "effect"
import { Client } from "../../client/index.ts"
import { ConfigMap, type OwnerReference } from "../../schemas/index.ts"
import { seeded } from "../../simulation/index.ts"
import { makeMachineWorld, startProcess } from "../../test/kit/machine-world.ts"
import { pass, settle } from "../../test/kit/settle.ts"
import { runGarbageCollector } from "./index.ts"

const OBJECTS = 12
const policies = ["Background", "Foreground", "Orphan"] as const
type Policy = (typeof policies)[number]

/** Who names whom as an owner, and who is deleted how. */
interface Scenario {
  readonly owners: ReadonlyArray<ReadonlyArray<number>>
  readonly isBlocking: (dependent: number, owner: number) => boolean
  readonly deleted: ReadonlyMap<number, Policy>
  /** Where the collector is killed, and another takes over. */
  readonly killedAfter: number
}

const scenarioOf = (seed: number): Scenario => {
  const random = seeded(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  const owners = Array.from({ length: OBJECTS }, () => [
    ...new Set(Array.from({ length: below(3) }, () => below(OBJECTS))),
  ])
  const deleted = new Map(
    Array.from({ length: 1 + below(4) }, () => [below(OBJECTS), policies[below(3)] ?? "Background"] as const),
  )
  return { owners, isBlocking: (a, b) => (a * 7 + b * 3 + seed) % 2 === 0, deleted, killedAfter: below(5) }
}

/** What must survive when nothing of an owner that goes is kept, or when those that orphan keep all. */
const survivors = ({ owners, deleted }: Scenario, isOrphaningLoss: boolean): ReadonlySet<number> => {
  const alive = new Set(owners.keys().filter((object) => !deleted.has(object)))
  const isLost = (owner: number) => !alive.has(owner) && (isOrphaningLoss || deleted.get(owner) !== "Orphan")
  for (let before = -1; before !== alive.size; ) {
    before = alive.size
    for (const object of [...alive]) {
      const named = owners[object] ?? []
      if (named.length > 0 && named.every(isLost)) alive.delete(object)
    }
  }
  return alive
}

const nameOf = (object: number): string => `object-${object}`
const numbersOf = (names: ReadonlyArray<string>): ReadonlySet<number> =>
  new Set(names.map((name) => Number(name.slice("object-".length))))

const live = Effect.fnUntraced(function* (seed: number): Effect.fn.Return<void, unknown, Scope.Scope> {
  const scenario = scenarioOf(seed)
  const { context } = yield* makeMachineWorld
  const client = Context.get(context, Client)
  const uids: string[] = []
  for (const object of scenario.owners.keys()) {
    const made = yield* client.create(ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "default", name: nameOf(object) },
    })
    uids.push(made.metadata.uid ?? "")
  }
  for (const [object, owners] of scenario.owners.entries()) {
    const ownerReferences = owners.map(
      (owner): OwnerReference & { readonly [field: string]: string | boolean } => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        name: nameOf(owner),
        uid: uids[owner] ?? "",
        blockOwnerDeletion: scenario.isBlocking(object, owner),
      }),
    )
    const patch = { type: "merge", value: { metadata: { ownerReferences } } } as const
    yield* client.patch(ConfigMap, { namespace: "default", name: nameOf(object) }, { patch })
  }
  let collector = yield* startProcess(context, runGarbageCollector)
  let deletions = 0
  for (const [object, propagationPolicy] of scenario.deleted) {
    yield* Effect.ignore(
      client.delete(ConfigMap, { namespace: "default", name: nameOf(object) }, { propagationPolicy }),
    )
    if (deletions === scenario.killedAfter) {
      yield* collector.stop
      collector = yield* startProcess(context, runGarbageCollector)
    }
    if (deletions++ % 2 === 0) yield* settle
  }
  yield* pass(60)
  const { items } = yield* client.list(ConfigMap, { namespace: "default" })
  const left = numbersOf(items.map(({ metadata }) => metadata.name))
  const leftUids = new Set(items.map(({ metadata }) => metadata.uid))
  const told = { seed, left: [...left] }
  expect({
    ...told,
    deleting: items.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).length,
  }).toEqual({
    ...told,
    deleting: 0,
  })
  const dangling = items
    .flatMap(({ metadata }) => metadata.ownerReferences ?? [])
    .filter(({ uid }) => !leftUids.has(uid))
  expect({ ...told, dangling }).toEqual({ ...told, dangling: [] })
  expect({ ...told, missing: [...survivors(scenario, true).difference(left)] }).toEqual({
    ...told,
    missing: [],
  })
  expect({ ...told, extra: [...left.difference(survivors(scenario, false))] }).toEqual({ ...told, extra: [] })
})

describe("whatever is deleted", () => {
  it.effect.each(Array.from({ length: 10 }, (_, index) => index + 1))(
    "goes with what it alone owned, and nothing else goes (seed %i)",
    (seed) => Effect.scoped(live(seed)),
    20_000,
  )
})
