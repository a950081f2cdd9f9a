/** What an informer lets in, and what it says of what keeps it from its objects. */
import { describe, expect, expectTypeOf, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import { Client, clientLayer, makeClient } from "../client/index.ts"
import type { ConfigMap as ConfigMapObject, Kind, KubeObject } from "../schemas/index.ts"
import { ConfigMap } from "../schemas/index.ts"
import { pass, settle } from "../test/kit/settle.ts"
import { makeWorld } from "../test/kit/world.ts"
import type { Validate } from "./admission.ts"
import { type InformerOptions, makeInformer } from "./informer.ts"
import { Informers } from "./informers.ts"
import { cut, event, hang, list, refuse, scriptedTransport, watch } from "./testing/scripted-transport.ts"

interface Widget extends KubeObject {
  readonly spec: { readonly size: number; readonly note?: string }
}
const Widget: Kind<Widget> = {
  group: "example.com",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
}
const widget = (name: string, resourceVersion: string, size: unknown = 1): KubeObject =>
  ({
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { name, namespace: "ns", uid: name, resourceVersion, annotations: { long: "text" } },
    spec: { size, note: "long" },
  }) as KubeObject

const sizeIsNumber: Validate = (object) =>
  typeof (object as Widget).spec?.size === "number"
    ? undefined
    : { field: "spec.size", message: "spec.size must be a number" }

/** An informer over a script; what it told and what it logged. */
const start = Effect.fnUntraced(function* (
  options: InformerOptions<Widget>,
  ...script: Parameters<typeof scriptedTransport>[0]
) {
  const { transport } = scriptedTransport(script)
  const lines: Array<string> = []
  const logger = Logger.make(({ message, logLevel }) => lines.push(`${logLevel} ${String(message)}`))
  const informer = yield* makeInformer(Widget, options).pipe(
    Effect.provide(Layer.mergeAll(clientLayer(transport), Logger.layer([logger]))),
  )
  const told: Array<string> = []
  yield* informer.subscribe(({ old, new: now }) =>
    told.push(`${old?.metadata.resourceVersion ?? "-"} > ${now?.metadata.resourceVersion ?? "-"}`),
  )
  yield* settle
  return { informer, told, lines }
})

const listed = (...items: ReadonlyArray<KubeObject>) => list(items, { resourceVersion: "10" })

describe("an object that does not fit its type", () => {
  it.effect("is left out, named with its field, and stops nothing", () =>
    Effect.gen(function* () {
      const { informer, told, lines } = yield* start(
        { validate: sizeIsNumber },
        listed(widget("a", "1", "large"), widget("b", "2")),
        watch(event("ADDED", widget("c", "11", null)), event("ADDED", widget("d", "12")), hang),
      )
      expect(told).toEqual(["- > 2", "- > 12"])
      expect(informer.refusals()).toEqual([
        {
          key: "ns/a",
          resourceVersion: "1",
          field: "spec.size",
          message: "spec.size must be a number",
          isShownAsItWas: false,
        },
        {
          key: "ns/c",
          resourceVersion: "11",
          field: "spec.size",
          message: "spec.size must be a number",
          isShownAsItWas: false,
        },
      ])
      expect(informer.counts().refused).toBe(2)
      expect(lines.filter((line) => line.includes("does not fit"))).toHaveLength(2)
    }),
  )

  it.effect("stays as it was last right, and goes when it is deleted", () =>
    Effect.gen(function* () {
      const { informer, told } = yield* start(
        { validate: sizeIsNumber },
        listed(widget("a", "1")),
        watch(event("MODIFIED", widget("a", "11", "large")), cut),
        watch(event("DELETED", widget("a", "12", "large")), hang),
      )
      expect(informer.lister.list().map(({ metadata }) => metadata.resourceVersion)).toEqual(["1"])
      expect(informer.refusals()).toMatchObject([{ key: "ns/a", isShownAsItWas: true }])
      yield* TestClock.adjust("1 second")
      yield* settle
      expect(informer.lister.list()).toEqual([])
      expect(informer.refusals()).toEqual([])
      expect(told).toEqual(["- > 1", "12 > -"])
    }),
  )

  it.effect("is refused when the check itself throws", () =>
    Effect.gen(function* () {
      const validate: Validate = () => {
        throw new Error("cannot read it")
      }
      const { informer } = yield* start({ validate }, listed(widget("a", "1")), watch(hang))
      expect(informer.refusals()).toMatchObject([{ field: "", message: "cannot read it" }])
    }),
  )

  it.effect("is not said again for each version of it", () =>
    Effect.gen(function* () {
      const { lines } = yield* start(
        { validate: sizeIsNumber },
        listed(widget("a", "1", "x")),
        watch(event("MODIFIED", widget("a", "11", "y")), event("MODIFIED", widget("a", "12", "z")), hang),
      )
      expect(lines.filter((line) => line.includes("does not fit"))).toHaveLength(1)
    }),
  )
})

describe("an informer of some fields", () => {
  it.effect("holds and tells those only, of lists, events and deletions", () =>
    Effect.gen(function* () {
      const { transport } = scriptedTransport([
        listed(widget("a", "1", 7)),
        watch(event("ADDED", widget("b", "11", 8)), event("DELETED", widget("a", "12", 7)), hang),
      ])
      const informer = yield* makeInformer(Widget, { fields: ["spec.size"] }).pipe(
        Effect.provide(clientLayer(transport)),
      )
      const told: Array<unknown> = []
      yield* informer.subscribe(({ old, new: now }) => told.push(old ?? now))
      yield* settle
      const [held] = informer.lister.list()
      expect(held?.spec).toEqual({ size: 8 })
      expect(JSON.stringify(told)).not.toContain("long")
      expectTypeOf<NonNullable<typeof held>["spec"]>().toEqualTypeOf<Pick<Widget["spec"], "size">>()
    }),
  )

  it.effect("is shared by those who name the same fields in any order", () =>
    Effect.gen(function* () {
      const { transport } = scriptedTransport([])
      const layer = Layer.provideMerge(Informers.layer(), clientLayer(transport))
      const informers = yield* Effect.provideContext(Informers, yield* Layer.build(layer))
      const one = yield* informers.get(Widget, { fields: ["spec.size", "spec.note"] })
      const same = yield* informers.get(Widget, { fields: ["spec.note", "spec.size"] })
      const other = yield* informers.get(Widget, { fields: ["spec.size"] })
      expect(same).toBe(one)
      expect(other).not.toBe(one)
    }),
  )

  it.effect("shows a write as an informer of everything does", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const informer = yield* makeInformer(ConfigMap, { fields: ["metadata.labels"] }).pipe(
        Effect.provideService(Client, world.client),
      )
      const object = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "x", namespace: "default" },
        data: { a: "b" },
      } satisfies ConfigMapObject
      const created = yield* world.client.create(ConfigMap, object)
      const written = { verb: "create", kind: ConfigMap, key: created.metadata, object: created } as const
      yield* informer.awaitSeen({ ...written, key: { namespace: "default", name: "x" } })
      expect(informer.lister.list("default")).toMatchObject([{ metadata: { name: "x" } }])
      expect(informer.lister.list("default")[0]).not.toHaveProperty("data")
    }),
  )
})

