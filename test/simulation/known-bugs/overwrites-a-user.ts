/** Who writes back all that was read writes back what has changed since. */
import { Context, Effect, Layer } from "effect"
import { Client } from "../../../client/index.ts"
import { keyOf, Result } from "../../../reconciler/index.ts"
import type { JsonObject } from "../../../schemas/index.ts"
import type { Chance, Invariant } from "../../../simulation/index.ts"
import { knownBug } from "../known-bug.ts"
import {
  type Cloud,
  cloudActions,
  cloudLayer,
  namespace,
  Volume,
  volume,
  volumeDefinition,
} from "../volume.ts"
import { ensureDisk, type ReconcileVolume, volumeProgram } from "../volume-program.ts"

const annotation = "sim.miren.dev/disk"

const annotating =
  (patchOf: (found: Volume, annotations: JsonObject) => JsonObject): ReconcileVolume<Cloud> =>
  (found) =>
    Effect.gen(function* () {
      const disk = yield* ensureDisk(found)
      const { annotations } = found.metadata
      if (annotations?.[annotation] === disk) return Result.Done()
      const client = yield* Client
      const value = patchOf(found, { ...annotations, [annotation]: disk })
      yield* client.patch(Volume, keyOf(found), { patch: { type: "merge", value } })
      return Result.Done()
    })

/** The object as it should be; as a patch, for an update is refused all the time. */
const whole = annotating(({ spec }, annotations) => ({ metadata: { annotations }, spec: { ...spec } }))

const justWhatChanges = annotating((_found, annotations) => ({
  metadata: { annotations: { [annotation]: annotations[annotation] ?? null } },
}))

/** What users asked for last, by Volume. */
class Wishes extends Context.Service<Wishes, Map<string, number>>()("test/simulation/Wishes") {}

const users = Effect.fnUntraced(function* (chance: Chance) {
  const client = yield* Client
  const wishes = yield* Wishes
  const names = ["a", "b", "c"] as const
  for (let step = 0; step < 10; step++) {
    const name = chance.of(names)
    const size = 1 + chance.below(9)
    const patch = { type: "merge", value: { spec: { size } } } as const
    const asked = wishes.has(name)
      ? client.patch(Volume, { namespace, name }, { patch })
      : client.create(Volume, volume(name, size))
    yield* Effect.ignore(Effect.tap(asked, () => Effect.sync(() => wishes.set(name, size))))
    yield* Effect.sleep(chance.of([10, 500, 5_000]))
  }
})

const wishesStand: Invariant<Cloud | Wishes> = {
  name: "a Volume asks for what its user has asked for last",
  eventually: ({ list, environment }) => {
    const wishes = Context.get(environment, Wishes)
    const wrong = list(Volume).find(({ metadata, spec }) => wishes.get(metadata.name) !== spec.size)
    if (wrong === undefined) return undefined
    const { metadata, spec } = wrong
    return `${metadata.name} was told ${wishes.get(metadata.name)}, and asks for ${spec.size}`
  },
}

export const bug = knownBug<Cloud | Wishes>({
  name: "overwrites what a user wrote",
  class: "lost update",
  story:
    "Sends the whole object back for one annotation, as a patch, because updates were refused with conflicts. What the user has changed while the disk was made is undone without a word.",
  wrong: [volumeProgram("volumes", whole)],
  right: [volumeProgram("volumes", justWhatChanges)],
  breaks: wishesStand.name,
  scenario: {
    name: "volumes",
    definitions: [volumeDefinition],
    environment: Layer.merge(
      cloudLayer,
      Layer.effect(
        Wishes,
        Effect.sync(() => new Map()),
      ),
    ),
    actions: cloudActions,
    users,
    invariants: [wishesStand],
  },
})
