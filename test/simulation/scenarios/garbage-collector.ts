/** The collector over random graphs of owners, cycles included, with deletions of every kind while it works. */
import { Context, Effect, Layer } from "effect"
import { Client } from "../../../client/index.ts"
import { runGarbageCollector } from "../../../controllers/index.ts"
import { ConfigMap, type OwnerReference } from "../../../schemas/index.ts"
import type { Chance, Invariant, Program, Scenario } from "../../../simulation/index.ts"
import { simulation } from "../simulation.ts"

const OBJECTS = 10
const namespace = "default"
const policies = ["Background", "Foreground", "Orphan"] as const
type Policy = (typeof policies)[number]

/** What the users of a run have done: what should be left follows from it. */
interface Deeds {
  owners: ReadonlyArray<ReadonlyArray<number>>
  /** Each object that was deleted, and how it was told to go: once, or several times while it was going. */
  readonly deleted: Map<number, ReadonlyArray<Policy>>
}

class History extends Context.Service<History, Deeds>()("test/simulation/History") {}

const history = Layer.effect(
  History,
  Effect.sync((): Deeds => ({ owners: [], deleted: new Map() })),
)

const nameOf = (object: number): string => `object-${object}`
const numberOf = (name: string): number => Number(name.slice("object-".length))

const createAll = Effect.fnUntraced(function* (chance: Chance, owners: Deeds["owners"]) {
  const client = yield* Client
  const uids: Array<string> = []
  for (const object of owners.keys()) {
    const metadata = { namespace, name: nameOf(object) }
    const made = yield* client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata })
    uids.push(made.metadata.uid ?? "")
  }
  for (const [object, named] of owners.entries()) {
    const ownerReferences = named.map(
      (owner): OwnerReference & { readonly [field: string]: string | boolean } => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        name: nameOf(owner),
        uid: uids[owner] ?? "",
        blockOwnerDeletion: chance.strikes(0.5),
      }),
    )
    const patch = { type: "merge", value: { metadata: { ownerReferences } } } as const
    yield* client.patch(ConfigMap, { namespace, name: nameOf(object) }, { patch })
  }
})

const users = Effect.fnUntraced(function* (chance: Chance) {
  const client = yield* Client
  const deeds = yield* History
  deeds.owners = Array.from({ length: OBJECTS }, () => [
    ...new Set(Array.from({ length: chance.below(3) }, () => chance.below(OBJECTS))),
  ])
  yield* createAll(chance, deeds.owners)
  yield* Effect.sleep(chance.of([1, 1_000, 30_000]))
  for (let deletion = 0; deletion < 4; deletion++) {
    const object = chance.below(OBJECTS)
    const propagationPolicy = chance.of(policies)
    const key = { namespace, name: nameOf(object) }
    // What is being deleted already takes another policy as well, as long as the collector has not acted on the former.
    const deleted = yield* Effect.option(client.delete(ConfigMap, key, { propagationPolicy }))
    if (deleted._tag === "Some") {
      deeds.deleted.set(object, [...(deeds.deleted.get(object) ?? []), propagationPolicy])
    }
    yield* Effect.sleep(chance.of([1, 100, 5_000, 20_000]))
  }
})

/** What survives when nothing of an owner that goes is kept, or when those that orphan keep all. */
const survivors = ({ owners, deleted }: Deeds, isOrphaningLoss: boolean): ReadonlySet<number> => {
  const alive = new Set(owners.keys().filter((object) => !deleted.has(object)))
  const isLost = (owner: number) =>
    !alive.has(owner) && (isOrphaningLoss || deleted.get(owner)?.includes("Orphan") !== true)
  for (let before = -1; before !== alive.size; ) {
    before = alive.size
    for (const object of [...alive]) {
      const named = owners[object] ?? []
      if (named.length > 0 && named.every(isLost)) alive.delete(object)
    }
  }
  return alive
}

const rightOnesLeft: Invariant<History> = {
  name: "what is deleted goes with what it alone owned, and nothing else goes",
  eventually: ({ list, environment }) => {
    const deeds = Context.get(environment, History)
    const objects = list(ConfigMap).filter(({ metadata }) => metadata.name.startsWith("object-"))
    const left = new Set(objects.map(({ metadata }) => numberOf(metadata.name)))
    const uids = new Set(objects.map(({ metadata }) => metadata.uid))
    const dangling = objects.find(({ metadata }) =>
      metadata.ownerReferences?.some(({ uid }) => !uids.has(uid)),
    )
    const missing = [...survivors(deeds, true).difference(left)]
    const extra = [...left.difference(survivors(deeds, false))]
    if (missing.length > 0) return `${missing.map(nameOf).join(", ")} should be there`
    if (extra.length > 0) return `${extra.map(nameOf).join(", ")} should be gone`
    return dangling === undefined ? undefined : `${dangling.metadata.name} names an owner that is gone`
  },
}

const programs: ReadonlyArray<Program<History>> = [{ name: "collector", run: runGarbageCollector }]

const scenario: Scenario<History> = {
  name: "garbage-collector",
  environment: history,
  users,
  invariants: [rightOnesLeft],
  platform: false,
}

export const main = simulation(programs, scenario)
