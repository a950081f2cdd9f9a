import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { clientLayer, type Transport } from "../client/index.ts"
import type { KubeObject } from "../schemas/index.ts"
import { makeEventRecorder } from "./events.ts"

const settle = Effect.yieldNow.pipe(Effect.repeat({ times: 60 }))

const object = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Widget",
  metadata: { name, namespace: "ns", uid: `uid-${name}` },
})

const failed = { type: "Warning", reason: "Failed", message: "it failed" } as const

/** A recorder, and what reached the server; which answers with a status of the test's choice. */
const start = Effect.fnUntraced(function* (answer: (method: string) => number = () => 200) {
  const written: Array<{
    readonly method: string
    readonly path: string
    readonly body: Record<string, unknown>
  }> = []
  const transport: Transport = {
    request: async ({ method, path, body }) => {
      const parsed = JSON.parse(Buffer.from(body ?? []).toString())
      written.push({ method, path, body: parsed })
      const status = answer(method)
      const failure = { kind: "Status", status: "Failure", code: status }
      const document = status < 300 ? { metadata: { name: "e" } } : failure
      const chunks = (async function* () {
        yield Buffer.from(JSON.stringify(document))
      })()
      return { status, headers: {}, body: chunks }
    },
  }
  const recorder = yield* makeEventRecorder("tester").pipe(Effect.provide(clientLayer(transport)))
  return { recorder, written }
})

it.effect("the same note about the same object is one Event that counts", () =>
  Effect.gen(function* () {
    const { recorder, written } = yield* start()
    recorder.record(object("a"), failed)
    yield* settle
    yield* TestClock.adjust("90 seconds")
    recorder.record(object("a"), failed)
    yield* settle
    expect(written.map(({ method }) => method)).toEqual(["POST", "PATCH"])
    expect(written[0]?.body).toMatchObject({
      involvedObject: { kind: "Widget", name: "a", uid: "uid-a" },
      count: 1,
      firstTimestamp: "1970-01-01T00:00:00Z",
    })
    expect(written[1]?.body).toEqual({ count: 2, lastTimestamp: "1970-01-01T00:01:30Z" })
  }),
)

it.effect("another message, reason or object is another Event", () =>
  Effect.gen(function* () {
    const { recorder, written } = yield* start()
    recorder.record(object("a"), failed)
    recorder.record(object("b"), failed)
    recorder.record(object("a"), { ...failed, message: "otherwise" })
    yield* settle
    expect(written.map(({ method }) => method)).toEqual(["POST", "POST", "POST"])
  }),
)

it.effect(
  "notes that differ in their message only are combined after the first ten, and the last is shown",
  () =>
    Effect.gen(function* () {
      const { recorder, written } = yield* start()
      for (let n = 1; n <= 13; n++) {
        recorder.record(object("a"), { ...failed, message: `attempt ${n}` })
        yield* settle
      }
      expect(written.map(({ method }) => method)).toEqual([...Array(11).fill("POST"), "PATCH", "PATCH"])
      expect(written[10]?.body).toMatchObject({
        message: "(combined from similar events): attempt 11",
        count: 1,
      })
      expect(written[12]?.body).toMatchObject({
        message: "(combined from similar events): attempt 13",
        count: 3,
      })
      // One of the first ten is an Event of its own still; after ten quiet minutes all are.
      recorder.record(object("a"), { ...failed, message: "attempt 3" })
      yield* settle
      expect(written[13]?.body).toMatchObject({ count: 2 })
      yield* TestClock.adjust("11 minutes")
      recorder.record(object("a"), { ...failed, message: "attempt 99" })
      yield* settle
      expect(written[14]?.body).toMatchObject({ message: "attempt 99" })
    }),
)

it.effect("an Event that the server has forgotten is made again", () =>
  Effect.gen(function* () {
    const { recorder, written } = yield* start((method) => (method === "PATCH" ? 404 : 200))
    recorder.record(object("a"), failed)
    yield* settle
    recorder.record(object("a"), failed)
    yield* settle
    expect(written.map(({ method }) => method)).toEqual(["POST", "PATCH", "POST"])
    expect(written[2]?.body).toMatchObject({ count: 2 })
  }),
)

it.effect("a storm is written at a bounded rate, its repetitions as one", () =>
  Effect.gen(function* () {
    const { recorder, written } = yield* start()
    for (let i = 0; i < 500; i++) {
      recorder.record(object("same"), failed)
      recorder.record(object(`o${i}`), failed)
    }
    yield* settle
    yield* settle
    expect(written).toHaveLength(25)
    expect(written[0]?.body).toMatchObject({ count: 500 })
    yield* TestClock.adjust("10 seconds")
    yield* settle
    expect(written).toHaveLength(35)
  }),
)

it.effect("a server that refuses does not stop the ones after", () =>
  Effect.gen(function* () {
    let answers = 0
    const { recorder, written } = yield* start(() => (answers++ === 0 ? 500 : 200))
    recorder.record(object("a"), failed)
    recorder.record(object("b"), failed)
    yield* settle
    expect(written).toHaveLength(2)
  }),
)
