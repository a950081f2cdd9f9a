/** What a controller writes at each look wakes it for the next one. */
import { Clock, Effect } from "effect"
import { microTime, Result } from "../../../reconciler/index.ts"
import { knownBug } from "../known-bug.ts"
import {
  type Cloud,
  cloudActions,
  cloudLayer,
  oneDiskEach,
  volumeDefinition,
  volumeUsers,
} from "../volume.ts"
import { ensureDisk, type ReconcileVolume, say, volumeProgram, withDisk } from "../volume-program.ts"

const telling =
  (isNews: (diskID: string | undefined, found: string) => boolean): ReconcileVolume<Cloud> =>
  (volume) =>
    Effect.gen(function* () {
      const diskID = yield* ensureDisk(volume)
      if (!isNews(volume.status?.diskID, diskID)) return Result.Done()
      const checkedAt = microTime(yield* Clock.currentTimeMillis)
      yield* say(volume, { diskID, checkedAt })
      return Result.Done()
    })

export const bug = knownBug<Cloud>({
  name: "wakes itself for ever",
  class: "hot loop",
  story:
    "Notes in the status when it has last looked. That is a change of the Volume, which has it look again, and note it: as fast as the server answers.",
  wrong: [volumeProgram("volumes", withDisk(telling(() => true)))],
  right: [volumeProgram("volumes", withDisk(telling((told, found) => told !== found)))],
  breaks: "converges",
  scenario: {
    name: "volumes",
    definitions: [volumeDefinition],
    environment: cloudLayer,
    actions: cloudActions,
    users: volumeUsers,
    invariants: [oneDiskEach],
  },
})
