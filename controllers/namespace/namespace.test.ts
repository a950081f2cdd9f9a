import { describe, expect, it } from "@effect/vitest"
import { Context, Effect } from "effect"
import { Client, isReason } from "../../client/index.ts"
import { runController } from "../../reconciler/index.ts"
import { ConfigMap, Namespace } from "../../schemas/index.ts"
import { makeMachineWorld, startProcess } from "../../test/kit/machine-world.ts"
import { pass, settle } from "../../test/kit/settle.ts"
import { namespaceController } from "./index.ts"

const started = Effect.gen(function* () {
  const world = yield* makeMachineWorld
  yield* startProcess(world.context, runController(namespaceController))
  const client = Context.get(world.context, Client)
  yield* client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } })
  return client
})

const map = (name: string, finalizers: ReadonlyArray<string> = []): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "team", finalizers },
})

const isThere = (client: Client["Service"]) =>
  client.get(Namespace, { namespace: "", name: "team" }).pipe(
    Effect.as(true),
    Effect.catchIf(isReason("NotFound"), () => Effect.succeed(false)),
  )

const trueConditions = Effect.fnUntraced(function* (client: Client["Service"]) {
  const { status } = yield* client.get(Namespace, { namespace: "", name: "team" })
  return (status?.conditions ?? []).filter(({ status }) => status === "True").map(({ type }) => type)
})

describe("a deleted namespace", () => {
  it.effect("goes with everything in it, and with nothing outside", () =>
    Effect.gen(function* () {
      const client = yield* started
      for (const name of ["a", "b", "c"]) yield* client.create(ConfigMap, map(name))
      const outside = { ...map("a"), metadata: { name: "a", namespace: "default" } }
      yield* client.create(ConfigMap, outside)
      yield* settle
      expect(yield* isThere(client)).toBe(true)
      yield* client.delete(Namespace, { namespace: "", name: "team" })
      yield* settle
      expect(yield* isThere(client)).toBe(false)
      const left = yield* client.list(ConfigMap)
      expect(left.items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
        "default/a",
      ])
    }),
  )

  it.effect("waits for what a finalizer holds, tells so, and goes when it is let go", () =>
    Effect.gen(function* () {
      const client = yield* started
      yield* client.create(ConfigMap, map("held", ["x.dev/lock"]))
      yield* client.create(ConfigMap, map("free"))
      yield* client.delete(Namespace, { namespace: "", name: "team" })
      yield* pass(3)
      expect(yield* trueConditions(client)).toEqual([
        "NamespaceContentRemaining",
        "NamespaceFinalizersRemaining",
      ])
      const { items } = yield* client.list(ConfigMap, { namespace: "team" })
      expect(items.map(({ metadata }) => metadata.name)).toEqual(["held"])
      const value = { metadata: { finalizers: null } }
      yield* client.patch(ConfigMap, { namespace: "team", name: "held" }, { patch: { type: "merge", value } })
      yield* pass(3)
      expect(yield* isThere(client)).toBe(false)
    }),
  )
})
