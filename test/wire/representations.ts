/** Statements 2.9.101 to 2.9.107: what form an answer has. Compression is in over-tls.ts. */
import { describe, expect } from "vitest"
import type { Json } from "../../schemas/index.ts"
import {
  at,
  configMap,
  configMaps,
  crds,
  defineWidgets,
  itemsOf,
  makeConfigMaps,
  refusal,
  versionOf,
  widget,
  widgets,
  widgetsCrd,
  widgetVersion,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const table = "application/json;as=Table;v=v1;g=meta.k8s.io"
const partial = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
const partialList = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
const accepting = (accept: string) => ({ headers: { accept } })

const reviews: ReadonlyArray<readonly [string, string, string, Json]> = [
  [
    "authorization.k8s.io",
    "selfsubjectaccessreviews",
    "SelfSubjectAccessReview",
    { resourceAttributes: { verb: "get", resource: "x" } },
  ],
]

export const representationsSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.9 representations`, () => {
    statement("2.9.101 the first acceptable clause wins, none is 406", async (world) => {
      await makeConfigMaps(world, ["a"])
      const rows = [
        ["application/vnd.kubernetes.protobuf,application/json", "ConfigMapList"],
        [`${table},application/json`, "Table"],
        [`application/json;as=Other;v=v1;g=meta.k8s.io,${table}`, "Table"],
        ["application/json;unknown=yes", "ConfigMapList"],
        ["*/*", "ConfigMapList"],
      ] as const
      for (const [accept, kind] of rows)
        expect((await world.get(configMaps, accepting(accept))).json.kind, accept).toBe(kind)
      for (const accept of ["application/vnd.kubernetes.protobuf", "text/html"]) {
        expect(refusal(await world.get(configMaps, accepting(accept))), accept).toEqual([
          406,
          "NotAcceptable",
          expect.stringMatching(/^only the following media types are accepted: application\/json/),
        ])
      }
    })

    statement("2.9.102 people get indented JSON, by ?pretty or by their User-Agent", async (world) => {
      await makeConfigMaps(world, ["a"])
      const indented = async (query: string, agent: string) =>
        (await world.get(`${configMaps}/a${query}`, { headers: { "user-agent": agent } })).text.includes(
          "\n  ",
        )
      expect(await indented("", "kubectl/v1.33")).toBe(false)
      expect(await indented("?pretty=true", "kubectl/v1.33")).toBe(true)
      for (const agent of ["curl/8", "Wget/1", "Mozilla/5.0 (X11)"])
        expect(await indented("", agent), agent).toBe(true)
      expect(await indented("?pretty=false", "curl/8")).toBe(false)
    })

    statement("2.9.103 a Table has columns, rows, and what of the object was asked for", async (world) => {
      await makeConfigMaps(world, ["a", "b", "c"])
      const { json, headers } = await world.get(`${configMaps}?limit=2`, accepting(table))
      expect(headers["content-type"]).toMatch(/^application\/json/)
      expect([json.kind, json.apiVersion]).toEqual(["Table", "meta.k8s.io/v1"])
      expect(json.metadata).toEqual({
        resourceVersion: expect.any(String),
        continue: expect.any(String),
        remainingItemCount: 1,
      })
      expect(at(json, "columnDefinitions.0")).toEqual({
        name: "Name",
        type: "string",
        format: "name",
        description: expect.any(String),
        priority: 0,
      })
      expect(at(json, "rows.0.cells.0")).toBe("a")
      expect(at(json, "rows.0.object")).toMatchObject({
        kind: "PartialObjectMetadata",
        apiVersion: "meta.k8s.io/v1",
        metadata: { name: "a" },
      })
      const rowOf = async (include: string) =>
        at((await world.get(`${configMaps}?includeObject=${include}`, accepting(table))).json, "rows.0")
      expect(await rowOf("None")).not.toHaveProperty("object")
      expect(await rowOf("Object")).toMatchObject({ object: { kind: "ConfigMap", metadata: { name: "a" } } })
      const odd = await world.get(`${configMaps}?includeObject=Some`, accepting(table))
      expect(refusal(odd).slice(0, 2)).toEqual([400, "BadRequest"])
      const one = await world.get(`${configMaps}/a`, accepting(table))
      expect([one.json.kind, at(one.json, "rows.0.cells.0"), at(one.json, "rows.1")]).toEqual([
        "Table",
        "a",
        undefined,
      ])
    })

    statement(
      "2.9.104 printer columns replace Age; ages are humanised, absent values null",
      async (world) => {
        await defineWidgets(world, {
          versions: [
            {
              ...widgetVersion,
              additionalPrinterColumns: [
                { name: "Color", type: "string", jsonPath: ".spec.color" },
                { name: "Replicas", type: "integer", jsonPath: ".spec.replicas", priority: 1 },
                { name: "Since", type: "date", jsonPath: ".metadata.creationTimestamp" },
              ],
            },
          ],
        })
        await world.post(widgets, widget("a"))
        world.ambient.advance(5 * 60_000)
        const { json } = await world.get(widgets, accepting(table))
        const columns = (json.columnDefinitions ?? []) as unknown as ReadonlyArray<{
          readonly name: string
          readonly priority: number
        }>
        expect(columns.map((column) => [column.name, column.priority])).toEqual([
          ["Name", 0],
          ["Color", 0],
          ["Replicas", 1],
          ["Since", 0],
        ])
        expect(at(json, "rows.0.cells")).toEqual(["a", "red", null, "5m"])
      },
    )

    statement("2.9.104 without printer columns there are Name and Age", async (world) => {
      const { additionalPrinterColumns: _, ...plain } = widgetVersion
      await defineWidgets(world, { versions: [plain] })
      await world.post(widgets, widget("a"))
      world.ambient.advance(3_000)
      const { json } = await world.get(widgets, accepting(table))
      expect([at(json, "columnDefinitions.1.name"), at(json, "rows.0.cells")]).toEqual(["Age", ["a", "3s"]])
    })

    statement("2.9.104 a watch as Table names its columns in the first event only", async (world) => {
      await makeConfigMaps(world, ["a", "b"])
      const watch = await world.watch(`${configMaps}?watch=true`, { accept: table })
      const [first, second] = await watch.take(2)
      expect([first?.object.kind, at(first?.object, "rows.0.cells.0")]).toEqual(["Table", "a"])
      expect(at(first?.object, "columnDefinitions.0.name")).toBe("Name")
      expect(at(second?.object, "columnDefinitions.0")).toBeUndefined()
    })

    statement("2.9.105 metadata alone, of one object, of a list, of a watch", async (world) => {
      await defineWidgets(world)
      const made = await world.post(widgets, widget("a", {}, { labels: { x: "y" } }))
      const one = await world.get(`${widgets}/a`, accepting(partial))
      expect(one.json).toEqual({
        kind: "PartialObjectMetadata",
        apiVersion: "meta.k8s.io/v1",
        metadata: made.json.metadata,
      })
      const list = await world.get(widgets, accepting(partialList))
      expect([list.json.kind, itemsOf(list)]).toEqual(["PartialObjectMetadataList", [one.json]])
      expect(versionOf(list.json)).toMatch(/^\d+$/)
      expect((await world.get(widgets, accepting(partial))).status).toBe(406)
      const watch = await world.watch(`${widgets}?watch=true`, { accept: partial })
      expect((await watch.next())?.object).toEqual(one.json)
    })

    statement("2.9.106 what is no object has no Table: 406", async (world) => {
      for (const [group, resource, kind, spec] of reviews) {
        const path = `/apis/${group}/v1/${resource}`
        const body = { apiVersion: `${group}/v1`, kind, spec }
        expect((await world.post(path, body, accepting(table))).status).toBe(406)
        expect((await world.post(path, body, accepting(`${table},application/json`))).status).toBe(201)
      }
    })

    statement(
      "2.9.107 aggregated discovery tells groups, versions, resources and subresources",
      async (world) => {
        const v1beta = { ...widgetVersion, name: "v1beta1", storage: false, subresources: {} }
        await defineWidgets(world, { versions: [v1beta, widgetVersion], names: { categories: ["all"] } })
        const apis = await world.get("/apis", accepting(aggregated))
        expect([apis.status, apis.headers["content-type"]]).toEqual([200, aggregated])
        expect([apis.json.kind, apis.json.apiVersion]).toEqual([
          "APIGroupDiscoveryList",
          "apidiscovery.k8s.io/v2",
        ])
        const group = itemsOf(apis).find((item) => at(item, "metadata.name") === "example.com")
        const versions = (group?.versions ?? []) as unknown as ReadonlyArray<{ readonly [key: string]: Json }>
        expect(versions.map(({ version, freshness }) => [version, freshness])).toEqual([
          ["v1", "Current"],
          ["v1beta1", "Current"],
        ])
        expect(at(versions[0], "resources.0")).toEqual({
          resource: "widgets",
          responseKind: { group: "example.com", version: "v1", kind: "Widget" },
          scope: "Namespaced",
          singularResource: "widget",
          verbs: expect.arrayContaining([
            "create",
            "delete",
            "deletecollection",
            "get",
            "list",
            "patch",
            "update",
            "watch",
          ]),
          shortNames: ["wd"],
          categories: ["all"],
          subresources: expect.arrayContaining([
            {
              subresource: "status",
              responseKind: { group: "example.com", version: "v1", kind: "Widget" },
              verbs: ["get", "patch", "update"],
            },
            {
              subresource: "scale",
              responseKind: { group: "autoscaling", version: "v1", kind: "Scale" },
              verbs: ["get", "patch", "update"],
            },
          ]),
        })
        const core = await world.get("/api", accepting(aggregated))
        expect(JSON.stringify(core.json)).toContain('"resource":"configmaps"')
        const again = await world.get("/apis", {
          headers: { accept: aggregated, "if-none-match": apis.headers.etag ?? "" },
        })
        expect([again.status, again.text]).toEqual([304, ""])
        await world.delete(`${crds}/widgets.example.com`)
        await world.post(crds, { ...widgetsCrd(), metadata: { name: "widgets.example.com" } })
        const beta = aggregated.replace("v=v2;", "v=v2beta1;")
        const older = await world.get("/apis", accepting(`${beta},application/json`))
        expect([older.headers["content-type"], older.json.apiVersion]).toEqual([
          beta,
          "apidiscovery.k8s.io/v2beta1",
        ])
        const unknown = aggregated.replace("v=v2;", "v=v3;")
        const legacy = await world.get("/apis", accepting(`${unknown},application/json`))
        expect(legacy.json.kind).toBe("APIGroupList")
      },
    )

    statement("2.9.101 YAML is given to who asks for it", async (world) => {
      await world.post(configMaps, configMap("a", { k: "v" }))
      const { text, headers } = await world.get(`${configMaps}/a`, accepting("application/yaml"))
      expect([headers["content-type"], text]).toEqual([
        "application/yaml",
        expect.stringContaining("kind: ConfigMap"),
      ])
    })
  })
}
