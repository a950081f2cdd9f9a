/** Whoever remembers only that it is done does not see that something else is wanted now. */
import { Effect } from "effect"
import { Result } from "../../../reconciler/index.ts"
import { knownBug } from "../known-bug.ts"
import { Cloud, cloudActions, cloudLayer, oneDiskEach, volumeDefinition, volumeUsers } from "../volume.ts"
import { ensureDisk, type ReconcileVolume, say, volumeProgram, withDisk } from "../volume-program.ts"

const once: ReconcileVolume<Cloud> = (volume) =>
  Effect.gen(function* () {
    if (volume.status?.diskID !== undefined) return Result.Done()
    const diskID = yield* ensureDisk(volume)
    yield* say(volume, {
      diskID,
      size: volume.spec.size,
      observedGeneration: volume.metadata.generation ?? 0,
    })
    return Result.Done()
  })

const eachGeneration: ReconcileVolume<Cloud> = (volume) =>
  Effect.gen(function* () {
    const generation = volume.metadata.generation ?? 0
    if (volume.status?.observedGeneration === generation) return Result.Done()
    const cloud = yield* Cloud
    const diskID = yield* ensureDisk(volume)
    yield* cloud.resize(diskID, volume.spec.size)
    yield* say(volume, { diskID, size: volume.spec.size, observedGeneration: generation })
    return Result.Done()
  })

export const bug = knownBug<Cloud>({
  name: "never observes the generation",
  class: "no level",
  story:
    "Once the disk is there the Volume is taken for done. A size that the user changes later is never looked at, and the status goes on saying that all is well.",
  wrong: [volumeProgram("volumes", withDisk(once))],
  right: [volumeProgram("volumes", withDisk(eachGeneration))],
  breaks: "generation observed",
  scenario: {
    name: "volumes",
    definitions: [volumeDefinition],
    environment: cloudLayer,
    actions: cloudActions,
    users: volumeUsers,
    invariants: [oneDiskEach],
  },
})
