/** What is read, changed and written back without a condition is lost when two do it at once. */
import { Effect } from "effect"
import { Client } from "../../../client/index.ts"
import {
  Controller,
  Informers,
  Manager,
  mutate,
  Result,
  reconciling,
  watching,
} from "../../../reconciler/index.ts"
import { ConfigMap } from "../../../schemas/index.ts"
import type { Chance, Invariant, Program } from "../../../simulation/index.ts"
import { knownBug } from "../known-bug.ts"
import { namespace, Volume, volume, volumeDefinition } from "../volume.ts"
import { type ReconcileVolume, say, volumeProgram } from "../volume-program.ts"

const total = { namespace, name: "total" }
const countIn = (found: ConfigMap | undefined): number => Number(found?.data?.volumes ?? "0")

const addOne: ReconcileVolume = (found) =>
  Effect.gen(function* () {
    if (found.status?.isCounted === true) return Result.Done()
    const client = yield* Client
    const volumes = String(countIn(yield* client.get(ConfigMap, total)) + 1)
    yield* client.patch(ConfigMap, total, { patch: { type: "merge", value: { data: { volumes } } } })
    yield* say(found, { isCounted: true })
    return Result.Done()
  })

/** The count is the reconciled object, of which there is one: each Volume only says that it is to be looked at. */
const countAnew: Program = {
  name: "counter",
  run: Effect.gen(function* () {
    const informers = yield* Informers
    const { lister } = yield* informers.get(Volume)
    const change = (found: ConfigMap): ConfigMap => {
      const volumes = String(lister.size())
      return found.data?.volumes === volumes ? found : { ...found, data: { ...found.data, volumes } }
    }
    const controller = Controller.make({
      name: "counter",
      for: reconciling(ConfigMap, { namespace, fieldSelector: `metadata.name=${total.name}` }),
      watches: [watching(Volume, { map: () => [total] })],
      concurrency: 4,
      reconcile: () => Effect.as(mutate({ kind: ConfigMap, key: total, change }), Result.Done()),
    })
    yield* Manager.start({ controllers: [controller] })
  }),
}

/** Users who make several Volumes at once. */
const users = Effect.fnUntraced(function* (chance: Chance) {
  const client = yield* Client
  yield* client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: { ...total } })
  for (let step = 0; step < 6; step++) {
    yield* Effect.ignore(client.create(Volume, volume(`v${step}`)))
    yield* Effect.sleep(chance.of([1, 10, 3_000]))
  }
})

const countIsRight: Invariant = {
  name: "the total is the number of Volumes",
  eventually: ({ list }) => {
    const told = countIn(list(ConfigMap).find(({ metadata }) => metadata.name === total.name))
    const there = list(Volume).length
    return told === there ? undefined : `the total says ${told}, and there are ${there}`
  },
}

export const bug = knownBug({
  name: "races on a counter",
  class: "lost update",
  story:
    "Each new Volume adds one to a total: reads it, and patches it one higher. Two workers that do so at once add one together; and killed before it has noted that this one is counted, it counts it twice.",
  wrong: [volumeProgram("counter", addOne, { concurrency: 4 })],
  right: [countAnew],
  breaks: countIsRight.name,
  scenario: {
    name: "counter",
    definitions: [volumeDefinition],
    users,
    invariants: [countIsRight],
  },
})
