/** Two that each wait to be the last one wait for ever. */
import { Context, Duration, Effect } from "effect"
import { finalized, Result } from "../../../reconciler/index.ts"
import type { Invariant } from "../../../simulation/index.ts"
import { knownBug } from "../known-bug.ts"
import { Cloud, cloudActions, cloudLayer, Volume, volumeDefinition, volumeUsers } from "../volume.ts"
import {
  DISK_FINALIZER,
  ensureDisk,
  type ReconcileVolume,
  releaseDisk,
  releaseTagged,
  volumeProgram,
  withDisk,
} from "../volume-program.ts"

const BACKUP_FINALIZER = "sim.miren.dev/backup"

const soon = Result.RequeueAfter({ delay: Duration.seconds(5) })
const done = Result.Done()

/** Its tag in the cloud. */
const backupOf = ({ metadata }: Volume): string => `backup of ${metadata.uid}`

const ensureBackup = (volume: Volume) =>
  Effect.gen(function* () {
    const cloud = yield* Cloud
    const found = yield* cloud.tagged(backupOf(volume))
    if (found.length === 0) yield* cloud.create(backupOf(volume), volume.spec.size)
    return done
  })

const releaseBackup = (volume: Volume) => releaseTagged(backupOf(volume))

/** Others may need the Volume as it is, until they have let it go. */
const asTheLast =
  (release: ReconcileVolume<Cloud>): ReconcileVolume<Cloud> =>
  (volume) =>
    (volume.metadata.finalizers ?? []).length > 1 ? Effect.succeed(soon) : release(volume)

/** The one that it knows of: its backup is made of the disk. */
const afterBackup: ReconcileVolume<Cloud> = (volume) =>
  volume.metadata.finalizers?.includes(BACKUP_FINALIZER) === true ? Effect.succeed(soon) : releaseDisk(volume)

const disks = (release: ReconcileVolume<Cloud>) =>
  volumeProgram(
    "disks",
    withDisk((volume) => Effect.as(ensureDisk(volume), done), release),
  )

const backups = (release: ReconcileVolume<Cloud>) =>
  volumeProgram<Cloud>("backups", (volume) =>
    finalized({ kind: Volume, finalizer: BACKUP_FINALIZER, converge: ensureBackup, release }, volume),
  )

const diskAndBackup: Invariant<Cloud> = {
  name: "each Volume has a disk and a backup, and none is left over",
  eventually: ({ list, environment }) => {
    const wanted = list(Volume).flatMap((volume) => [volume.metadata.uid, backupOf(volume)])
    const held = [...Context.get(environment, Cloud).disks.values()].map(({ tag }) => tag)
    return wanted.sort().join() === held.sort().join()
      ? undefined
      : `Volumes ask for ${wanted.join(", ")}; the cloud holds ${held.join(", ")}`
  },
}

export const bug = knownBug<Cloud>({
  name: "deadlocks on two finalizers",
  class: "deadlock",
  story: `Releases only when no other finalizer is left, to be on the safe side. So does the other one, and a deleted Volume keeps ${DISK_FINALIZER} and ${BACKUP_FINALIZER} for ever.`,
  wrong: [disks(asTheLast(releaseDisk)), backups(asTheLast(releaseBackup))],
  right: [disks(afterBackup), backups(releaseBackup)],
  scenario: {
    name: "disks and backups",
    definitions: [volumeDefinition],
    environment: cloudLayer,
    actions: cloudActions,
    users: volumeUsers,
    invariants: [diskAndBackup],
  },
})
