/** A lease is held only as long as it is renewed, and clocks do not agree. */
import { Clock, Effect, Random } from "effect"
import { Client, isReason } from "../../../client/index.ts"
import { Manager, microTime, Result } from "../../../reconciler/index.ts"
import { Lease } from "../../../schemas/index.ts"
import type { Program } from "../../../simulation/index.ts"
import { knownBug } from "../known-bug.ts"
import {
  type Cloud,
  cloudActions,
  cloudLayer,
  namespace,
  oneDiskEach,
  volumeDefinition,
  volumeUsersResting,
} from "../volume.ts"
import { ensureDisk, type ReconcileVolume, say, volumeController, withDisk } from "../volume-program.ts"

const converge: ReconcileVolume<Cloud> = (volume) =>
  Effect.gen(function* () {
    yield* say(volume, { diskID: yield* ensureDisk(volume) })
    return Result.Done()
  })

const controller = volumeController("volumes", withDisk(converge))
const key = { namespace, name: "volumes" }
const seconds = 15

/** True when the lease is ours: it was nobody's, or its holder has not renewed it. */
const take = (holderIdentity: string) =>
  Effect.gen(function* () {
    const client = yield* Client
    const nowMs = yield* Clock.currentTimeMillis
    const spec = { holderIdentity, leaseDurationSeconds: seconds, renewTime: microTime(nowMs) }
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { ...key }, spec } as const
    const found = yield* client
      .get(Lease, key)
      .pipe(Effect.catchIf(isReason("NotFound"), () => client.create(Lease, lease)))
    if (found.spec?.holderIdentity === holderIdentity) return true
    if (nowMs - Date.parse(found.spec?.renewTime ?? "") < seconds * 1000) return false
    yield* client.update(Lease, { ...found, spec })
    return true
  })

const renew = (holderIdentity: string) =>
  Effect.gen(function* () {
    const client = yield* Client
    const value = { spec: { holderIdentity, renewTime: microTime(yield* Clock.currentTimeMillis) } }
    yield* client.patch(Lease, key, { patch: { type: "merge", value } })
  })

/** Waits to be the leader, and is it from then on. */
const forLife: Program<Cloud> = {
  name: "volumes",
  replicas: 2,
  run: Effect.gen(function* () {
    const identity = String(yield* Random.nextIntBetween(0, 1_000_000_000))
    const isLeader = Effect.orElseSucceed(take(identity), () => false)
    while (!(yield* isLeader)) yield* Effect.sleep("2 seconds")
    yield* Effect.forkScoped(Effect.forever(Effect.delay(Effect.ignore(renew(identity)), "10 seconds")))
    yield* Manager.start({ controllers: [yield* controller] })
  }),
}

const asLongAsRenewed: Program<Cloud> = {
  name: "volumes",
  replicas: 2,
  run: Effect.flatMap(controller, (each) =>
    Manager.start({ controllers: [each], leaderElection: { ...key } }),
  ),
}

export const bug = knownBug<Cloud>({
  name: "has two leaders",
  class: "two leaders",
  story:
    "Takes a lease whose time is over by its own clock, and once leader it never asks again. With clocks that differ, or renewals that fail, both replicas lead, and both make the disk.",
  wrong: [forLife],
  right: [asLongAsRenewed],
  breaks: oneDiskEach.name,
  scenario: {
    name: "volumes",
    definitions: [volumeDefinition],
    environment: cloudLayer,
    actions: cloudActions,
    users: volumeUsersResting(10, 5_000, 20_000),
    faults: { clockSkew: 1 },
    invariants: [oneDiskEach],
  },
})
