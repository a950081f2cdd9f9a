/** The oldest of them: something is made outside, and where it was is written down only afterwards. */
import { Effect } from "effect"
import { Client } from "../../../client/index.ts"
import { Controller, finalized, Informers, Manager, type Request, Result } from "../../../reconciler/index.ts"
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

type FindDisk = (volume: Volume) => Effect.Effect<string, never, Cloud>

const createAnew: FindDisk = ({ metadata, spec }) =>
  Effect.flatMap(Cloud, (cloud) => cloud.create(metadata.uid ?? "", spec.size))

/** Asks first whether an earlier life has made one: it is tagged with the uid. */
const adoptOrCreate: FindDisk = (volume) =>
  Effect.gen(function* () {
    const cloud = yield* Cloud
    const [found] = yield* cloud.tagged(volume.metadata.uid ?? "")
    return found?.id ?? (yield* createAnew(volume))
  })

const converge = (volume: Volume, findDisk: FindDisk) =>
  Effect.gen(function* () {
    if (volume.status?.diskID !== undefined) return Result.Done()
    const diskID = yield* findDisk(volume)
    const client = yield* Client
    yield* client.updateStatus(Volume, { ...volume, status: { diskID, size: volume.spec.size } })
    return Result.Done()
  })

/** Whatever is tagged with the uid; where it was made anew, what the status says. */
const release = ({ metadata, status }: Volume) =>
  Effect.gen(function* () {
    const cloud = yield* Cloud
    const tagged = yield* cloud.tagged(metadata.uid ?? "")
    const ids = new Set([
      ...tagged.map(({ id }) => id),
      ...(status?.diskID === undefined ? [] : [status.diskID]),
    ])
    for (const id of ids) yield* cloud.delete(id)
    return Result.Done()
  })

const program = (findDisk: FindDisk): Program<Cloud> => ({
  name: "volumes",
  run: Effect.gen(function* () {
    const informers = yield* Informers
    const { lister } = yield* informers.get(Volume)
    const reconcile = (request: Request) => {
      const volume = lister.get(request)
      if (volume === undefined) return Effect.succeed(Result.Done())
      const finalizer = "sim.miren.dev/disk"
      return finalized(
        { kind: Volume, finalizer, converge: (found) => converge(found, findDisk), release },
        volume,
      )
    }
    yield* Manager.start({ controllers: [Controller.make({ name: "volumes", for: Volume, reconcile })] })
  }),
})

export const bug = knownBug<Cloud>({
  name: "creates twice after a crash",
  class: "intermediate state",
  story:
    "Makes a disk and then writes its id into the status. Killed in between, or with the write refused, it makes another, and nobody knows of the first.",
  wrong: [program(createAnew)],
  right: [program(adoptOrCreate)],
  scenario: {
    name: "volumes",
    definitions: [volumeDefinition],
    environment: cloudLayer,
    actions: cloudActions,
    users: volumeUsers,
    invariants: [oneDiskEach],
  },
})
