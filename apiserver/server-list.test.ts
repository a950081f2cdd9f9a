import { expect, test } from "vitest"
import type { Json, JsonObject } from "../schemas/index.ts"
import { limits } from "./limits.ts"
import {
  at,
  configMap,
  configMaps,
  crds,
  type World,
  widget,
  widgets,
  widgetsCrd,
  withServer,
} from "./test-world.ts"

const names = (list: JsonObject): ReadonlyArray<Json | undefined> =>
  (list.items as unknown as ReadonlyArray<Json>).map((item) => at(item, "metadata.name"))

const fill = async (world: World, count: number): Promise<void> => {
  for (let n = 0; n < count; n++) {
    await world.post(
      configMaps,
      configMap(`c${n}`, { n: String(n) }, { labels: { parity: n % 2 === 0 ? "even" : "odd" } }),
    )
  }
}

test(
  "a list is ordered by name, has a revision, and an empty one has no items",
  withServer(async (world) => {
    expect((await world.get(configMaps)).json.items).toEqual([])
    for (const name of ["c", "a", "b"]) await world.post(configMaps, configMap(name))
    const { json } = await world.get(configMaps)
    expect(names(json)).toEqual(["a", "b", "c"])
    expect([json.kind, json.apiVersion]).toEqual(["ConfigMapList", "v1"])
    expect(at(json, "metadata.resourceVersion")).toMatch(/^\d+$/)
  }),
)

test(
  "a list of all namespaces has the objects of each, a list of one only its own",
  withServer(async (world) => {
    await world.post("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "other" },
    })
    await world.post(configMaps, configMap("a"))
    await world.post("/api/v1/namespaces/other/configmaps", configMap("b"))
    expect(names((await world.get("/api/v1/configmaps")).json)).toEqual(["a", "b"])
    expect(names((await world.get("/api/v1/namespaces/other/configmaps")).json)).toEqual(["b"])
  }),
)

test.each([
  ["labelSelector=parity%3Deven", ["c0", "c2"]],
  ["labelSelector=parity%20in%20(odd)", ["c1", "c3"]],
  ["labelSelector=!parity", []],
  ["fieldSelector=metadata.name%3Dc1", ["c1"]],
  ["fieldSelector=metadata.name!%3Dc1,metadata.namespace%3Ddefault", ["c0", "c2", "c3"]],
  ["fieldSelector=metadata.name%3Dnone", []],
])("%s selects", (query, want) =>
  withServer(async (world) => {
    await fill(world, 4)
    expect(names((await world.get(`${configMaps}?${query}`)).json)).toEqual(want)
  })(),
)

test(
  "a custom resource is selected by its selectable fields",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    await world.post(widgets, widget("a", { color: "blue" }))
    await world.post(widgets, widget("b", { color: "red" }))
    expect(names((await world.get(`${widgets}?fieldSelector=spec.color%3Dblue`)).json)).toEqual(["a"])
  }),
)

test.each([
  ["labelSelector=a%20b%20c", 400, "BadRequest"],
  ["fieldSelector=data.k%3Dv", 400, "BadRequest"],
  ["resourceVersion=abc", 400, "BadRequest"],
  ["continue=nonsense", 400, "BadRequest"],
  ["continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi8uLi8ifQ", 400, "BadRequest"],
  ["limit=many", 400, "BadRequest"],
  ["resourceVersionMatch=Exact", 422, "Invalid"],
  ["resourceVersionMatch=Sometimes&resourceVersion=1", 422, "Invalid"],
  ["resourceVersionMatch=Exact&resourceVersion=0", 422, "Invalid"],
  ["sendInitialEvents=true", 422, "Invalid"],
  ["resourceVersion=100000", 504, "Timeout"],
  ["resourceVersionMatch=Exact&resourceVersion=100000", 504, "Timeout"],
] as const)("a list with %s is refused", (query, status, reason) =>
  withServer(async (world) => {
    const answering = world.get(`${configMaps}?${query}`)
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    world.ambient.advance(10_000)
    const { json, ...answer } = await answering
    expect([answer.status, json.reason]).toEqual([status, reason])
    if (reason === "Timeout") expect(at(json, "details.causes.0.reason")).toBe("ResourceVersionTooLarge")
  })(),
)

