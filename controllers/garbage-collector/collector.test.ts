import { describe, expect, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { Client, type DeleteOptions } from "../../client/index.ts"
import {
  ConfigMap,
  CustomResourceDefinition,
  type Kind,
  type KubeObject,
  Namespace,
  type OwnerReference,
} from "../../schemas/index.ts"
import { makeMachineWorld, startProcess } from "../../test/kit/machine-world.ts"
import { pass, settle } from "../../test/kit/settle.ts"
import { runGarbageCollector } from "./index.ts"

interface Making {
  readonly owners?: ReadonlyArray<OwnerReference>
  readonly finalizers?: ReadonlyArray<string>
  readonly namespace?: string
}

const started = Effect.gen(function* () {
  const world = yield* makeMachineWorld
  yield* startProcess(world.context, runGarbageCollector)
  yield* settle
  const client = Context.get(world.context, Client)
  const make = (name: string, { owners = [], finalizers = [], namespace = "default" }: Making = {}) =>
    client.create(ConfigMap, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace, ownerReferences: owners, finalizers },
    })
  const remove = (name: string, propagationPolicy: DeleteOptions["propagationPolicy"]) =>
    client.delete(
      ConfigMap,
      { namespace: "default", name },
      propagationPolicy === undefined ? {} : { propagationPolicy },
    )
  const patch = (name: string, metadata: { readonly [field: string]: null | ReadonlyArray<string> }) =>
    client.patch(ConfigMap, { namespace: "default", name }, { patch: { type: "merge", value: { metadata } } })
  const names = Effect.map(client.list(ConfigMap), ({ items }) =>
    items.map(({ metadata }) => metadata.name).toSorted(),
  )
  return { world, client, make, remove, patch, names }
})

const by = (owner: KubeObject, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid ?? "",
  ...more,
})

describe("in the background", () => {
  it.effect("an object goes after its owner, and its own dependents after it", () =>
    Effect.gen(function* () {
      const { make, remove, names } = yield* started
      const owner = yield* make("owner")
      const child = yield* make("child", { owners: [by(owner)] })
      yield* make("grandchild", { owners: [by(child)] })
      yield* make("stranger")
      yield* settle
      expect(yield* names).toEqual(["child", "grandchild", "owner", "stranger"])
      yield* remove("owner", "Background")
      yield* settle
      expect(yield* names).toEqual(["stranger"])
    }),
  )

  it.effect("an object with another owner stays, and forgets the one that went", () =>
    Effect.gen(function* () {
      const { make, remove, client } = yield* started
      const first = yield* make("first")
      const second = yield* make("second")
      yield* make("child", { owners: [by(first), by(second)] })
      yield* settle
      yield* remove("first", "Background")
      yield* settle
      const child = yield* client.get(ConfigMap, { namespace: "default", name: "child" })
      expect(child.metadata.ownerReferences?.map(({ name }) => name)).toEqual(["second"])
    }),
  )

  it.effect("an owner of the right name and another uid is absent", () =>
    Effect.gen(function* () {
      const { make, names } = yield* started
      const owner = yield* make("owner")
      yield* make("child", { owners: [by(owner, { uid: "11111111-1111-1111-1111-111111111111" })] })
      yield* settle
      expect(yield* names).toEqual(["owner"])
    }),
  )

  it.effect("an owner in another namespace is absent", () =>
    Effect.gen(function* () {
      const { make, names, client } = yield* started
      yield* client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "other" } })
      const owner = yield* make("owner", { namespace: "other" })
      yield* make("child", { owners: [by(owner)] })
      yield* settle
      expect(yield* names).toEqual(["owner"])
    }),
  )

  it.effect("a namespaced object goes after an owner outside of namespaces", () =>
    Effect.gen(function* () {
      const { make, names, client } = yield* started
      const owner = yield* client.create(Namespace, {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "other" },
      })
      yield* make("stays", { owners: [by(owner)] })
      yield* make("goes", { owners: [by(owner, { name: "gone" })] })
      yield* settle
      expect(yield* names).toEqual(["stays"])
    }),
  )

  it.effect("what was orphaned while nobody collected goes when somebody does", () =>
    Effect.gen(function* () {
      const world = yield* makeMachineWorld
      const client = Context.get(world.context, Client)
      const metadata = { name: "child", namespace: "default" }
      const owners = [{ apiVersion: "v1", kind: "ConfigMap", name: "gone", uid: "1" }]
      yield* client.create(ConfigMap, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { ...metadata, ownerReferences: owners },
      })
      yield* startProcess(world.context, runGarbageCollector)
      yield* pass(10)
      expect((yield* client.list(ConfigMap)).items).toEqual([])
    }),
  )
})

