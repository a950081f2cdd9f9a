/** Discovery and OpenAPI where there are many kinds: what a change concerns is told anew, and large documents arrive whole. */
import { expect, test } from "vitest"
import type { Json, JsonObject } from "../schemas/index.ts"
import { limits } from "./limits.ts"
import { at, crds, type World, withServer } from "./test-world.ts"

/** A kind whose schema takes so many bytes. */
const kindIn = (group: string, index: number, bytes = 100): JsonObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `things${index}.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: { plural: `things${index}`, kind: `Thing${index}` },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", description: "d".repeat(bytes) } },
      },
    ],
  },
})

const define = async (world: World, crd: JsonObject): Promise<void> => {
  expect((await world.post(crds, crd)).json.message).toBeUndefined()
}

const hashesOf = (index: JsonObject): ReadonlyMap<string, Json | undefined> =>
  new Map(Object.entries(index.paths ?? {}).map(([path, found]) => [path, at(found, "serverRelativeURL")]))

test(
  "a new kind changes the name of its group's document and of no other, and takes it back when it goes",
  withServer(async (world) => {
    await define(world, kindIn("one.example.com", 1))
    await define(world, kindIn("two.example.com", 1))
    const before = hashesOf((await world.get("/openapi/v3")).json)
    await define(world, kindIn("two.example.com", 2))
    const after = hashesOf((await world.get("/openapi/v3")).json)
    const changed = [...after].filter(([path, url]) => before.get(path) !== url).map(([path]) => path)
    expect(changed).toEqual(["apis/two.example.com/v1"])
    await world.delete(`${crds}/things2.two.example.com`)
    await expect
      .poll(async () => hashesOf((await world.get("/openapi/v3")).json).get("apis/two.example.com/v1"))
      .toBe(before.get("apis/two.example.com/v1"))
  }),
)

test(
  "a document has the name that the index gives it, in whatever order its kinds came",
  withServer(async (world) => {
    for (const index of [2, 1, 3]) await define(world, kindIn("one.example.com", index))
    const url = String(hashesOf((await world.get("/openapi/v3")).json).get("apis/one.example.com/v1"))
    const first = await world.get(url)
    expect(url).toBe(`/openapi/v3/apis/one.example.com/v1?hash=${first.headers.etag?.replaceAll('"', "")}`)
    // Written again, it is the last of its group to have come.
    await world.patch(`${crds}/things1.one.example.com`, "merge", { metadata: { labels: { a: "b" } } })
    await world.patch(`${crds}/things2.one.example.com`, "merge", {
      spec: { names: { shortNames: ["th"] } },
    })
    await world.patch(`${crds}/things2.one.example.com`, "merge", { spec: { names: { shortNames: null } } })
    const again = await world.get("/openapi/v3/apis/one.example.com/v1")
    expect([again.headers.etag, again.text]).toEqual([first.headers.etag, first.text])
  }),
)

test(
  "documents that are too large to be kept arrive whole",
  withServer(async (world) => {
    const count = 12
    const bytes = limits.openapiDocumentBytesMax / 8
    for (let index = 0; index < count; index++) await define(world, kindIn("one.example.com", index, bytes))
    const { json, headers } = await world.get("/openapi/v3/apis/one.example.com/v1")
    const schemas = at(json, "components.schemas") as JsonObject
    for (let index = 0; index < count; index++) {
      expect(at(schemas[`com.example.one.v1.Thing${index}`], "description")).toHaveLength(bytes)
    }
    const again = await world.get("/openapi/v3/apis/one.example.com/v1", {
      headers: { "if-none-match": headers.etag ?? "" },
    })
    expect(again.status).toBe(304)
    const old = await world.get("/openapi/v2")
    for (let index = 0; index < count; index++)
      expect(old.text).toContain(`com.example.one.v1.Thing${index}List`)
  }),
)

test(
  "discovery tells a new kind at once, and a gone one no longer",
  withServer(async (world) => {
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    const told = async (): Promise<ReadonlyArray<string>> => {
      const aggregated = (await world.get("/apis", { headers: { accept } })).text
      const groups = (await world.get("/apis")).text
      const list = (await world.get("/apis/one.example.com/v1")).text
      return [aggregated, groups, list].map((text) =>
        text.match(/things1|one\.example\.com/) ? "told" : "not",
      )
    }
    expect(await told()).toEqual(["not", "not", "not"])
    await define(world, kindIn("one.example.com", 1))
    expect(await told()).toEqual(["told", "told", "told"])
    await world.delete(`${crds}/things1.one.example.com`)
    await expect.poll(told).toEqual(["not", "not", "not"])
  }),
)

test(
  "a definition whose names are taken is served when they are free, though many others are there",
  withServer(async (world) => {
    for (let index = 0; index < 20; index++) await define(world, kindIn("one.example.com", index))
    const rival = kindIn("one.example.com", 99)
    const names = { plural: "things99", kind: "Thing5" }
    await define(world, { ...rival, spec: { ...(rival.spec as JsonObject), names } })
    const rivals = "/apis/one.example.com/v1/namespaces/default/things99"
    expect((await world.get(rivals)).status).toBe(404)
    await world.delete(`${crds}/things4.one.example.com`)
    await world.delete(`${crds}/things5.one.example.com`)
    await expect.poll(async () => (await world.get(rivals)).status).toBe(200)
  }),
)