describe("a kind that cannot be read", () => {
  it.effect("because the server does not serve it is said, and asked for until it is", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const informer = yield* makeInformer(Widget).pipe(Effect.provideService(Client, world.client))
      yield* pass(5)
      expect(informer.state()).toMatchObject({
        _tag: "Stale",
        trouble: {
          reason: "NotServed",
          message:
            "the server does not serve widgets (example.com/v1 Widget): apply its CustomResourceDefinition",
        },
      })
      yield* world.define({
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: "widgets.example.com" },
        spec: {
          group: "example.com",
          scope: "Namespaced",
          names: { kind: "Widget", plural: "widgets" },
          versions: [
            {
              name: "v1",
              served: true,
              storage: true,
              schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
            },
          ],
        },
      })
      yield* pass(40)
      expect(informer.state()._tag).toBe("Watching")
    }),
  )

  it.effect("for want of a right names the user, the verb and the resource", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld()
      const nobody = { name: "system:serviceaccount:apps:fleet", groups: ["system:authenticated"] }
      const informer = yield* makeInformer(ConfigMap).pipe(
        Effect.provideService(Client, makeClient(world.transport(nobody))),
      )
      yield* pass(1)
      expect(informer.state()).toMatchObject({
        _tag: "Stale",
        trouble: {
          reason: "Forbidden",
          message:
            'user "system:serviceaccount:apps:fleet" may not list configmaps in the core API group: ' +
            "bind it to a Role or ClusterRole with the verbs list and watch on configmaps",
        },
      })
    }),
  )

  it.effect("is said with growing gaps, and at once when the reason is another", () =>
    Effect.gen(function* () {
      const { lines } = yield* start(
        {},
        ...Array.from({ length: 20 }, () => refuse(404, "NotFound")),
        refuse(403, "Forbidden"),
      )
      yield* pass(700, 10_000)
      // The 1st, 2nd, 4th, 8th and 16th; then the refusal; and then that nothing is answered.
      expect(lines.filter((line) => line.includes("informer is stale"))).toHaveLength(7)
    }),
  )
})

describe("a selective informer", () => {
  const written = (labels: { readonly [name: string]: string }) =>
    ({
      verb: "create",
      kind: Widget,
      key: { namespace: "ns", name: "n" },
      object: { ...widget("n", "99"), metadata: { ...widget("n", "99").metadata, labels } },
    }) as const

  it.effect("is waited for to show what it selects, and not for what it does not", () =>
    Effect.gen(function* () {
      const options = { labelSelector: "app in (web),!old", fieldSelector: "metadata.name=n" }
      const { informer } = yield* start(options, listed(), watch(hang))
      expect(informer.hasSeen(written({ app: "web" }))).toBe(false)
      expect(informer.hasSeen(written({ app: "db" }))).toBe(true)
      expect(informer.hasSeen(written({ app: "web", old: "" }))).toBe(true)
    }),
  )
})
