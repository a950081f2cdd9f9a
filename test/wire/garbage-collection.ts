/** Statements 2.6.72 to 2.6.78: garbage collection, by the collector that the daemon runs, over the server under test. */
import { describe, expect } from "vitest"
import { runGarbageCollector } from "../../controllers/index.ts"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { withControllers } from "./controllers-at-work.ts"
import {
  at,
  configMap,
  configMaps,
  defineWidgets,
  namesOf,
  versionOf,
  type World,
  widget,
  widgets,
} from "./documents.ts"
import { type OpenServer, type Suite, statementsOf } from "./suite.ts"

/** Statements whose server has a collector. */
const collectedStatementsOf = (openServer: OpenServer) => {
  const statement = statementsOf(openServer)
  return (title: string, body: (world: World) => Promise<void>): void =>
    statement(title, (world) => withControllers(world, runGarbageCollector, () => body(world)))
}

/** A reference to an object as an owner. */
export const ownerOf = (object: JsonObject, more: { readonly [field: string]: Json } = {}): JsonObject => ({
  apiVersion: String(object.apiVersion),
  kind: String(object.kind),
  name: String(at(object, "metadata.name")),
  uid: String(at(object, "metadata.uid")),
  ...more,
})

interface Making {
  readonly owners?: ReadonlyArray<JsonObject>
  readonly finalizers?: ReadonlyArray<string>
}

/** A ConfigMap of these owners. */
export const make = async (world: World, name: string, { owners = [], finalizers = [] }: Making = {}) => {
  const metadata = { ownerReferences: owners, finalizers } as unknown as JsonObject
  const { status, json, text } = await world.post(configMaps, configMap(name, {}, metadata))
  if (status !== 201) throw new Error(text)
  return json
}

const names = async (world: World) => namesOf(await world.get(configMaps))
const becomes = (world: World, expected: ReadonlyArray<string>) =>
  expect.poll(() => names(world), { timeout: 8_000, interval: 20 }).toEqual(expected)
const remove = (world: World, name: string, propagationPolicy: string) =>
  world.delete(`${configMaps}/${name}`, { propagationPolicy })
/** Long enough for the collector to have acted, had it meant to: a later deletion of its own is through. */
const afterAnother = async (world: World): Promise<void> => {
  const owner = await make(world, "zz-owner")
  await make(world, "zz-owned", { owners: [ownerOf(owner)] })
  const before = (await names(world)).filter((each) => !String(each).startsWith("zz-"))
  await remove(world, "zz-owner", "Background")
  await becomes(world, before.map(String))
}

export const garbageCollectionSuite: Suite = (name, openServer) => {
  const statement = collectedStatementsOf(openServer)
  describe(`${name}: 2.6 garbage collection`, () => {
    statement("2.6.72 an object goes when the last of its owners has", async (world) => {
      const a = await make(world, "a")
      const b = await make(world, "b")
      await make(world, "child", { owners: [ownerOf(a), ownerOf(b)] })
      await make(world, "grandchild", { owners: [ownerOf((await world.get(`${configMaps}/child`)).json)] })
      await remove(world, "a", "Background")
      await expect
        .poll(async () => at((await world.get(`${configMaps}/child`)).json, "metadata.ownerReferences.1"), {
          timeout: 8_000,
        })
        .toBeUndefined()
      expect(await names(world)).toEqual(["b", "child", "grandchild"])
      await remove(world, "b", "Background")
      await becomes(world, [])
    })

    statement("2.6.72 an owner of the same name with another uid is none", async (world) => {
      const owner = await make(world, "owner")
      await make(world, "stale", { owners: [ownerOf(owner, { uid: "another" })] })
      await becomes(world, ["owner"])
    })

    statement(
      "2.6.73 in the foreground an owner waits for those that block it, and for no others",
      async (world) => {
        const owner = await make(world, "owner")
        await make(world, "blocks", {
          owners: [ownerOf(owner, { blockOwnerDeletion: true })],
          finalizers: ["example.com/x"],
        })
        await make(world, "lags", { owners: [ownerOf(owner)], finalizers: ["example.com/x"] })
        await remove(world, "owner", "Foreground")
        await expect
          .poll(
            async () => at((await world.get(`${configMaps}/blocks`)).json, "metadata.deletionTimestamp"),
            { timeout: 8_000 },
          )
          .toEqual(expect.any(String))
        expect(await names(world)).toEqual(["blocks", "lags", "owner"])
        await world.patch(`${configMaps}/blocks`, "merge", { metadata: { finalizers: null } })
        await becomes(world, ["lags"])
      },
    )

    statement("2.6.74 orphans lose their reference before the owner goes", async (world) => {
      const owner = await make(world, "owner")
      await make(world, "child", { owners: [ownerOf(owner)] })
      await remove(world, "owner", "Orphan")
      await becomes(world, ["child"])
      expect(at((await world.get(`${configMaps}/child`)).json, "metadata.ownerReferences")).toBeUndefined()
      await afterAnother(world)
      expect(await names(world)).toEqual(["child"])
    })

    statement(
      "2.6.75 an owner in another namespace is absent, and one in a namespace is none for the cluster",
      async (world) => {
        await world.post("/api/v1/namespaces", {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name: "other" },
        })
        const far = await world.post("/api/v1/namespaces/other/configmaps", configMap("far"))
        await make(world, "child", { owners: [ownerOf(far.json)] })
        await becomes(world, [])
        await defineWidgets(world, { scope: "Cluster" })
        const wide = "/apis/example.com/v1/widgets"
        const owned = { ownerReferences: [ownerOf(far.json)] } as unknown as JsonObject
        await world.post(wide, { ...widget("kept"), metadata: { name: "kept", ...owned } })
        await afterAnother(world)
        expect(namesOf(await world.get(wide))).toEqual(["kept"])
      },
    )

    statement("2.6.76 an owner of an unknown kind keeps its dependents", async (world) => {
      await make(world, "kept", {
        owners: [{ apiVersion: "none.example.com/v1", kind: "Nothing", name: "x", uid: "y" }],
      })
      await afterAnother(world)
      expect(await names(world)).toEqual(["kept"])
    })

    statement("2.6.77 a circle of owners is no deadlock", async (world) => {
      const made = [await make(world, "a"), await make(world, "b"), await make(world, "c")]
      for (const [index, each] of ["b", "c", "a"].entries()) {
        const owner = ownerOf(made[index] ?? {}, { blockOwnerDeletion: true })
        await world.patch(`${configMaps}/${each}`, "merge", { metadata: { ownerReferences: [owner] } })
      }
      await remove(world, "a", "Foreground")
      await becomes(world, [])
    })

    statement("2.6.78 an object that is adopted in time is kept", async (world) => {
      const first = await make(world, "first")
      const second = await make(world, "second")
      const child = await make(world, "child", { owners: [ownerOf(first)] })
      await world.patch(`${configMaps}/child`, "merge", {
        metadata: { ownerReferences: [ownerOf(second)], resourceVersion: versionOf(child) },
      })
      await remove(world, "first", "Background")
      await afterAnother(world)
      expect(await names(world)).toEqual(["child", "second"])
    })

    statement("2.6.72 objects of custom kinds are collected as well", async (world) => {
      await defineWidgets(world)
      const owner = await make(world, "owner")
      await world.post(widgets, widget("child", {}, { ownerReferences: [ownerOf(owner)] as unknown as Json }))
      await remove(world, "owner", "Background")
      await expect.poll(async () => namesOf(await world.get(widgets)), { timeout: 8_000 }).toEqual([])
    })
  })
}
