/**
 * Kubernetes' own conformance tests of sig-api-machinery that need no containers, re-expressed against this server and named
 * after them. What of them is not here, and why, is in docs/compatibility.md; webhook.go and validatingadmissionpolicy.go are
 * in admission.test.ts, crd_conversion_webhook.go and crd_validation_rules.go in crd.test.ts.
 */
import { createHash } from "node:crypto"
import { describe, expect } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import {
  type Answer,
  at,
  compactAll,
  configMap,
  configMaps,
  crds,
  defineWidgets,
  itemsOf,
  namesOf,
  told,
  versionOf,
  type World,
} from "./documents.ts"
import { memoryStore } from "./stores.ts"
import { serverOver, statementsOf } from "./suite.ts"

const conformance = statementsOf(serverOver(memoryStore))
const agg = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
const many = (count: number) =>
  Array.from({ length: count }, (_, n) => `template-${String(n).padStart(4, "0")}`)
const fill = (world: World, count: number) =>
  Promise.all(many(count).map((name) => world.post(configMaps, configMap(name))))
const tokenOf = (answer: Answer): string =>
  encodeURIComponent(String(at(answer.json, "metadata.continue") ?? ""))
const groupsOf = (answer: Answer): ReadonlyArray<JsonObject> =>
  (answer.json.groups ?? []) as unknown as JsonObject[]

describe("chunking.go", () => {
  conformance("should return chunks of results for list calls", async (world) => {
    await fill(world, 40)
    const seen: unknown[] = []
    let version: string | undefined
    let token = ""
    do {
      const page = await world.get(`${configMaps}?limit=17${token === "" ? "" : `&continue=${token}`}`)
      version ??= versionOf(page.json)
      expect([versionOf(page.json), itemsOf(page).length <= 17]).toEqual([version, true])
      seen.push(...namesOf(page))
      token = tokenOf(page)
      const remaining = at(page.json, "metadata.remainingItemCount")
      expect(remaining).toBe(token === "" ? undefined : 40 - seen.length)
    } while (token !== "")
    expect(seen).toEqual(many(40))
    expect(namesOf(await world.get(configMaps))).toEqual(many(40))
  })

  conformance(
    "should support continue listing from the last key if the original version has been compacted away, though the list is inconsistent",
    async (world) => {
      await fill(world, 40)
      const first = await world.get(`${configMaps}?limit=10`)
      await world.delete(`${configMaps}/${many(40)[39]}`)
      await compactAll(world)
      const gone = await world.get(`${configMaps}?limit=10&continue=${tokenOf(first)}`)
      expect([gone.status, gone.json.reason]).toEqual([410, "Expired"])
      const next = await world.get(`${configMaps}?limit=10&continue=${tokenOf(gone)}`)
      expect([next.status, versionOf(next.json) === versionOf(first.json)]).toEqual([200, false])
      const rest = await world.get(`${configMaps}?continue=${tokenOf(next)}`)
      expect([...namesOf(first), ...namesOf(next), ...namesOf(rest)]).toEqual(many(39))
    },
  )
})

const labelled = (name: string, value: string, data: { readonly [key: string]: string } = {}) =>
  configMap(name, data, { labels: { "watch-this-configmap": value } })
const selecting = (...values: ReadonlyArray<string>) =>
  `${configMaps}?watch=true&labelSelector=${encodeURIComponent(`watch-this-configmap in (${values.join(",")})`)}`
const change = (world: World, name: string, n: number) =>
  world.patch(`${configMaps}/${name}`, "merge", { data: { mutation: String(n) } })

