/** Over the real API server: what a reconcile was given and did is recorded, and goes with its writes. */
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { Client, type Transport } from "../client/index.ts"
import { ConfigMap, Secret } from "../schemas/index.ts"
import { pass } from "../test/kit/settle.ts"
import { makeWorld, startProcess } from "../test/kit/world.ts"
import { parseCause } from "./cause-of-writes.ts"
import { Controller } from "./controller.ts"
import { Informers } from "./informers.ts"
import { ReconcileLog, type ReconcileRecord, RecordRing } from "./reconcile-log.ts"
import { Result } from "./reconciler.ts"
import { runController } from "./run-controller.ts"

const namespace = "default"
const configMap = (name: string) =>
  ({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name } }) as const

it.effect(
  "inputs and outputs are recorded with their versions, and told as the cause of the writes after them",
  () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const a = yield* world.client.create(ConfigMap, configMap("a"))
      const other = yield* world.client.create(ConfigMap, configMap("other"))
      const causes: Array<string> = []
      const inner = world.transport()
      const transport: Transport = {
        request: (sent) => {
          if (sent.method !== "GET") causes.push(sent.headers["miren-cause"] ?? "")
          return inner.request(sent)
        },
      }
      const process = yield* startProcess(world, transport)
      const heard: Array<ReconcileRecord> = []
      const handle = yield* Effect.gen(function* () {
        const client = yield* Client
        const { lister } = yield* (yield* Informers).get(ConfigMap)
        return yield* runController(
          Controller.make({
            name: "reader",
            for: ConfigMap,
            reconcile: (request) =>
              Effect.gen(function* () {
                if (request.name !== "a") return Result.Done()
                lister.get(request)
                lister.list("default")
                yield* client.get(ConfigMap, { namespace, name: "other" })
                yield* Effect.ignore(client.get(ConfigMap, { namespace, name: "absent" }))
                yield* client.create(Secret, {
                  apiVersion: "v1",
                  kind: "Secret",
                  metadata: { namespace, name: "s1" },
                })
                yield* client.list(Secret)
                yield* client.delete(Secret, { namespace, name: "s1" })
                return Result.Done()
              }),
          }),
        )
      }).pipe(
        Effect.provideContext(process),
        Effect.provideService(ReconcileLog, { capacity: 10, onRecord: (record) => heard.push(record) }),
      )
      yield* pass(2)
      const record = handle.records().find(({ request }) => request.name === "a")
      expect(record).toEqual(heard.find(({ request }) => request.name === "a"))
      const version = (name: string, resourceVersion: string | undefined) => ({
        kind: "ConfigMap",
        namespace,
        name,
        resourceVersion,
      })
      expect(record).toMatchObject({
        controller: "reader",
        outcome: "success",
        failures: 0,
        woke: [version("a", a.metadata.resourceVersion)],
        read: [
          version("a", a.metadata.resourceVersion),
          version("*", expect.stringMatching(/^\d+$/)),
          version("other", other.metadata.resourceVersion),
          version("absent", ""),
          { kind: "Secret", namespace: "", name: "*" },
        ],
        wrote: [
          { verb: "create", kind: "Secret", name: "s1", resourceVersion: expect.stringMatching(/^\d+$/) },
          { verb: "delete", kind: "Secret", name: "s1" },
        ],
      })
      const [first, second] = causes.map(parseCause)
      expect(first).toMatchObject({
        controller: "reader",
        reconcileID: record?.reconcileID,
        woke: record?.woke,
      })
      // A write says what was read before it, not after.
      expect(first?.read).toEqual(record?.read.slice(0, 4))
      expect(second?.read).toEqual(record?.read)
    }),
)

it.effect("a failure is recorded with its reason and its place in a row, a defect with its line", () =>
  Effect.gen(function* () {
    const world = yield* makeWorld()
    yield* world.client.create(ConfigMap, configMap("a"))
    const process = yield* startProcess(world)
    let runs = 0
    const handle = yield* runController(
      Controller.make({
        name: "failing",
        for: ConfigMap,
        reconcile: () =>
          Effect.suspend(() => {
            runs += 1
            if (runs === 1) throw new Error("a bug\nwith more lines")
            return runs === 2 ? Effect.fail(new Error("no")) : Effect.succeed(Result.Done())
          }),
      }),
    ).pipe(Effect.provideContext(process))
    yield* pass(2)
    expect(handle.records().map(({ outcome, error, failures }) => ({ outcome, error, failures }))).toEqual([
      { outcome: "error", error: "Error: a bug", failures: 0 },
      { outcome: "error", error: "Error: no", failures: 1 },
      { outcome: "success", error: undefined, failures: 2 },
    ])
  }),
)

it("a ring keeps the last few, oldest first", () => {
  const ring = new RecordRing(3)
  const record = (reconcileID: string) => ({ reconcileID }) as ReconcileRecord
  for (const id of ["1", "2", "3", "4", "5"]) ring.push(record(id))
  expect(ring.all().map(({ reconcileID }) => reconcileID)).toEqual(["3", "4", "5"])
})