test(
  "pages are all of the first page's revision, whatever was written meanwhile",
  withServer(async (world) => {
    await fill(world, 5)
    const first = await world.get(`${configMaps}?limit=2`)
    expect([names(first.json), at(first.json, "metadata.remainingItemCount")]).toEqual([["c0", "c1"], 3])
    await world.delete(`${configMaps}/c3`)
    await world.post(configMaps, configMap("c2a"))
    await world.patch(`${configMaps}/c2`, "merge", { data: { n: "changed" } })
    const second = await world.get(`${configMaps}?limit=2&continue=${at(first.json, "metadata.continue")}`)
    expect([names(second.json), at(second.json, "metadata.remainingItemCount")]).toEqual([["c2", "c3"], 1])
    expect(at(second.json, "items.0.data.n")).toBe("2")
    const last = await world.get(`${configMaps}?limit=2&continue=${at(second.json, "metadata.continue")}`)
    expect([names(last.json), at(last.json, "metadata.continue")]).toEqual([["c4"], undefined])
    const revisions = [first, second, last].map(({ json }) => at(json, "metadata.resourceVersion"))
    expect(new Set(revisions).size).toBe(1)
  }),
)

test(
  "pages of a selection do not say how many remain, and lose nothing",
  withServer(async (world) => {
    await fill(world, 7)
    const found: Array<Json | undefined> = []
    let token = ""
    do {
      const { json } = await world.get(`${configMaps}?labelSelector=parity%3Deven&limit=1&continue=${token}`)
      found.push(...names(json))
      expect(at(json, "metadata.remainingItemCount")).toBeUndefined()
      token = String(at(json, "metadata.continue") ?? "")
      await world.post(configMaps, configMap(`z${found.length}`, {}, { labels: { parity: "even" } }))
    } while (token !== "")
    expect(found).toEqual(["c0", "c2", "c4", "c6"])
  }),
)

test(
  "a token of a compacted revision is answered with one that continues at the newest",
  withServer(async (world) => {
    await fill(world, 3)
    const first = await world.get(`${configMaps}?limit=1`)
    await world.post(configMaps, configMap("c9"))
    const { revision } = await world.store.get("x")
    await world.store.compact(revision)
    const expired = await world.get(`${configMaps}?limit=1&continue=${at(first.json, "metadata.continue")}`)
    expect([expired.status, expired.json.reason]).toEqual([410, "Expired"])
    expect(String(expired.json.message)).toMatch(
      /^The provided continue parameter is too old to display a consistent list/,
    )
    const rest = await world.get(`${configMaps}?continue=${at(expired.json, "metadata.continue")}`)
    expect(names(rest.json)).toEqual(["c1", "c2", "c9"])
    expect(at(rest.json, "metadata.resourceVersion")).toBe(String(revision))
  }),
)

test(
  "an exact list is the collection as it was",
  withServer(async (world) => {
    await fill(world, 2)
    const then = at((await world.get(configMaps)).json, "metadata.resourceVersion")
    await world.delete(`${configMaps}/c0`)
    const exact = await world.get(`${configMaps}?resourceVersionMatch=Exact&resourceVersion=${then}`)
    expect([names(exact.json), at(exact.json, "metadata.resourceVersion")]).toEqual([["c0", "c1"], then])
    const notOlder = await world.get(
      `${configMaps}?resourceVersionMatch=NotOlderThan&resourceVersion=${then}`,
    )
    expect(names(notOlder.json)).toEqual(["c1"])
  }),
)

test(
  "an exact list at a compacted revision is Expired",
  withServer(async (world) => {
    await fill(world, 2)
    const { revision } = await world.store.get("x")
    await world.store.compact(revision)
    const answer = await world.get(`${configMaps}?resourceVersionMatch=Exact&resourceVersion=2`)
    expect([answer.status, answer.json.reason]).toEqual([410, "Expired"])
  }),
)

test(
  "a large list is streamed whole, compressed where the client takes it",
  withServer(async (world) => {
    for (let n = 0; n < 6; n++) await world.post(configMaps, configMap(`big${n}`, { k: "x".repeat(100_000) }))
    const plain = await world.get(configMaps)
    expect(names(plain.json)).toHaveLength(6)
    const transport = world.server.inProcess({ name: "a", groups: ["system:masters"] })
    const response = await transport.request({
      method: "GET",
      path: configMaps,
      headers: { "accept-encoding": "gzip" },
    })
    expect(response.headers["content-encoding"]).toBe("gzip")
    const chunks: Uint8Array[] = []
    for await (const chunk of response.body) chunks.push(chunk)
    const { gunzipSync } = await import("node:zlib")
    expect(gunzipSync(Buffer.concat(chunks)).toString()).toBe(plain.text)
  }),
)

