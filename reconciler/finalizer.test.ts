import { expect, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { clientLayer, type TransportRequest } from "../client/index.ts"
import type { Kind, KubeObject } from "../schemas/index.ts"
import { finalized, finalizerStep } from "./finalizer.ts"
import { Result } from "./reconciler.ts"

const Widget: Kind = {
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
}
const finalizer = "example.com/x"

const widget = (finalizers: ReadonlyArray<string>, deleting = false): KubeObject => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: {
    name: "a",
    namespace: "ns",
    resourceVersion: "7",
    finalizers,
    ...(deleting ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
  },
})

it.each([
  ["a new object gets the finalizer first", widget([]), "AddFinalizer"],
  ["an object with it converges", widget([finalizer]), "Converge"],
  ["a deleted object with it is released", widget([finalizer], true), "Release"],
  ["a deleted object without it is not ours", widget(["other"], true), "Gone"],
])("%s", (_name, object, step) => {
  expect(finalizerStep(object, finalizer)).toBe(step)
})

/** Runs one step; tells what was written and what was called, in order. */
const run = Effect.fnUntraced(function* (object: KubeObject, released: Result, answer = 200) {
  const log: Array<string> = []
  const transport = {
    request: async ({ method, body }: TransportRequest) => {
      log.push(`${method} ${Buffer.from(body ?? []).toString()}`)
      const failure = { kind: "Status", status: "Failure", code: answer }
      const chunk = Buffer.from(JSON.stringify(answer === 200 ? { ...object, written: true } : failure))
      return { status: answer, headers: {}, body: [chunk] as unknown as AsyncIterable<Uint8Array> }
    },
  }
  const result = yield* Effect.result(
    finalized(
      {
        kind: Widget,
        finalizer,
        converge: (found) =>
          Effect.sync(() => {
            log.push(`converge${"written" in found ? " what was written" : ""}`)
            return Result.Done()
          }),
        release: () =>
          Effect.sync(() => {
            log.push("release")
            return released
          }),
      },
      object,
    ).pipe(Effect.provide(clientLayer(transport))),
  )
  return { log, result }
})

it.effect("the intent is on record before the first side effect, under the version that was read", () =>
  Effect.gen(function* () {
    const { log } = yield* run(widget(["other"]), Result.Done())
    expect(log).toEqual([
      `PATCH {"metadata":{"resourceVersion":"7","finalizers":["other","example.com/x"]}}`,
      "converge what was written",
    ])
  }),
)

it.effect("nothing converges when the intent could not be recorded", () =>
  Effect.gen(function* () {
    const { log, result } = yield* run(widget([]), Result.Done(), 409)
    expect(log).toHaveLength(1)
    expect(result).toMatchObject({ failure: { reason: "Conflict" } })
  }),
)

it.effect("the finalizer goes after the release, and only then", () =>
  Effect.gen(function* () {
    const done = yield* run(widget(["other", finalizer], true), Result.Done())
    expect(done.log).toEqual(["release", `PATCH {"metadata":{"resourceVersion":"7","finalizers":["other"]}}`])
    const waiting = yield* run(widget([finalizer], true), Result.RequeueAfter({ delay: Duration.seconds(1) }))
    expect(waiting.log).toEqual(["release"])
  }),
)

it.effect("an object that is gone when its finalizer is taken away is fine", () =>
  Effect.gen(function* () {
    const { result } = yield* run(widget([finalizer], true), Result.Done(), 404)
    expect(result).toMatchObject({ success: { _tag: "Done" } })
  }),
)
