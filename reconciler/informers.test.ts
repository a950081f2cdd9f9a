import { expect, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import { clientLayer } from "../client/index.ts"
import type { Kind } from "../schemas/index.ts"
import { Informers } from "./informers.ts"
import { hang, list, scriptedTransport, watch } from "./testing/scripted-transport.ts"

const Widget: Kind = {
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
}
const settle = Effect.yieldNow.pipe(Effect.repeat({ times: 40 }))

const answers = Array.from({ length: 4 }, () => [list([], { resourceVersion: "5" }), watch(hang)]).flat()

/** Informers over a server that answers lists and watches in turn. */
const start = Effect.gen(function* () {
  const { transport, asked } = scriptedTransport(answers)
  const layer = Layer.provideMerge(Informers.layer(), clientLayer(transport))
  const informers = yield* Effect.provideContext(Informers, yield* Layer.build(layer))
  return { informers, asked }
})

it.effect("those who ask for the same share one; another selection is another", () =>
  Effect.gen(function* () {
    const { informers, asked } = yield* start
    const first = yield* informers.get(Widget)
    yield* settle
    const second = yield* informers.get(Widget, { namespace: "", labelSelector: "" })
    yield* settle
    expect(second).toBe(first)
    expect(asked).toHaveLength(2)
    const other = yield* informers.get(Widget, { namespace: "ns" })
    yield* settle
    expect(other).not.toBe(first)
    expect(asked).toHaveLength(4)
    expect(informers.running()).toHaveLength(2)
  }),
)

it.effect("one runs as long as somebody holds it, and no longer", () =>
  Effect.gen(function* () {
    const { informers } = yield* start
    const [a, b] = [yield* Scope.make(), yield* Scope.make()]
    yield* Scope.provide(informers.get(Widget), a)
    yield* Scope.provide(informers.get(Widget), b)
    yield* Scope.close(a, Exit.void)
    expect(informers.running()).toHaveLength(1)
    yield* Scope.close(b, Exit.void)
    expect(informers.running()).toEqual([])
  }),
)

it.effect("indexes of all who ask are there for all", () =>
  Effect.gen(function* () {
    const { informers } = yield* start
    const first = yield* informers.get(Widget, { indexes: { one: () => ["x"] } })
    yield* informers.get(Widget, { indexes: { two: () => ["y"] } })
    expect([first.lister.byIndex("one", "x"), first.lister.byIndex("two", "y")]).toEqual([[], []])
    expect(() => first.lister.byIndex("three", "z")).toThrow()
  }),
)

it.effect("those that have yet to show a write are named, by kind and namespace", () =>
  Effect.gen(function* () {
    const { informers } = yield* start
    const all = yield* informers.get(Widget)
    yield* informers.get(Widget, { namespace: "elsewhere" })
    yield* settle
    const behind = (kind: Kind, resourceVersion: string) =>
      informers.behind({
        verb: "update",
        kind,
        key: { namespace: "ns", name: "a" },
        object: { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "a", resourceVersion } },
      })
    expect(behind(Widget, "6")).toEqual([all])
    expect(behind(Widget, "5")).toEqual([])
    expect(behind({ ...Widget, plural: "others" }, "6")).toEqual([])
  }),
)
