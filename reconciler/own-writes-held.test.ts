/** Over the real API server: whatever a reconcile writes, of whatever kind that is watched, holds its key until it shows. */
import { describe, expect, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { type ApiError, Client, type Transport } from "../client/index.ts"
import { ConfigMap, Node, Secret, type Secret as SecretObject } from "../schemas/index.ts"
import { gatedWatches, lostAnswers } from "../test/kit/faulty-transport.ts"
import { pass } from "../test/kit/settle.ts"
import { makeWorld, startProcess } from "../test/kit/world.ts"
import { Controller } from "./controller.ts"
import { Result } from "./reconciler.ts"
import { runController } from "./run-controller.ts"
import { type Source, watching } from "./sources.ts"

const namespace = "default"
const key = { namespace, name: "a" }
const configMap = (data: { readonly [key: string]: string } = {}) =>
  ({ apiVersion: "v1", kind: "ConfigMap", metadata: key, data }) as const
const secret: SecretObject = { apiVersion: "v1", kind: "Secret", metadata: { namespace, name: "s" } }
const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n" } } as const

type Write = Effect.Effect<unknown, ApiError, Client>
const through = (write: (client: Client["Service"]) => Effect.Effect<unknown, ApiError>): Write =>
  Effect.flatMap(Client, write)

const writes: ReadonlyArray<readonly [string, Write]> = [
  ["an update", through((client) => client.update(ConfigMap, configMap({ x: "1" })))],
  [
    "a merge patch",
    through((client) =>
      client.patch(ConfigMap, key, { patch: { type: "merge", value: { data: { x: "1" } } } }),
    ),
  ],
  [
    "an apply",
    through((client) => client.apply(ConfigMap, configMap({ x: "1" }), { fieldManager: "f", force: true })),
  ],
  ["a delete", through((client) => client.delete(ConfigMap, key))],
  ["a create of another kind", through((client) => client.create(Secret, secret))],
  [
    "an apply that creates another kind",
    through((client) => client.apply(Secret, secret, { fieldManager: "f" })),
  ],
  [
    "a status",
    through((client) => client.updateStatus(Node, { ...node, status: { capacity: { cpu: "4" } } })),
  ],
  [
    "the last of several",
    through((client) => Effect.andThen(client.create(Secret, secret), client.delete(ConfigMap, key))),
  ],
]

/** A reconcile that makes one write and asks to be run again at once; how often it ran. */
const start = Effect.fnUntraced(function* (
  write: Write,
  sources: ReadonlyArray<Source>,
  bad?: (inner: Transport) => Transport,
) {
  const world = yield* makeWorld()
  yield* world.client.create(ConfigMap, configMap())
  yield* world.client.create(Node, node)
  const gate = gatedWatches(world.transport())
  const process = yield* startProcess(world, bad?.(gate.transport) ?? gate.transport)
  let runs = 0
  const reconcile = () =>
    Effect.suspend((): Effect.Effect<Result, never, Client> => {
      runs += 1
      if (runs > 1) return Effect.succeed(Result.Done())
      gate.close()
      return Effect.as(Effect.ignore(write), Result.RequeueAfter({ delay: Duration.millis(1) }))
    })
  const controller = Controller.make({ name: "c", for: ConfigMap, watches: sources, reconcile })
  yield* runController(controller).pipe(Effect.provideContext(process))
  yield* pass(2)
  return { gate, runs: () => runs }
})

const others = [watching(Secret, { map: () => [] }), watching(Node, { map: () => [] })]

describe("the next reconcile of a key waits until the informers show", () => {
  it.effect.each(writes)("%s", ([, write]) =>
    Effect.gen(function* () {
      const { gate, runs } = yield* start(write, others)
      expect(runs()).toBe(1)
      gate.open()
      yield* pass(1)
      expect(runs()).toBeGreaterThanOrEqual(2)
    }),
  )

  it.effect.each(writes)("%s, though its answer was lost", ([, write]) =>
    Effect.gen(function* () {
      const { gate, runs } = yield* start(write, others, (inner) => lostAnswers(inner, /./, 1))
      expect(runs()).toBe(1)
      gate.open()
      yield* pass(1)
      expect(runs()).toBeGreaterThanOrEqual(2)
    }),
  )

  it.effect("what a projected informer does not even hold", () =>
    Effect.gen(function* () {
      const [, write] = writes[0] ?? ["", Effect.void]
      const projected = [watching(Secret, { map: () => [], fields: ["metadata.labels"] })]
      const { gate, runs } = yield* start(write, projected)
      expect(runs()).toBe(1)
      gate.open()
      yield* pass(1)
      expect(runs()).toBeGreaterThanOrEqual(2)
    }),
  )

  it.effect("but not what no informer looks at, nor what a dry run did not do", () =>
    Effect.gen(function* () {
      const { runs } = yield* start(
        through((client) => client.create(Secret, secret)),
        [],
      )
      expect(runs()).toBe(2)
      const dry = through((client) => client.update(ConfigMap, configMap({ x: "1" }), { dryRun: true }))
      expect((yield* start(dry, others)).runs()).toBe(2)
    }),
  )
})
