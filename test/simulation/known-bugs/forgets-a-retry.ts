/** An error that is swallowed is a key that is forgotten: nobody brings it back. */
import { Effect } from "effect"
import { isReason } from "../../../client/index.ts"
import { Result } from "../../../reconciler/index.ts"
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

const converge: ReconcileVolume<Cloud> = (volume) =>
  Effect.gen(function* () {
    yield* say(volume, { diskID: yield* ensureDisk(volume) })
    return Result.Done()
  })

/** Retries for themselves would only make it worse. */
const withoutPressing =
  (reconcile: ReconcileVolume<Cloud>): ReconcileVolume<Cloud> =>
  (volume) =>
    reconcile(volume).pipe(
      Effect.catchIf(isReason("TooManyRequests"), () =>
        Effect.as(Effect.logInfo("the server is busy"), Result.Done()),
      ),
    )

export const bug = knownBug<Cloud>({
  name: "forgets a retry after a 429",
  class: "no level",
  story:
    "Spares a busy server: a 429 is logged and taken for an end. The queue forgets the key, and until the Volume changes again nothing is done for it.",
  wrong: [volumeProgram("volumes", withoutPressing(withDisk(converge)))],
  right: [volumeProgram("volumes", withDisk(converge))],
  scenario: {
    name: "volumes",
    definitions: [volumeDefinition],
    environment: cloudLayer,
    actions: cloudActions,
    users: volumeUsers,
    invariants: [oneDiskEach],
  },
})
