/** A deletion is an event that is heard by those who listen: whoever is down at that moment never learns of it. */
import { Effect } from "effect"
import { Client } from "../../../client/index.ts"
import {
  Controller,
  finalized,
  Informers,
  keyString,
  Manager,
  type Request,
  Result,
} from "../../../reconciler/index.ts"
import type { Program } from "../../../simulation/index.ts"
import { knownBug } from "../known-bug.ts"
import {
  Cloud,
  cloudActions,
  cloudLayer,
  oneDiskEach,
  Volume,
  volumeDefinition,
  volumeUsers,
} from "../volume.ts"

const tagOf = (request: Request, volume: Volume | undefined): string =>
  volume === undefined ? keyString(request) : (volume.metadata.uid ?? "")

const ensureDisk = (volume: Volume, tag: string) =>
  Effect.gen(function* () {
    const cloud = yield* Cloud
    const client = yield* Client
    const [found] = yield* cloud.tagged(tag)
    const diskID = found?.id ?? (yield* cloud.create(tag, volume.spec.size))
    if (volume.status?.diskID !== diskID) {
      yield* client.updateStatus(Volume, { ...volume, status: { ...volume.status, diskID } })
    }
    return Result.Done()
  })

const deleteDisks = (tag: string) =>
  Effect.gen(function* () {
    const cloud = yield* Cloud
    for (const { id } of yield* cloud.tagged(tag)) yield* cloud.delete(id)
    return Result.Done()
  })

type ReconcileVolume = (
  request: Request,
  volume: Volume | undefined,
) => Effect.Effect<Result, unknown, Client | Cloud>

const onDeletion: ReconcileVolume = (request, volume) => {
  const tag = keyString(request)
  return volume === undefined ? deleteDisks(tag) : ensureDisk(volume, tag)
}

const byFinalizer: ReconcileVolume = (request, volume) => {
  if (volume === undefined) return Effect.succeed(Result.Done())
  const finalizer = "sim.miren.dev/disk"
  const converge = (found: Volume) => ensureDisk(found, tagOf(request, found))
  return finalized(
    { kind: Volume, finalizer, converge, release: (found) => deleteDisks(tagOf(request, found)) },
    volume,
  )
}

const program = (reconcileVolume: ReconcileVolume): Program<Cloud> => ({
  name: "volumes",
  run: Effect.gen(function* () {
    const informers = yield* Informers
    const { lister } = yield* informers.get(Volume)
    const reconcile = (request: Request) => reconcileVolume(request, lister.get(request))
    yield* Manager.start({ controllers: [Controller.make({ name: "volumes", for: Volume, reconcile })] })
  }),
})

export const bug = knownBug<Cloud>({
  name: "loses a delete",
  class: "unobserved state",
  story:
    "Deletes the disk when the Volume is seen to be gone, without a finalizer. Down at that moment, it never sees it, and the disk stays.",
  wrong: [program(onDeletion)],
  right: [program(byFinalizer)],
  scenario: {
    name: "volumes",
    definitions: [volumeDefinition],
    environment: cloudLayer,
    actions: cloudActions,
    users: volumeUsers,
    invariants: [oneDiskEach],
  },
})
