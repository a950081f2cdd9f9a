/** Cleaning up must not need what is cleaned up as well. */
import { Effect } from "effect"
import { Client } from "../../../client/index.ts"
import { Informers, ownerReference, Result } from "../../../reconciler/index.ts"
import { ConfigMap } from "../../../schemas/index.ts"
import type { Chance } from "../../../simulation/index.ts"
import { knownBug } from "../known-bug.ts"
import {
  type Cloud,
  cloudActions,
  cloudLayer,
  namespace,
  oneDiskEach,
  Volume,
  volume,
  volumeDefinition,
} from "../volume.ts"
import {
  ensureDisk,
  type ReconcileVolume,
  releaseDisk,
  say,
  volumeProgram,
  withDisk,
} from "../volume-program.ts"

const converge: ReconcileVolume<Cloud> = (found) =>
  Effect.gen(function* () {
    yield* say(found, { diskID: yield* ensureDisk(found) })
    return Result.Done()
  })

const pool = { namespace, name: "pool" }

/** What becomes of its disks the pool says. */
const reclaimPolicy = Effect.scoped(
  Effect.gen(function* () {
    const informers = yield* Informers
    const { lister, synced } = yield* informers.get(ConfigMap)
    yield* synced
    return lister.get(pool)?.data?.reclaim
  }),
)

const whenThePoolSaysSo: ReconcileVolume<Cloud> = (found) =>
  Effect.gen(function* () {
    if ((yield* reclaimPolicy) !== "Delete") return Result.Done()
    return yield* releaseDisk(found)
  })

const unlessThePoolSaysNo: ReconcileVolume<Cloud> = (found) =>
  Effect.gen(function* () {
    if ((yield* reclaimPolicy) === "Retain") return Result.Done()
    return yield* releaseDisk(found)
  })

/** Pools come and go with all their Volumes. */
const users = Effect.fnUntraced(function* (chance: Chance) {
  const client = yield* Client
  const createPool = () =>
    client.create(ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...pool },
      data: { reclaim: "Delete" },
    })
  const createVolume = () =>
    Effect.gen(function* () {
      const owner = ownerReference(ConfigMap, yield* client.get(ConfigMap, pool))
      const made = volume(chance.of(["a", "b", "c"]))
      yield* client.create(Volume, { ...made, metadata: { ...made.metadata, ownerReferences: [owner] } })
    })
  const acts = [
    createPool,
    createVolume,
    createVolume,
    createVolume,
    () => client.delete(Volume, { namespace, name: chance.of(["a", "b", "c"]) }),
    () => client.delete(ConfigMap, pool),
  ] as const
  for (let step = 0; step < 12; step++) {
    yield* Effect.ignore(chance.of<() => Effect.Effect<unknown, unknown>>(acts)())
    yield* Effect.sleep(chance.of([10, 500, 5_000]))
  }
})

export const bug = knownBug<Cloud>({
  name: "skips the cleanup when the owner is gone",
  class: "unobserved state",
  story:
    "Asks the pool that owns the Volume whether its disk is to be deleted. The pool is deleted first, its Volumes follow, nobody says Delete any more, and the disks stay.",
  wrong: [volumeProgram("volumes", withDisk(converge, whenThePoolSaysSo))],
  right: [volumeProgram("volumes", withDisk(converge, unlessThePoolSaysNo))],
  breaks: oneDiskEach.name,
  scenario: {
    name: "pools",
    definitions: [volumeDefinition],
    environment: cloudLayer,
    actions: cloudActions,
    users,
    invariants: [oneDiskEach],
  },
})