describe("in the foreground", () => {
  it.effect("an owner waits for dependents that block, and not for others", () =>
    Effect.gen(function* () {
      const { make, remove, patch, names } = yield* started
      const owner = yield* make("owner")
      yield* make("blocking", {
        owners: [by(owner, { blockOwnerDeletion: true })],
        finalizers: ["x.dev/lock"],
      })
      yield* make("free", { owners: [by(owner)], finalizers: ["x.dev/lock"] })
      yield* settle
      yield* remove("owner", "Foreground")
      yield* settle
      expect(yield* names).toEqual(["blocking", "free", "owner"])
      yield* patch("blocking", { finalizers: null })
      yield* settle
      expect(yield* names).toEqual(["free"])
    }),
  )

  it.effect("dependents of dependents go first", () =>
    Effect.gen(function* () {
      const { make, remove, patch, names } = yield* started
      const owner = yield* make("owner")
      const child = yield* make("child", { owners: [by(owner, { blockOwnerDeletion: true })] })
      yield* make("grandchild", {
        owners: [by(child, { blockOwnerDeletion: true })],
        finalizers: ["x.dev/lock"],
      })
      yield* settle
      yield* remove("owner", "Foreground")
      yield* settle
      expect(yield* names).toEqual(["child", "grandchild", "owner"])
      yield* patch("grandchild", { finalizers: null })
      yield* settle
      expect(yield* names).toEqual([])
    }),
  )

  it.effect("a cycle does not wait for itself", () =>
    Effect.gen(function* () {
      const { make, remove, client, names } = yield* started
      const a = yield* make("a")
      const b = yield* make("b", { owners: [by(a, { blockOwnerDeletion: true })] })
      const ownerReferences = [{ ...by(b, { blockOwnerDeletion: true }) }]
      const value = { metadata: { ownerReferences } }
      yield* client.patch(ConfigMap, { namespace: "default", name: "a" }, { patch: { type: "merge", value } })
      yield* settle
      yield* remove("a", "Foreground")
      yield* pass(2)
      expect(yield* names).toEqual([])
    }),
  )
})

describe("orphaning", () => {
  it.effect("lets dependents live without their owner", () =>
    Effect.gen(function* () {
      const { make, remove, client, names } = yield* started
      const owner = yield* make("owner")
      yield* make("child", { owners: [by(owner)] })
      yield* settle
      yield* remove("owner", "Orphan")
      yield* settle
      expect(yield* names).toEqual(["child"])
      const child = yield* client.get(ConfigMap, { namespace: "default", name: "child" })
      expect(child.metadata.ownerReferences ?? []).toEqual([])
    }),
  )
})

describe("kinds that come and go", () => {
  const Widget: Kind = { group: "x.dev", version: "v1", kind: "Widget", plural: "widgets", namespaced: true }
  const definition: CustomResourceDefinition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.x.dev" },
    spec: {
      group: "x.dev",
      scope: "Namespaced",
      names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
      versions: [
        { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } },
      ],
    },
  }
  const widget: KubeObject = {
    apiVersion: "x.dev/v1",
    kind: "Widget",
    metadata: { name: "w", namespace: "default" },
  }

  it.effect("are collected as soon as they are served", () =>
    Effect.gen(function* () {
      const { make, names, client } = yield* started
      yield* client.create(CustomResourceDefinition, definition)
      yield* pass(2)
      const owner = yield* client.create(Widget, widget)
      yield* make("child", { owners: [by(owner)] })
      yield* pass(2)
      expect(yield* names).toEqual(["child"])
      yield* client.delete(Widget, { namespace: "default", name: "w" })
      yield* pass(2)
      expect(yield* names).toEqual([])
    }),
  )

  it.effect("hold what they own while nobody serves them", () =>
    Effect.gen(function* () {
      const { make, names, client } = yield* started
      yield* make("child", { owners: [by({ ...widget, metadata: { name: "w", uid: "1" } })] })
      yield* pass(60)
      expect(yield* names).toEqual(["child"])
      yield* client.create(CustomResourceDefinition, definition)
      yield* pass(40)
      expect(yield* names).toEqual([])
    }),
  )
})
