/** Statements 2.10.109 to 2.10.127 about definitions themselves; conversion by webhook and CEL have tests of their own. */
import { describe, expect } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import {
  at,
  causesOf,
  crds,
  defineWidgets,
  refusal,
  versionOf,
  type World,
  widget,
  widgets,
  widgetsCrd,
  widgetVersion,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const crd = `${crds}/widgets.example.com`
const withSpec = (change: JsonObject): JsonObject => ({
  ...widgetsCrd(),
  spec: { ...(widgetsCrd().spec as JsonObject), ...change },
})
const versions = (...list: ReadonlyArray<JsonObject>): JsonObject => withSpec({ versions: list })
const conditionOf = (object: JsonObject, type: string): JsonObject | undefined =>
  ((at(object, "status.conditions") ?? []) as unknown as ReadonlyArray<JsonObject>).find(
    (each) => each.type === type,
  )

const refused = async (world: World, definition: JsonObject, text: string): Promise<void> => {
  const answer = await world.post(crds, definition)
  expect(refusal(answer), text).toEqual([422, "Invalid", expect.stringContaining(text)])
  expect(causesOf(answer).length).toBeGreaterThan(0)
}

export const customResourcesSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.10 definitions`, () => {
    statement("2.10.109 a definition is named after its plural and group", async (world) => {
      await refused(
        world,
        { ...widgetsCrd(), metadata: { name: "gadgets.example.com" } },
        'metadata.name: Invalid value: "gadgets.example.com": must be spec.names.plural+"."+spec.group',
      )
      const grouped = (group: string) => ({ ...withSpec({ group }), metadata: { name: `widgets.${group}` } })
      await refused(world, grouped("example"), "should be a domain with at least one dot")
      await refused(world, grouped("x.k8s.io"), "api-approved.kubernetes.io")
      const approved = {
        ...grouped("x.k8s.io"),
        metadata: {
          name: "widgets.x.k8s.io",
          annotations: { "api-approved.kubernetes.io": "unapproved, a test" },
        },
      }
      expect((await world.post(crds, approved)).status).toBe(201)
    })

    statement(
      "2.10.110 exactly one storage version, each with a schema, none preserving by the old switch",
      async (world) => {
        const second = { ...widgetVersion, name: "v2" }
        await refused(
          world,
          versions(widgetVersion, second),
          "must have exactly one version marked as storage version",
        )
        await refused(
          world,
          versions({ ...widgetVersion, storage: false }),
          "must have exactly one version marked as storage version",
        )
        const { schema: _, ...bare } = widgetVersion
        await refused(world, versions(bare), "schemas are required")
        await refused(
          world,
          withSpec({ preserveUnknownFields: true }),
          "spec.preserveUnknownFields: Invalid value: true: must be false",
        )
        await refused(
          world,
          versions(widgetVersion, { ...widgetVersion, storage: false }),
          'Duplicate value: "v1"',
        )
        await refused(world, versions(), "spec.versions")
      },
    )

    statement("2.10.120 conditions and status say what has been accepted", async (world) => {
      const json = await defineWidgets(world)
      expect(conditionOf(json, "NamesAccepted")).toMatchObject({ status: "True", reason: "NoConflicts" })
      expect(conditionOf(json, "Established")).toMatchObject({
        status: "True",
        reason: "InitialNamesAccepted",
      })
      expect(json.status).toMatchObject({
        acceptedNames: {
          plural: "widgets",
          singular: "widget",
          kind: "Widget",
          listKind: "WidgetList",
          shortNames: ["wd"],
        },
        storedVersions: ["v1"],
      })
    })

    statement(
      "2.10.120 names that are taken in the group are not accepted, until they are free",
      async (world) => {
        await defineWidgets(world)
        const other = {
          ...withSpec({
            names: { plural: "gadgets", singular: "gadget", kind: "Widget", listKind: "GadgetList" },
          }),
          metadata: { name: "gadgets.example.com" },
        }
        const { json } = await world.post(crds, other)
        expect(conditionOf(json, "NamesAccepted")).toMatchObject({ status: "False", reason: "KindConflict" })
        expect(conditionOf(json, "Established")).toMatchObject({ status: "False" })
        expect(at(json, "status.acceptedNames")).toEqual({
          plural: "gadgets",
          singular: "gadget",
          kind: "",
          listKind: "GadgetList",
        })
        expect((await world.get("/apis/example.com/v1/gadgets")).status).toBe(404)
        await world.delete(crd)
        await expect.poll(async () => (await world.get("/apis/example.com/v1/gadgets")).status).toBe(200)
      },
    )

    statement(
      "2.10.121 a deleted definition takes its objects along, and creates nothing meanwhile",
      async (world) => {
        await defineWidgets(world)
        await world.post(widgets, widget("a", {}, { finalizers: ["example.com/x"] }))
        await world.post(widgets, widget("b"))
        const deleted = await world.delete(crd)
        expect(at(deleted.json, "metadata.finalizers")).toEqual([
          "customresourcecleanup.apiextensions.k8s.io",
        ])
        await expect.poll(async () => (await world.get(`${widgets}/b`)).status).toBe(404)
        expect(conditionOf((await world.get(crd)).json, "Terminating")).toMatchObject({
          status: "True",
          reason: "InstanceDeletionInProgress",
        })
        const create = await world.post(widgets, widget("c"))
        expect(refusal(create)).toEqual([
          405,
          "MethodNotAllowed",
          expect.stringContaining("create not allowed while custom resource definition is terminating"),
        ])
        await world.patch(`${widgets}/a`, "merge", { metadata: { finalizers: null } })
        await expect.poll(async () => (await world.get(crd)).status).toBe(404)
        expect((await world.get("/apis/example.com/v1")).status).toBe(404)
        expect((await world.get("/openapi/v3")).text).not.toContain("example.com")
      },
    )

    statement("2.10.122 what is not served is a plain 404", async (world) => {
      await defineWidgets(world, {
        versions: [{ ...widgetVersion, name: "v2", served: false, storage: false }, widgetVersion],
      })
      const paths = [
        "/apis/example.com/v2/widgets",
        "/apis/example.com/v3/widgets",
        "/apis/example.com/v1/things",
        "/apis/none.com/v1/x",
        "/apis/example.com/v1/namespaces/default/widgets/a/log",
      ]
      for (const path of paths) {
        const answer = await world.get(path)
        expect([answer.status, answer.text, answer.headers["content-type"]], path).toEqual([
          404,
          "404 page not found\n",
          "text/plain; charset=utf-8",
        ])
      }
    })

    statement("2.10.122 a cluster-scoped kind is in no namespace", async (world) => {
      await defineWidgets(world, { scope: "Cluster" })
      expect((await world.get(widgets)).status).toBe(404)
      expect((await world.get("/apis/example.com/v1/widgets")).status).toBe(200)
    })

    statement("2.10.123 without conversion every version reads every object", async (world) => {
      const second = { ...widgetVersion, name: "v2", storage: false }
      await defineWidgets(world, { versions: [widgetVersion, second] })
      await world.post(widgets, widget("a", { color: "blue" }))
      const v2 = widgets.replace("/v1/", "/v2/")
      const read = await world.get(`${v2}/a`)
      expect([read.json.apiVersion, at(read.json, "spec.color")]).toEqual(["example.com/v2", "blue"])
      const { json } = await world.get(crd)
      const moved = {
        ...json,
        spec: {
          ...(json.spec as JsonObject),
          versions: [
            { ...widgetVersion, storage: false },
            { ...second, storage: true },
          ],
        },
      }
      const put = await world.put(crd, moved)
      expect(at(put.json, "status.storedVersions")).toEqual(["v1", "v2"])
      const dropped = await world.put(crd, {
        ...put.json,
        spec: { ...(put.json.spec as JsonObject), versions: [{ ...second, storage: true }] },
      })
      expect(refusal(dropped)).toEqual([422, "Invalid", expect.stringContaining("status.storedVersions[0]")])
      const status = await world.patch(`${crd}/status`, "merge", { status: { storedVersions: ["v2"] } })
      expect(at(status.json, "status.storedVersions")).toEqual(["v2"])
      const gone = await world.patch(crd, "merge", { spec: { versions: [{ ...second, storage: true }] } })
      expect(gone.status).toBe(200)
      expect((await world.get(`${v2}/a`)).json.apiVersion).toBe("example.com/v2")
    })

    statement("2.10.124 a deprecated version warns on each use", async (world) => {
      const text = "use v2 instead"
      await defineWidgets(world, {
        versions: [{ ...widgetVersion, deprecated: true, deprecationWarning: text }],
      })
      for (const answer of [
        await world.post(widgets, widget("a")),
        await world.get(widgets),
        await world.get(`${widgets}/a`),
      ]) {
        expect(answer.headers.warning).toBe(`299 - "${text}"`)
      }
    })

    statement("2.10.124 without a text of its own the warning names the version", async (world) => {
      await defineWidgets(world, { versions: [{ ...widgetVersion, deprecated: true }] })
      expect((await world.get(widgets)).headers.warning).toBe('299 - "example.com/v1 Widget is deprecated"')
    })

    statement("2.10.125 short names, categories and the singular are in discovery", async (world) => {
      await defineWidgets(world, { names: { singular: "wdgt", categories: ["all", "things"] } })
      const { json } = await world.get("/apis/example.com/v1")
      const [resource] = (json.resources ?? []) as unknown as ReadonlyArray<JsonObject>
      expect(resource).toMatchObject({
        name: "widgets",
        singularName: "wdgt",
        kind: "Widget",
        namespaced: true,
        shortNames: ["wd"],
        categories: ["all", "things"],
      })
    })

    statement("2.10.126 scope, group, kind and plural do not change", async (world) => {
      await defineWidgets(world)
      for (const spec of [
        { scope: "Cluster" },
        { names: { kind: "Gadget" } },
        { names: { plural: "gadgets" } },
        { group: "other.com" },
      ]) {
        expect((await world.patch(crd, "merge", { spec })).status, JSON.stringify(spec)).toBe(422)
      }
      expect((await world.patch(crd, "merge", { spec: { names: { shortNames: ["w"] } } })).status).toBe(200)
    })

    statement(
      "2.10.127 discovery and OpenAPI follow a definition, and the hash changes with it",
      async (world) => {
        const index = async () => at((await world.get("/openapi/v3")).json, "paths") as JsonObject
        const before = await index()
        expect(before["apis/example.com/v1"]).toBeUndefined()
        const made = await defineWidgets(world)
        const url = async () => String(at((await index())["apis/example.com/v1"], "serverRelativeURL"))
        const first = await url()
        const document = await world.get(first)
        expect([document.status, document.headers["cache-control"]]).toEqual([200, expect.any(String)])
        expect(JSON.stringify(document.json)).toContain('"x-kubernetes-group-version-kind"')
        const properties = {
          spec: { type: "object", properties: { size: { type: "integer", description: "How big." } } },
        }
        const { selectableFields: _, additionalPrinterColumns: __, ...rest } = widgetVersion
        await world.put(crd, {
          ...made,
          metadata: { name: "widgets.example.com", resourceVersion: versionOf(made) },
          spec: {
            ...(made.spec as JsonObject),
            versions: [
              { ...rest, subresources: {}, schema: { openAPIV3Schema: { type: "object", properties } } },
            ],
          },
        })
        const second = await url()
        expect(second).not.toBe(first)
        expect((await world.get(second)).text).toContain("How big.")
        expect((await world.get("/apis/example.com/v1")).status).toBe(200)
      },
    )
  })
}
