/**
 * What the record of a reconcile's inputs costs its writes: CPU time of a write with it to one whose surroundings hear nothing, turn
 * by turn. The least of many rounds counts: what else the machine does only adds.
 */
import { Context, Effect } from "effect"
import { ApiServer } from "../apiserver/index.ts"
import { Client, clientLayer, httpsTransport, ReadContext, WriteContext } from "../client/index.ts"
import { versionOf } from "../reconciler/cause-of-writes.ts"
import { ReconcileInputs } from "../reconciler/reconcile-inputs.ts"
import { ConfigMap, definitions } from "../schemas/index.ts"
import { openMemoryStore } from "../store/index.ts"
import { serveTransport } from "../test/kit/served-transport.ts"
import { type Row, row } from "./row.ts"

const rounds = 12
const writesPerRound = 500
const readsPerReconcile = 4

const namespace = "default"
const key = { namespace, name: "written" }

const measure = Effect.gen(function* () {
  const client = yield* Client
  const read = yield* Effect.forEach(
    Array.from({ length: readsPerReconcile }, (_, n) => n),
    (n) =>
      client.create(ConfigMap, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { namespace, name: `read-${n}` },
      }),
  )
  yield* client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: key })
  let count = 0
  const write = Effect.suspend(() => {
    count += 1
    return client.patch(ConfigMap, key, {
      patch: { type: "merge", value: { data: { count: String(count) } } },
    })
  })
  const quiet = Context.make(WriteContext, {}).pipe(Context.add(ReadContext, {}))
  const unrecorded = Effect.suspend(() => Effect.provideContext(write, quiet))
  /** As a controller surrounds one reconcile that reads a few objects and writes one. */
  const recorded = Effect.suspend(() => {
    const inputs = new ReconcileInputs(
      { controller: "bench", request: key, reconcileID: "0000002a" },
      { versions: read.slice(0, 1).map(versionOf), more: 0 },
    )
    for (const { metadata } of read) {
      inputs.onRead({
        kind: ConfigMap,
        key: { namespace, name: metadata.name },
        resourceVersion: metadata.resourceVersion,
      })
    }
    const surroundings = Context.make(WriteContext, {
      get cause() {
        return inputs.cause
      },
      onWritten: (written) => inputs.noteWritten(written),
    }).pipe(Context.add(ReadContext, inputs))
    return Effect.provideContext(write, surroundings)
  })
  const cpuPerWrite = Effect.fnUntraced(function* (one: Effect.Effect<unknown, unknown>) {
    const before = process.cpuUsage()
    for (let n = 0; n < writesPerRound; n += 1) yield* one
    const { user, system } = process.cpuUsage(before)
    return (user + system) / writesPerRound
  })
  const plain: Array<number> = []
  const withRecord: Array<number> = []
  yield* cpuPerWrite(unrecorded)
  yield* cpuPerWrite(recorded)
  for (let round = 0; round < rounds; round += 1) {
    plain.push(yield* cpuPerWrite(unrecorded))
    withRecord.push(yield* cpuPerWrite(recorded))
    withRecord.push(yield* cpuPerWrite(recorded))
    plain.push(yield* cpuPerWrite(unrecorded))
  }
  return { plain: Math.min(...plain), recorded: Math.min(...withRecord) }
})

export const run = async (): Promise<ReadonlyArray<Row>> => {
  const { plain, recorded } = await Effect.gen(function* () {
    const store = yield* openMemoryStore()
    const server = yield* ApiServer.make({ store, definitions })
    yield* server.ready
    const inProcess = server.inProcess({ name: "bench", groups: ["system:masters"] })
    const served = yield* Effect.acquireRelease(
      Effect.promise(() => serveTransport(inProcess, "h2")),
      (running) => Effect.promise(() => running.close()),
    )
    const transport = httpsTransport({ server: served.url, ca: served.ca, namespace })
    yield* Effect.addFinalizer(() => Effect.sync(() => transport.close()))
    return yield* Effect.provide(measure, clientLayer(transport))
  }).pipe(Effect.scoped, Effect.runPromise)
  return [
    row({
      name: "reconciler: a write with its inputs recorded",
      unit: "µs CPU",
      budget: "<= 1.05",
      ours: recorded,
      yardstick: plain,
    }),
  ]
}
