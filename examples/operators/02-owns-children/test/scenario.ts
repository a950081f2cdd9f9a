/** Users make, resize and delete crews; in the end each has its seats, and nobody else has any. */
import { Effect } from "effect"
import { Client } from "miren/client"
import type { Scenario } from "miren/reconciler/simulation"
import { ConfigMap, type CustomResourceDefinition } from "miren/schemas"
import { Crew } from "../src/generated/crew.gen.ts"

export const crew = (name: string, size: number): Crew => ({
  apiVersion: "examples.miren.dev/v1",
  kind: "Crew",
  metadata: { name, namespace: "default" },
  spec: { size },
})

export const crewsComeAndGo = (definitions: ReadonlyArray<CustomResourceDefinition>): Scenario => ({
  name: "crews come and go",
  definitions,
  users: (chance) =>
    Effect.gen(function* () {
      const client = yield* Client
      for (const name of ["a", "b"]) yield* client.create(Crew, crew(name, chance.below(4)))
      for (let turn = 0; turn < 3; turn += 1) {
        yield* Effect.sleep(chance.below(20_000))
        const key = { namespace: "default", name: chance.of(["a", "b"]) }
        const patch = { type: "merge", value: { spec: { size: chance.below(5) } } } as const
        yield* client.patch(Crew, key, { patch })
      }
      yield* client.delete(Crew, { namespace: "default", name: "b" })
    }),
  invariants: [
    {
      name: "every crew has its seats, and nobody else has any",
      eventually: ({ list }) => {
        const wanted = list(Crew).flatMap(({ metadata, spec }) =>
          Array.from({ length: spec.size }, (_, index) => `${metadata.name}-${index}`),
        )
        const seats = list(ConfigMap).map(({ metadata }) => metadata.name)
        return seats.sort().join() === wanted.sort().join() ? undefined : `the seats are ${seats.join(", ")}`
      },
    },
  ],
})
