/** An event says that something has changed. How it is now is said by the object alone. */
import { Context, Effect, Queue } from "effect"
import { Client } from "../../../client/index.ts"
import { Informers, keyOf, Result } from "../../../reconciler/index.ts"
import type { Chance, Invariant, Program } from "../../../simulation/index.ts"
import { knownBug } from "../known-bug.ts"
import { Cloud, cloudActions, cloudLayer, namespace, Volume, volume, volumeDefinition } from "../volume.ts"
import { ensureDisk, type ReconcileVolume, volumeProgram } from "../volume-program.ts"

/** The cloud is asked how large the disk is; the status says only which one it is. */
const ensureSize: ReconcileVolume<Cloud> = (found) =>
  Effect.gen(function* () {
    const { metadata, spec, status } = found
    const cloud = yield* Cloud
    const diskID = yield* ensureDisk(found)
    const [disk] = yield* cloud.tagged(metadata.uid ?? "")
    if (disk?.size !== spec.size) yield* cloud.resize(diskID, spec.size)
    if (status?.diskID === diskID) return Result.Done()
    const client = yield* Client
    const patch = { type: "merge", value: { status: { diskID } } } as const
    yield* client.patch(Volume, keyOf(found), { patch, options: { subresource: "status" } })
    return Result.Done()
  })

/** What fails is put back, to be tried again. */
const byEvent: Program<Cloud> = {
  name: "volumes",
  run: Effect.gen(function* () {
    const informers = yield* Informers
    const { subscribe } = yield* informers.get(Volume)
    const events = yield* Queue.unbounded<Volume>()
    yield* subscribe(({ new: found }) => {
      if (found !== undefined) Queue.offerUnsafe(events, found)
    })
    const again = (found: Volume) => Effect.delay(Queue.offer(events, found), "2 seconds")
    return yield* Effect.forever(
      Effect.flatMap(Queue.take(events), (found) =>
        ensureSize(found).pipe(Effect.catch(() => Effect.forkScoped(again(found)))),
      ),
    )
  }),
}

/** Users who make Volumes and change their minds about the size. */
const users = Effect.fnUntraced(function* (chance: Chance) {
  const client = yield* Client
  for (const name of ["a", "b", "c", "d"]) {
    yield* Effect.ignore(client.create(Volume, volume(name)))
    for (let step = 0; step < 3; step++) {
      yield* Effect.sleep(chance.of([10, 200, 1_000]))
      const patch = { type: "merge", value: { spec: { size: 1 + chance.below(9) } } } as const
      yield* Effect.ignore(client.patch(Volume, { namespace, name }, { patch }))
    }
  }
})

const sizeWanted: Invariant<Cloud> = {
  name: "each disk has the size that its Volume asks for",
  eventually: ({ list, environment }) => {
    const { disks } = Context.get(environment, Cloud)
    const sizes = new Map([...disks.values()].map(({ tag, size }) => [tag, size]))
    const wrong = list(Volume).find(({ metadata, spec }) => sizes.get(metadata.uid ?? "") !== spec.size)
    return wrong === undefined
      ? undefined
      : `${wrong.metadata.name} asks for ${wrong.spec.size}, its disk has ${sizes.get(wrong.metadata.uid ?? "")}`
  },
}

export const bug = knownBug<Cloud>({
  name: "trusts the object of an event",
  class: "ordering",
  story:
    "Acts on the object that the event brought, and puts it back where that fails. When its turn comes again a later one has been done already, and the disk gets the size of before.",
  wrong: [byEvent],
  right: [volumeProgram("volumes", ensureSize)],
  breaks: sizeWanted.name,
  scenario: {
    name: "sizes",
    definitions: [volumeDefinition],
    environment: cloudLayer,
    actions: cloudActions,
    users,
    faults: { refusal: 0.1 },
    invariants: [sizeWanted],
  },
})
