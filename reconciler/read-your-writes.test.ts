import { expect, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Client, clientLayer, type Written } from "../client/index.ts"
import type { Kind } from "../schemas/index.ts"
import { Informers } from "./informers.ts"
import { awaitShown, OwnWrites } from "./read-your-writes.ts"
import {
  event,
  hang,
  list,
  refuse,
  scriptedTransport,
  unreachable,
  watch,
} from "./testing/scripted-transport.ts"

const Widget: Kind = {
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
}
const settle = Effect.yieldNow.pipe(Effect.repeat({ times: 60 }))
const key = { namespace: "ns", name: "a" }
const widget = (resourceVersion: string) => ({
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { ...key, uid: "u", resourceVersion },
})
const update = (resourceVersion: string): Written => ({
  verb: "update",
  kind: Widget,
  key,
  object: widget(resourceVersion),
})

/** Informers of a world whose server says these things in turn, and a wait for writes in it. */
const start = Effect.fnUntraced(function* (...script: Parameters<typeof scriptedTransport>[0]) {
  const { transport } = scriptedTransport(script)
  const context = yield* Layer.build(Layer.provideMerge(Informers.layer(), clientLayer(transport)))
  const world = yield* Effect.provideContext(
    Effect.gen(function* () {
      return { client: yield* Client, informers: yield* Informers }
    }),
    context,
  )
  const holder = yield* Scope.make()
  yield* Scope.provide(world.informers.get(Widget), holder)
  yield* settle
  const wait = Effect.fnUntraced(function* (writes: OwnWrites) {
    const fiber = yield* Effect.forkChild(awaitShown(world, writes))
    yield* settle
    return () => {
      const exit = fiber.pollUnsafe()
      return exit !== undefined && Exit.isSuccess(exit) ? exit.value : undefined
    }
  })
  return { world, wait, stop: Scope.close(holder, Exit.void) }
})

const listed = list([widget("5")], { resourceVersion: "5" })

it.effect("the last write to each object counts", () =>
  Effect.gen(function* () {
    const { world } = yield* start(listed, watch(event("MODIFIED", widget("8")), hang))
    const writes = new OwnWrites()
    writes.note(update("9"))
    expect(writes.areShown(world.informers)).toBe(false)
    writes.note(update("8"))
    expect(writes.areShown(world.informers)).toBe(true)
  }),
)

it.effect("a write without an answer is asked about until there is one, and then waited for", () =>
  Effect.gen(function* () {
    const answer: typeof unreachable = async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        yield Buffer.from(JSON.stringify(widget("7")))
      })(),
    })
    const relisted = list([widget("7")], { resourceVersion: "7" })
    const { wait } = yield* start(listed, watch(hang), unreachable, answer, relisted, watch(hang))
    const writes = new OwnWrites()
    writes.noteUnanswered({ verb: "update", kind: Widget, key })
    const result = yield* wait(writes)
    yield* TestClock.adjust("1 second")
    yield* settle
    expect([result(), writes.unanswered]).toEqual([undefined, []])
    yield* TestClock.adjust("11 seconds")
    yield* settle
    expect(result()).toBe(true)
  }),
)

it.effect("a create that did not happen, and an object that may not be read, are not waited for", () =>
  Effect.gen(function* () {
    for (const refusal of [refuse(404, "NotFound"), refuse(403, "Forbidden")]) {
      const { wait } = yield* start(list([], { resourceVersion: "5" }), watch(hang), refusal)
      const writes = new OwnWrites()
      writes.noteUnanswered({ verb: "create", kind: Widget, key })
      expect((yield* wait(writes))()).toBe(true)
    }
  }),
)

it.effect("an informer that stops is not waited for", () =>
  Effect.gen(function* () {
    const { wait, stop } = yield* start(listed, watch(hang))
    const writes = new OwnWrites()
    writes.note(update("9"))
    const result = yield* wait(writes)
    yield* stop
    yield* TestClock.adjust("10 seconds")
    yield* settle
    expect(result()).toBe(true)
  }),
)
