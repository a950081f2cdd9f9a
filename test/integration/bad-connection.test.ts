import { expect, it } from "@effect/vitest"
import { Effect, Random } from "effect"
import { Manager } from "../../reconciler/index.ts"
import { ConfigMap } from "../../schemas/index.ts"
import { badConnection, recordedWrites } from "../kit/faulty-transport.ts"
import { pass, settle } from "../kit/settle.ts"
import { makeWorld, seeded, startProcess } from "../kit/world.ts"
import { Fleet, fleet, fleetController, fleetDefinition } from "./fleet.ts"

const namespace = "default"
/** 119 and 347 once ended with an orphan: a key was let go of while its informer was cut off. */
const seeds = [...Array.from({ length: 10 }, (_, i) => [i + 1] as const), [119] as const, [347] as const]

it.effect.each(seeds)(
  "through whatever a connection does (seed %s), the world ends as it was asked to be",
  ([seed]) =>
    Effect.gen(function* () {
      const world = yield* makeWorld({ seed })
      yield* world.define(fleetDefinition)
      const random = seeded(seed)
      let isBad = true
      const { transport, writes } = recordedWrites(badConnection(world.transport(), random, () => isBad))
      const process = yield* startProcess(world, transport)
      const run = Effect.flatMap(fleetController, (controller) =>
        Manager.start({ controllers: [controller] }),
      )
      yield* Effect.provideContext(run, process)
      yield* settle

      const wanted = new Map<string, number>()
      for (let step = 0; step < 12; step++) {
        const name = `f${Math.floor(random() * 3)}`
        const size = Math.floor(random() * 4)
        if (!wanted.has(name)) yield* world.client.create(Fleet, fleet(name, size))
        else if (random() < 0.2) {
          yield* world.client.delete(Fleet, { namespace, name })
          yield* pass(60)
          wanted.delete(name)
          continue
        } else {
          const patch = { type: "merge", value: { spec: { size } } } as const
          yield* world.client.patch(Fleet, { namespace, name }, { patch })
        }
        wanted.set(name, size)
        yield* pass(3)
      }
      isBad = false
      // The longest wait of a backoff that grew in bad times.
      yield* pass(400, 10_000)

      const expected = [...wanted].flatMap(([name, size]) =>
        Array.from({ length: size }, (_, i) => `${name}-${i}`),
      )
      const { items } = yield* world.client.list(ConfigMap, { namespace })
      expect(items.map(({ metadata }) => metadata.name).sort()).toEqual(expected.sort())
      const fleets = yield* world.client.list(Fleet)
      expect(fleets.items.map(({ metadata, status }) => [metadata.name, status?.ready]).sort()).toEqual(
        [...wanted].sort(),
      )
      const quiet = writes.length
      yield* pass(60, 10_000)
      expect(writes).toHaveLength(quiet)
    }).pipe(Random.withSeed(seed)),
)
