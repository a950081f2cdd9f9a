/** A name in a spec may change: what was made under the old one is still there. */
import { Effect } from "effect"
import { Client, isReason } from "../../../client/index.ts"
import { byOwnerUid, Informers, keyOf, Result } from "../../../reconciler/index.ts"
import { ConfigMap } from "../../../schemas/index.ts"
import type { Invariant } from "../../../simulation/index.ts"
import { knownBug } from "../known-bug.ts"
import { ensurePublication, isThere, publishingUsers } from "../publishing.ts"
import { namespace, Volume, volumeDefinition } from "../volume.ts"
import { type ReconcileVolume, say, volumeProgram } from "../volume-program.ts"

const deleteConfigMap = (key: { readonly namespace: string; readonly name: string }) =>
  Effect.flatMap(Client, (client) =>
    client.delete(ConfigMap, key).pipe(
      Effect.asVoid,
      Effect.catchIf(isReason("NotFound"), () => Effect.void),
    ),
  )

const byStatus: ReconcileVolume = (volume) =>
  Effect.gen(function* () {
    if (!(yield* isThere(volume))) return Result.Done()
    const former = volume.status?.publishedIn
    const publishedIn = volume.spec.publishTo ?? ""
    yield* ensurePublication(volume)
    if (former === publishedIn) return Result.Done()
    yield* say(volume, { publishedIn })
    if (former !== undefined) yield* deleteConfigMap({ namespace, name: former })
    return Result.Done()
  })

/** All that it owns, and not only what it remembers, is compared with what is wanted. */
const byOwner: ReconcileVolume = (volume) =>
  Effect.scoped(
    Effect.gen(function* () {
      if (!(yield* isThere(volume))) return Result.Done()
      const informers = yield* Informers
      const { lister } = yield* informers.get(ConfigMap, { indexes: { owner: byOwnerUid } })
      yield* ensurePublication(volume)
      const publishedIn = volume.spec.publishTo ?? ""
      for (const owned of lister.byIndex("owner", volume.metadata.uid ?? "")) {
        if (owned.metadata.name !== publishedIn) yield* deleteConfigMap(keyOf(owned))
      }
      yield* say(volume, { publishedIn })
      return Result.Done()
    }),
  )

const oneEach: Invariant = {
  name: "each Volume has the one ConfigMap that it names",
  eventually: ({ list }) => {
    const wanted = list(Volume)
      .map(({ metadata, spec }) => `${spec.publishTo} of ${metadata.name}`)
      .sort()
    const found = list(ConfigMap)
      .map(({ metadata, data }) => `${metadata.name} of ${data?.volume}`)
      .sort()
    return wanted.join() === found.join()
      ? undefined
      : `wanted: ${wanted.join(", ")}; found: ${found.join(", ")}`
  },
}

export const bug = knownBug({
  name: "leaks on rename",
  class: "leak",
  story:
    "Publishes under the new name, notes it in the status, and deletes what the status named before. Killed or refused between two of these steps, it no longer knows what there was to delete.",
  wrong: [volumeProgram("publisher", byStatus, { owns: [ConfigMap] })],
  right: [volumeProgram("publisher", byOwner, { owns: [ConfigMap] })],
  breaks: oneEach.name,
  scenario: {
    name: "publisher",
    definitions: [volumeDefinition],
    users: publishingUsers({ placesOf: (name) => [`${name}-x`, `${name}-y`], isMoved: true }),
    invariants: [oneEach],
  },
})
