/** A condition says how it is, not how the work on it goes. */
import { Clock, Duration, Effect } from "effect"
import { generationChanged, Result, reconciling, rfc3339, setCondition } from "../../../reconciler/index.ts"
import { knownBug } from "../known-bug.ts"
import {
  type Cloud,
  cloudActions,
  cloudLayer,
  oneDiskEach,
  Volume,
  volumeDefinition,
  volumeUsers,
} from "../volume.ts"
import { ensureDisk, type ReconcileVolume, say, volumeProgram, withDisk } from "../volume-program.ts"

const sayReady = (volume: Volume, status: "True" | "False", reason: string) =>
  Effect.gen(function* () {
    const now = rfc3339(yield* Clock.currentTimeMillis)
    const state = { type: "Ready", status, reason, message: "" }
    return yield* say(volume, { conditions: setCondition(volume.status?.conditions, state, now) })
  })

const again = Result.RequeueAfter({ delay: Duration.seconds(20) })

const withProgress: ReconcileVolume<Cloud> = (volume) =>
  Effect.gen(function* () {
    const begun = yield* sayReady(volume, "False", "Checking")
    const diskID = yield* ensureDisk(volume)
    const told = yield* say(begun, { diskID })
    yield* sayReady(told, "True", "DiskFound")
    return again
  })

const outcomeOnly: ReconcileVolume<Cloud> = (volume) =>
  Effect.gen(function* () {
    const diskID = yield* ensureDisk(volume)
    const told = yield* say(volume, { diskID })
    yield* sayReady(told, "True", "DiskFound")
    return again
  })

const program = (converge: ReconcileVolume<Cloud>) =>
  volumeProgram("volumes", withDisk(converge), {
    for: reconciling(Volume, { predicate: generationChanged }),
  })

export const bug = knownBug<Cloud>({
  name: "flaps a condition",
  class: "flapping",
  story:
    "Says Ready=False while it looks at the disk, and Ready=True when it has seen it: each look, every twenty seconds, wakes whoever waits for the Volume, for nothing.",
  wrong: [program(withProgress)],
  right: [program(outcomeOnly)],
  breaks: "no flapping",
  scenario: {
    name: "volumes",
    definitions: [volumeDefinition],
    environment: cloudLayer,
    actions: cloudActions,
    users: volumeUsers,
    invariants: [oneDiskEach],
  },
})
