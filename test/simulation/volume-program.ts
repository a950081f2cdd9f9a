/** What most known bugs are made of: a program with one controller of Volumes, and the right way to have a disk. */
import { Effect } from "effect"
import { Client } from "../../client/index.ts"
import {
  Controller,
  type ControllerOptions,
  finalized,
  Informers,
  Manager,
  type Request,
  Result,
} from "../../reconciler/index.ts"
import type { Program } from "../../simulation/index.ts"
import { Cloud, Volume } from "./volume.ts"

export type ReconcileVolume<Env = never> = (
  volume: Volume,
) => Effect.Effect<Result, unknown, Env | Client | Informers>

type Options = Partial<Pick<ControllerOptions<unknown, Client>, "for" | "owns" | "watches" | "concurrency">>

/** Reconciles each Volume that the cache shows. */
export const volumeController = <Env = never>(
  name: string,
  reconcileVolume: ReconcileVolume<Env>,
  options: Options = {},
) =>
  Effect.gen(function* () {
    const informers = yield* Informers
    const { lister } = yield* informers.get(Volume)
    const reconcile = (request: Request) => {
      const volume = lister.get(request)
      return volume === undefined ? Effect.succeed(Result.Done()) : reconcileVolume(volume)
    }
    return Controller.make({ name, for: Volume, reconcile, ...options })
  })

export const volumeProgram = <Env = never>(
  name: string,
  reconcileVolume: ReconcileVolume<Env>,
  options: Options = {},
): Program<Env> => ({
  name,
  run: Effect.flatMap(volumeController(name, reconcileVolume, options), (controller) =>
    Manager.start({ controllers: [controller] }),
  ),
})

/** The disk that is tagged with the Volume's uid; made where there is none. */
export const ensureDisk = ({ metadata: { uid = "" }, spec }: Volume): Effect.Effect<string, never, Cloud> =>
  Effect.gen(function* () {
    const cloud = yield* Cloud
    const [found] = yield* cloud.tagged(uid)
    return found?.id ?? (yield* cloud.create(uid, spec.size))
  })

/** Deletes whatever is tagged so. */
export const releaseTagged = (tag: string): Effect.Effect<Result, never, Cloud> =>
  Effect.gen(function* () {
    const cloud = yield* Cloud
    for (const { id } of yield* cloud.tagged(tag)) yield* cloud.delete(id)
    return Result.Done()
  })

export const releaseDisk = ({ metadata }: Volume) => releaseTagged(metadata.uid ?? "")

export const DISK_FINALIZER = "sim.miren.dev/disk"

/** Converges under a finalizer that lets the disk go. */
export const withDisk =
  <Env = never>(
    converge: ReconcileVolume<Env>,
    release: ReconcileVolume<Env> | typeof releaseDisk = releaseDisk,
  ): ReconcileVolume<Env | Cloud> =>
  (volume) =>
    finalized<Volume, unknown, Env | Cloud | Client | Informers>(
      { kind: Volume, finalizer: DISK_FINALIZER, converge, release },
      volume,
    )

/** The status with these parts said, under the version that was read; no write where they are said already. */
export const say = (volume: Volume, status: NonNullable<Volume["status"]>) =>
  Effect.gen(function* () {
    const next = { ...volume.status, ...status }
    if (JSON.stringify(next) === JSON.stringify(volume.status)) return volume
    const client = yield* Client
    return yield* client.updateStatus(Volume, { ...volume, status: next })
  })
