/** No-op reconciles: how many keys a second go through the queue, a worker and an empty reconcile. */
import { Effect } from "effect"
import { ApiServer } from "../apiserver/index.ts"
import { Client, clientLayer } from "../client/index.ts"
import { Controller, Informers, keyOf, Result, runController } from "../reconciler/index.ts"
import { ConfigMap, definitions } from "../schemas/index.ts"
import { openMemoryStore } from "../store/index.ts"
import { median } from "./measure.ts"
import { type Row, row } from "./row.ts"

const objects = 1_000
const reconciles = 100_000
/** The budget of one core, which the row is a ratio to. */
const budget = 20_000

const measure = Effect.gen(function* () {
  const client = yield* Client
  for (let index = 0; index < objects; index += 1) {
    yield* client.create(ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "default", name: `c${index}` },
    })
  }
  const informers = yield* Informers
  const { lister } = yield* informers.get(ConfigMap)
  let done = 0
  let finished: () => void = () => {}
  let wanted = objects
  const reached = (count: number) =>
    Effect.callback<void>((resume) => {
      wanted = count
      finished = () => resume(Effect.void)
      if (done >= wanted) finished()
    })
  const handle = yield* runController(
    Controller.make({
      name: "bench",
      for: ConfigMap,
      concurrency: 16,
      reconcile: () =>
        Effect.sync(() => {
          done += 1
          if (done >= wanted) finished()
          return Result.Done()
        }),
    }),
  )
  yield* reached(objects)
  const keys = lister.list().map(keyOf)
  const rates: Array<number> = []
  for (let round = 0; round < 3; round += 1) {
    const start = performance.now()
    const from = done
    for (let pass = 1; pass <= reconciles / objects; pass += 1) {
      for (const key of keys) handle.enqueue(key)
      yield* reached(from + pass * keys.length)
    }
    rates.push((done - from) / ((performance.now() - start) / 1_000))
  }
  return median(rates)
})

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const ours = await Effect.gen(function* () {
    const store = yield* openMemoryStore()
    const server = yield* ApiServer.make({ store, definitions })
    yield* server.ready
    const client = clientLayer(server.inProcess({ name: "bench", groups: ["system:masters"] }))
    return yield* measure.pipe(Effect.provide(Informers.layer()), Effect.provide(client))
  }).pipe(Effect.scoped, Effect.runPromise)
  return [
    row({ name: "reconciler: no-op reconciles", unit: "/s", budget: ">= 1.0", ours, yardstick: budget }),
  ]
}
