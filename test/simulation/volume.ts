/** What known bugs are shown on: Volumes in the API, and a cloud in which each is to have one disk. */
import { Context, Effect, Layer } from "effect"
import { Client } from "../../client/index.ts"
import type { Condition, CustomResourceDefinition, Kind, KubeObject } from "../../schemas/index.ts"
import type { Chance, Invariant } from "../../simulation/index.ts"

export interface Volume extends KubeObject {
  readonly spec: {
    readonly size: number
    /** The ConfigMap in which applications find the disk. */
    readonly publishTo?: string
  }
  readonly status?: {
    readonly diskID?: string
    readonly size?: number
    readonly port?: number
    readonly publishedIn?: string
    readonly checkedAt?: string
    readonly isCounted?: boolean
    readonly observedGeneration?: number
    readonly conditions?: ReadonlyArray<Condition>
  }
}

export const Volume: Kind<Volume> = {
  group: "sim.miren.dev",
  version: "v1",
  kind: "Volume",
  plural: "volumes",
  namespaced: true,
}

export const namespace = "default"

export const volume = (name: string, size = 1): Volume => ({
  apiVersion: "sim.miren.dev/v1",
  kind: "Volume",
  metadata: { namespace, name },
  spec: { size },
})

/** One that says where its disk is to be found. */
export const published = (name: string, publishTo: string): Volume => {
  const made = volume(name)
  return { ...made, spec: { ...made.spec, publishTo } }
}

const condition = {
  type: "object",
  properties: {
    type: { type: "string" },
    status: { type: "string" },
    observedGeneration: { type: "integer" },
    lastTransitionTime: { type: "string" },
    reason: { type: "string" },
    message: { type: "string" },
  },
} as const

export const volumeDefinition: CustomResourceDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "volumes.sim.miren.dev" },
  spec: {
    group: Volume.group,
    scope: "Namespaced",
    names: { plural: "volumes", singular: "volume", kind: "Volume", listKind: "VolumeList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: { size: { type: "integer" }, publishTo: { type: "string" } },
              },
              status: {
                type: "object",
                properties: {
                  diskID: { type: "string" },
                  size: { type: "integer" },
                  port: { type: "integer" },
                  publishedIn: { type: "string" },
                  checkedAt: { type: "string" },
                  isCounted: { type: "boolean" },
                  observedGeneration: { type: "integer" },
                  conditions: { type: "array", items: condition },
                },
              },
            },
          },
        },
      },
    ],
  },
}

interface Disk {
  readonly id: string
  readonly tag: string
  readonly size: number
}

const callMs = 40

/** A cloud of the usual kind: a disk is made at once for everyone who asks, and paid for until it is deleted. */
export class CloudState {
  readonly disks = new Map<string, Disk>()
  #made = 0

  /** Makes a disk, each time. */
  readonly create = (tag: string, size: number): Effect.Effect<string> =>
    Effect.delay(
      Effect.sync(() => {
        const id = `disk-${++this.#made}`
        this.disks.set(id, { id, tag, size })
        return id
      }),
      callMs,
    )

  readonly resize = (id: string, size: number): Effect.Effect<void> =>
    Effect.delay(
      Effect.sync(() => {
        const disk = this.disks.get(id)
        if (disk !== undefined) this.disks.set(id, { ...disk, size })
      }),
      callMs,
    )

  /** A disk that is gone is deleted as well. */
  readonly delete = (id: string): Effect.Effect<void> =>
    Effect.delay(
      Effect.sync(() => void this.disks.delete(id)),
      callMs,
    )

  readonly tagged = (tag: string): Effect.Effect<ReadonlyArray<Disk>> =>
    Effect.delay(
      Effect.sync(() => [...this.disks.values()].filter((disk) => disk.tag === tag)),
      callMs,
    )
}

export class Cloud extends Context.Service<Cloud, CloudState>()("test/simulation/Cloud") {}

export const cloudLayer: Layer.Layer<Cloud> = Layer.effect(
  Cloud,
  Effect.sync(() => new CloudState()),
)

/** Points at which a program may be killed. */
export const cloudActions = [{ service: Cloud, methods: ["create", "resize", "delete"] }] as const

/** Users who make Volumes, change their size, and delete them, and rest in between for one of these times. */
export const volumeUsersResting = (...restsMs: readonly [number, ...ReadonlyArray<number>]) =>
  Effect.fnUntraced(function* (chance: Chance) {
    const client = yield* Client
    const names = ["a", "b", "c"] as const
    for (let step = 0; step < 10; step++) {
      const name = chance.of(names)
      const size = 1 + chance.below(4)
      const act = chance.of<() => Effect.Effect<unknown, unknown>>([
        () => client.create(Volume, volume(name, size)),
        () => client.create(Volume, volume(name, size)),
        () =>
          client.patch(Volume, { namespace, name }, { patch: { type: "merge", value: { spec: { size } } } }),
        () => client.delete(Volume, { namespace, name }),
      ])
      yield* Effect.ignore(act())
      yield* Effect.sleep(chance.of(restsMs))
    }
  })

export const volumeUsers = volumeUsersResting(10, 500, 5_000)

/** What the cloud is asked to hold: no more, no less. */
export const oneDiskEach: Invariant<Cloud> = {
  name: "each Volume has one disk, and no disk is left over",
  eventually: ({ list, environment }) => {
    const wanted = list(Volume)
      .map(({ metadata, status }) => `${metadata.name}=${status?.diskID}`)
      .sort()
    const byID = new Map(list(Volume).map(({ metadata, status }) => [status?.diskID, metadata.name]))
    const held = [...Context.get(environment, Cloud).disks.keys()]
      .map((id) => `${byID.get(id) ?? "nobody"}=${id}`)
      .sort()
    return wanted.join() === held.join()
      ? undefined
      : `Volumes say ${wanted.join(", ")}; the cloud holds ${held.join(", ")}`
  },
}
