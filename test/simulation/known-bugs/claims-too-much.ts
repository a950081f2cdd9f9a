/** The generation that a status speaks of is the one that was acted upon, not the one that is there by now. */
import { Context, Effect } from "effect"
import { Client } from "../../../client/index.ts"
import { keyOf, Result } from "../../../reconciler/index.ts"
import type { Invariant } from "../../../simulation/index.ts"
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
import { ensureDisk, type ReconcileVolume, say, volumeProgram, withDisk } from "../volume-program.ts"

const ensureSize = (volume: Volume) =>
  Effect.gen(function* () {
    const cloud = yield* Cloud
    const diskID = yield* ensureDisk(volume)
    yield* cloud.resize(diskID, volume.spec.size)
    return { diskID, size: volume.spec.size }
  })

/** Reads the Volume once more before it writes, so that the write is not refused. */
const ofTheLatest: ReconcileVolume<Cloud> = (volume) =>
  Effect.gen(function* () {
    if (volume.status?.observedGeneration === volume.metadata.generation) return Result.Done()
    const fitted = yield* ensureSize(volume)
    const client = yield* Client
    const latest = yield* client.get(Volume, keyOf(volume))
    yield* say(latest, { ...fitted, observedGeneration: latest.metadata.generation ?? 0 })
    return Result.Done()
  })

const ofTheOneSeen: ReconcileVolume<Cloud> = (volume) =>
  Effect.gen(function* () {
    const generation = volume.metadata.generation ?? 0
    if (volume.status?.observedGeneration === generation) return Result.Done()
    yield* say(volume, { ...(yield* ensureSize(volume)), observedGeneration: generation })
    return Result.Done()
  })

const meansIt: Invariant<Cloud> = {
  name: "a Volume that says it is up to date has a disk of the size that it asks for",
  always: ({ list, environment }) => {
    const { disks } = Context.get(environment, Cloud)
    const wrong = list(Volume).find(({ metadata, spec, status }) => {
      const saysSo =
        metadata.deletionTimestamp === undefined && status?.observedGeneration === metadata.generation
      return saysSo && disks.get(status?.diskID ?? "")?.size !== spec.size
    })
    if (wrong === undefined) return undefined
    const disk = disks.get(wrong.status?.diskID ?? "")
    return `${wrong.metadata.name} asks for ${wrong.spec.size} and has ${disk?.size ?? "none"}`
  },
}

export const bug = knownBug<Cloud>({
  name: "claims what it has not done",
  class: "stale state",
  story:
    "Reads the object anew to avoid a conflict, and writes the generation of that one into the status. It has acted on the one before: the change in between counts as seen, and is never made.",
  wrong: [volumeProgram("volumes", withDisk(ofTheLatest))],
  right: [volumeProgram("volumes", withDisk(ofTheOneSeen))],
  breaks: meansIt.name,
  scenario: {
    name: "volumes",
    definitions: [volumeDefinition],
    environment: cloudLayer,
    actions: cloudActions,
    users: volumeUsers,
    invariants: [oneDiskEach, meansIt],
  },
})
