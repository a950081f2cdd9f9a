/** Volumes that are published: each names the ConfigMap in which applications find its disk. */
import { Effect } from "effect"
import { Client, isReason } from "../../client/index.ts"
import { controllerReference, keyOf } from "../../reconciler/index.ts"
import { ConfigMap } from "../../schemas/index.ts"
import type { Chance } from "../../simulation/index.ts"
import { namespace, published, Volume } from "./volume.ts"

/** What the Volume publishes, as its own. */
export const publication = (volume: Volume): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    namespace,
    name: volume.spec.publishTo ?? volume.metadata.name,
    ownerReferences: [controllerReference(Volume, volume)],
  },
  data: { volume: volume.metadata.name },
})

/** Whoever has made it. */
export const ensurePublication = (volume: Volume) =>
  Effect.flatMap(Client, (client) =>
    client.create(ConfigMap, publication(volume)).pipe(
      Effect.asVoid,
      Effect.catchIf(isReason("AlreadyExists"), () => Effect.void),
    ),
  )

/** Whether this very Volume is there. With a cache that is behind, what the collector takes away would be made again and again. */
export const isThere = (volume: Volume) =>
  Effect.flatMap(Client, (client) =>
    client.get(Volume, keyOf(volume)).pipe(
      Effect.map(({ metadata }) => metadata.uid === volume.metadata.uid),
      Effect.catchIf(isReason("NotFound"), () => Effect.succeed(false)),
    ),
  )

export interface Publishing {
  /** The names to choose from for a Volume. */
  readonly placesOf: (name: string) => readonly [string, ...ReadonlyArray<string>]
  /** Whether they change it later. */
  readonly isMoved: boolean
}

/** Users who make Volumes, let them be published elsewhere, and delete them. */
export const publishingUsers = ({ placesOf, isMoved }: Publishing) =>
  Effect.fnUntraced(function* (chance: Chance) {
    const client = yield* Client
    const move = (name: string, publishTo: string) => {
      const patch = { type: "merge", value: { spec: { publishTo } } } as const
      return client.patch(Volume, { namespace, name }, { patch })
    }
    for (let step = 0; step < 10; step++) {
      const name = chance.of(["a", "b", "c"] as const)
      const publishTo = chance.of(placesOf(name))
      const act = chance.of<() => Effect.Effect<unknown, unknown>>([
        () => client.create(Volume, published(name, publishTo)),
        () => client.create(Volume, published(name, publishTo)),
        () => (isMoved ? move(name, publishTo) : Effect.void),
        () => client.delete(Volume, { namespace, name }),
      ])
      yield* Effect.ignore(act())
      yield* Effect.sleep(chance.of([10, 500, 5_000]))
    }
  })