describe("watch.go", () => {
  conformance("should observe add, update, and delete watch notifications on configmaps", async (world) => {
    const [a, b, both] = await Promise.all([
      world.watch(selecting("a")),
      world.watch(selecting("b")),
      world.watch(selecting("a", "b")),
    ])
    await world.post(configMaps, labelled("ca", "a"))
    await change(world, "ca", 1)
    await change(world, "ca", 2)
    await world.delete(`${configMaps}/ca`)
    await world.post(configMaps, labelled("cb", "b"))
    await world.delete(`${configMaps}/cb`)
    const ofA = ["ADDED ca", "MODIFIED ca", "MODIFIED ca", "DELETED ca"]
    expect(told(await a.take(4))).toEqual(ofA)
    expect(told(await b.take(2))).toEqual(["ADDED cb", "DELETED cb"])
    expect(told(await both.take(6))).toEqual([...ofA, "ADDED cb", "DELETED cb"])
  })

  conformance("should be able to start watching from a specific resource version", async (world) => {
    await world.post(configMaps, labelled("c", "a"))
    const first = await change(world, "c", 1)
    await change(world, "c", 2)
    await world.delete(`${configMaps}/c`)
    const watch = await world.watch(`${selecting("a")}&resourceVersion=${versionOf(first.json)}`)
    expect(told(await watch.take(2))).toEqual(["MODIFIED c", "DELETED c"])
  })

  conformance(
    "should be able to restart watching from the last resource version observed by the previous watch",
    async (world) => {
      const first = await world.watch(selecting("a"))
      await world.post(configMaps, labelled("c", "a"))
      await change(world, "c", 1)
      const [, last] = await first.take(2)
      first.close()
      await change(world, "c", 2)
      await world.delete(`${configMaps}/c`)
      const second = await world.watch(`${selecting("a")}&resourceVersion=${versionOf(last?.object)}`)
      const events = await second.take(2)
      expect(told(events)).toEqual(["MODIFIED c", "DELETED c"])
      expect(at(events[0]?.object, "data.mutation")).toBe("2")
    },
  )

  conformance(
    "should observe an object deletion if it stops meeting the requirements of the selector",
    async (world) => {
      const watch = await world.watch(selecting("a"))
      const relabel = (value: string) =>
        world.patch(`${configMaps}/c`, "merge", { metadata: { labels: { "watch-this-configmap": value } } })
      await world.post(configMaps, labelled("c", "a"))
      await change(world, "c", 1)
      await relabel("wrong")
      await change(world, "c", 2)
      await relabel("a")
      await change(world, "c", 3)
      await world.delete(`${configMaps}/c`)
      expect(told(await watch.take(6))).toEqual([
        "ADDED c",
        "MODIFIED c",
        "DELETED c",
        "ADDED c",
        "MODIFIED c",
        "DELETED c",
      ])
    },
  )

  conformance("should receive events on concurrent watches in same order", async (world) => {
    const events: Array<Promise<ReadonlyArray<string>>> = []
    const total = 30
    const start = versionOf((await world.get(configMaps)).json)
    for (let n = 0; n < total; n++) {
      await world.post(configMaps, configMap(`c${n}`))
      const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=${start}`)
      events.push(watch.take(total).then((all) => all.map(({ object }) => versionOf(object))))
    }
    const [first, ...others] = await Promise.all(events)
    for (const other of others) expect(other).toEqual(first)
  })
})

const streaming =
  "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"

describe("watchlist.go", () => {
  conformance(
    "should be requested by informers when WatchListClient is enabled: all there is, a bookmark, what comes",
    async (world) => {
      await fill(world, 5)
      const watch = await world.watch(`${configMaps}?${streaming}&resourceVersion=`)
      expect(told(await watch.take(5))).toEqual(many(5).map((name) => `ADDED ${name}`))
      expect(at((await watch.next())?.object, "metadata.annotations")).toEqual({
        "k8s.io/initial-events-end": "true",
      })
      await world.post(configMaps, configMap("late"))
      expect(told(await watch.take(1))).toEqual(["ADDED late"])
    },
  )

  conformance(
    "should be requested by metadatainformers when WatchListClient is enabled: the same as metadata alone",
    async (world) => {
      await fill(world, 2)
      const accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
      const watch = await world.watch(`${configMaps}?${streaming}`, { accept })
      const [one, , end] = await watch.take(3)
      expect([one?.object.kind, one?.object.data, end?.type, end?.object.kind]).toEqual([
        "PartialObjectMetadata",
        undefined,
        "BOOKMARK",
        "PartialObjectMetadata",
      ])
    },
  )

  conformance("server supports sending resources in Table format", async (world) => {
    await fill(world, 2)
    const accept = "application/json;as=Table;g=meta.k8s.io;v=v1"
    const watch = await world.watch(`${configMaps}?${streaming}`, { accept })
    const events = await watch.take(3)
    expect(events.map(({ type, object }) => [type, object.kind])).toEqual([
      ["ADDED", "Table"],
      ["ADDED", "Table"],
      ["BOOKMARK", "Table"],
    ])
    expect(at(events[0]?.object, "rows.0.object.kind")).toBe("PartialObjectMetadata")
  })
})

describe("table_conversion.go", () => {
  conformance("should return a 406 for a backend which does not implement metadata", async (world) => {
    const review = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { verb: "get", resource: "pods" } },
    }
    const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" }
    const answer = await world.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review, {
      headers,
    })
    expect([answer.status, answer.json.reason]).toEqual([406, "NotAcceptable"])
  })

  conformance("should return chunks of table results for list calls", async (world) => {
    await fill(world, 5)
    const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" }
    const page = await world.get(`${configMaps}?limit=2`, { headers })
    const next = await world.get(`${configMaps}?limit=2&continue=${tokenOf(page)}`, { headers })
    expect([at(page.json, "rows.1.cells.0"), at(next.json, "rows.0.cells.0")]).toEqual([
      many(5)[1],
      many(5)[2],
    ])
  })
})

describe("discovery.go", () => {
  conformance("Discovery should validate PreferredVersion for each APIGroup", async (world) => {
    await defineWidgets(world)
    for (const group of groupsOf(await world.get("/apis"))) {
      const versions = group.versions as unknown as ReadonlyArray<JsonObject>
      expect(versions, String(group.name)).toContainEqual(group.preferredVersion)
    }
  })

  conformance(
    "Discovery should locate the groupVersion and a resource within each APIGroup",
    async (world) => {
      await defineWidgets(world)
      for (const group of groupsOf(await world.get("/apis"))) {
        const groupVersion = at(group, "preferredVersion.groupVersion")
        const { json } = await world.get(`/apis/${groupVersion}`)
        expect([json.kind, json.groupVersion]).toEqual(["APIResourceList", groupVersion])
        expect(at(json, "resources.0.name")).toEqual(expect.any(String))
        expect((await world.get(`/apis/${group.name}`)).json).toMatchObject({
          kind: "APIGroup",
          name: group.name,
        })
      }
    },
  )

  conformance("Custom resource should have storage version hash", async (world) => {
    await defineWidgets(world)
    // The first eight bytes of the SHA-256 of `example.com/v1/Widget`.
    const hash = createHash("sha256").update("example.com/v1/Widget").digest().subarray(0, 8)
    expect(at((await world.get("/apis/example.com/v1")).json, "resources.0.storageVersionHash")).toBe(
      hash.toString("base64"),
    )
    const core = (await world.get("/api/v1")).json.resources as unknown as ReadonlyArray<JsonObject>
    expect(core.find(({ name }) => name === "configmaps")?.storageVersionHash).toBe("qFsyl6wFWjQ=")
  })
})

describe("aggregated_discovery.go", () => {
  const names = async (world: World, path: string) =>
    itemsOf(await world.get(path, { headers: { accept: agg } })).map((item) => at(item, "metadata.name"))

  conformance("AggregatedDiscovery should support aggregated discovery interface", async (world) => {
    expect(await names(world, "/apis")).toEqual(
      expect.arrayContaining(["apiextensions.k8s.io", "coordination.k8s.io"]),
    )
    expect(await names(world, "/api")).toEqual([undefined])
  })

  conformance("AggregatedDiscovery should support aggregated discovery interface for CRDs", async (world) => {
    await defineWidgets(world)
    expect(await names(world, "/apis")).toContain("example.com")
  })

  conformance(
    "AggregatedDiscovery should support raw aggregated discovery endpoint Accept headers",
    async (world) => {
      for (const path of ["/api", "/apis"]) {
        const asked = await world.get(path, { headers: { accept: `${agg},application/json` } })
        expect([asked.headers["content-type"], asked.json.kind]).toEqual([agg, "APIGroupDiscoveryList"])
        expect((await world.get(path)).json.kind).not.toBe("APIGroupDiscoveryList")
      }
    },
  )

  conformance(
    "AggregatedDiscovery should support raw aggregated discovery request for CRDs",
    async (world) => {
      await defineWidgets(world)
      const { text } = await world.get("/apis", { headers: { accept: agg } })
      expect(text).toContain('"resource":"widgets"')
      await world.delete(`${crds}/widgets.example.com`)
      await expect.poll(() => names(world, "/apis")).not.toContain("example.com")
    },
  )
})