test(
  "a Table has the version's columns, and rows with what was asked for",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    await world.post(widgets, widget("w", { color: "blue" }))
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    const table = await world.get(widgets, { headers: { accept } })
    expect(table.json.kind).toBe("Table")
    expect(at(table.json, "columnDefinitions.1.name")).toBe("Color")
    expect(at(table.json, "rows.0.cells")).toEqual(["w", "blue"])
    expect(at(table.json, "rows.0.object.kind")).toBe("PartialObjectMetadata")
    const full = await world.get(`${widgets}/w?includeObject=Object`, { headers: { accept } })
    expect(at(full.json, "rows.0.object.spec.color")).toBe("blue")
    expect((await world.get(`${widgets}?includeObject=Some`, { headers: { accept } })).status).toBe(400)
  }),
)

test(
  "metadata alone is given as PartialObjectMetadata, its list only to lists",
  withServer(async (world) => {
    await world.post(configMaps, configMap("a", { k: "v" }))
    const accept = (as: string) => ({ headers: { accept: `application/json;as=${as};g=meta.k8s.io;v=v1` } })
    const one = await world.get(`${configMaps}/a`, accept("PartialObjectMetadata"))
    expect([one.json.kind, one.json.data]).toEqual(["PartialObjectMetadata", undefined])
    const list = await world.get(configMaps, accept("PartialObjectMetadataList"))
    expect([list.json.kind, at(list.json, "items.0.kind")]).toEqual([
      "PartialObjectMetadataList",
      "PartialObjectMetadata",
    ])
    expect((await world.get(configMaps, accept("PartialObjectMetadata"))).status).toBe(406)
  }),
)

test(
  "YAML and indented JSON are given when asked for",
  withServer(async (world) => {
    await world.post(configMaps, configMap("a", { k: "v" }))
    const yaml = await world.get(`${configMaps}/a`, { headers: { accept: "application/yaml" } })
    expect(yaml.text).toMatch(/^apiVersion: v1\nkind: ConfigMap\n/)
    expect((await world.get(`${configMaps}/a?pretty=true`)).text).toContain('\n  "kind": "ConfigMap"')
    expect((await world.get(`${configMaps}/a`, { headers: { "user-agent": "curl/8" } })).text).toContain(
      "\n  ",
    )
    expect((await world.get(`${configMaps}/a`, { headers: { accept: "text/html" } })).status).toBe(406)
  }),
)

test(
  "deletecollection deletes what is selected, and answers with it",
  withServer(async (world) => {
    await fill(world, 4)
    const answer = await world.delete(`${configMaps}?labelSelector=parity%3Deven`)
    expect([answer.json.kind, names(answer.json)]).toEqual(["ConfigMapList", ["c0", "c2"]])
    expect(names((await world.get(configMaps)).json)).toEqual(["c1", "c3"])
  }),
)

test(
  "a list of the past is given in pages of bounded size, with no limit asked for",
  withServer(async (world) => {
    const size = limits.pastPageBytesMax / 8
    for (let n = 0; n < 20; n++)
      await world.post(configMaps, configMap(`c${n + 10}`, { k: "x".repeat(size) }))
    const revision = at((await world.get(configMaps)).json, "metadata.resourceVersion")
    await world.delete(`${configMaps}/c15`)
    const first = await world.get(`${configMaps}?resourceVersion=${revision}&resourceVersionMatch=Exact`)
    const pages = [first.json]
    for (let page = first.json; at(page, "metadata.continue") !== undefined; ) {
      page = (await world.get(`${configMaps}?continue=${at(page, "metadata.continue")}`)).json
      pages.push(page)
    }
    expect(pages.map((page) => names(page).length)).toEqual([8, 8, 4])
    expect(pages.map((page) => at(page, "metadata.remainingItemCount"))).toEqual([12, 4, undefined])
    expect(pages.flatMap(names)).toEqual(Array.from({ length: 20 }, (_, n) => `c${n + 10}`))
  }),
)
