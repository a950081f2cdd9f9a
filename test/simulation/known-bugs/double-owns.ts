/** That something of the name is there does not mean that it is one's own. */
import { Duration, Effect } from "effect"
import { Client } from "../../../client/index.ts"
import { controllerOf, isControlledBy, Result } from "../../../reconciler/index.ts"
import { ConfigMap } from "../../../schemas/index.ts"
import type { Invariant } from "../../../simulation/index.ts"
import { knownBug } from "../known-bug.ts"
import { ensurePublication, isThere, publishingUsers } from "../publishing.ts"
import { namespace, Volume, volumeDefinition } from "../volume.ts"
import { type ReconcileVolume, say, volumeProgram } from "../volume-program.ts"

/** Made in an earlier life, if it is there. */
const takesWhatIsThere: ReconcileVolume = (volume) =>
  Effect.gen(function* () {
    yield* ensurePublication(volume)
    yield* say(volume, { publishedIn: volume.spec.publishTo ?? "" })
    return Result.Done()
  })

const takesItsOwn: ReconcileVolume = (volume) =>
  Effect.gen(function* () {
    if (!(yield* isThere(volume))) return Result.Done()
    const client = yield* Client
    const publishedIn = volume.spec.publishTo ?? ""
    yield* ensurePublication(volume)
    const found = yield* client.get(ConfigMap, { namespace, name: publishedIn })
    if (isControlledBy(found, volume)) {
      yield* say(volume, { publishedIn })
      return Result.Done()
    }
    yield* say(volume, { publishedIn: "" })
    return Result.RequeueAfter({ delay: Duration.seconds(10) })
  })

const oneOwner: Invariant = {
  name: "no two Volumes are published in one ConfigMap",
  always: ({ list }) => {
    const uids = new Map<string, string>()
    for (const { metadata, status, spec } of list(Volume)) {
      const place = status?.publishedIn
      if (place === undefined || place === "" || place !== spec.publishTo) continue
      const other = uids.get(place)
      if (other !== undefined) return `${other} and ${metadata.name} both say that they are in ${place}`
      uids.set(place, metadata.name)
    }
    return undefined
  },
  eventually: ({ list }) => {
    const owners = new Set(list(ConfigMap).map((found) => controllerOf(found)?.uid))
    const places = new Set(list(Volume).map(({ spec }) => spec.publishTo))
    const published = list(Volume).filter(({ metadata }) => owners.has(metadata.uid))
    return published.length >= places.size
      ? undefined
      : `${places.size} places are asked for, ${published.length} Volumes are published`
  },
}

export const bug = knownBug({
  name: "owns what is another's",
  class: "ownership",
  story:
    "AlreadyExists is taken for one's own work of an earlier life. It was another Volume's, whose disk applications now find under this one's name; and with that Volume it goes.",
  wrong: [volumeProgram("publisher", takesWhatIsThere, { owns: [ConfigMap] })],
  right: [volumeProgram("publisher", takesItsOwn, { owns: [ConfigMap] })],
  breaks: oneOwner.name,
  scenario: {
    name: "publisher",
    definitions: [volumeDefinition],
    users: publishingUsers({ placesOf: () => ["x", "y"], isMoved: false }),
    invariants: [oneOwner],
  },
})
