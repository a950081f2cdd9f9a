/** Statements 2.8.89 to 2.8.100: server-side apply. */
import { describe, expect } from "vitest"
import { converted, type WebhookHandler } from "../../apiserver/admission/testing/webhook-server.ts"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { withWebhook } from "./admission.ts"
import {
  type Answer,
  at,
  causesOf,
  configMap,
  configMaps,
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

/** A version whose spec has lists and maps of every type. */
const shaped: JsonObject = {
  ...widgetVersion,
  selectableFields: [],
  schema: {
    openAPIV3Schema: {
      type: "object",
      properties: {
        spec: {
          type: "object",
          properties: {
            color: { type: "string", default: "red" },
            replicas: { type: "integer" },
            whole: { type: "array", "x-kubernetes-list-type": "atomic", items: { type: "string" } },
            plain: { type: "array", items: { type: "string" } },
            set: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
            ports: {
              type: "array",
              "x-kubernetes-list-type": "map",
              "x-kubernetes-list-map-keys": ["port", "protocol"],
              items: {
                type: "object",
                required: ["port"],
                properties: {
                  port: { type: "integer" },
                  protocol: { type: "string", default: "TCP" },
                  name: { type: "string" },
                },
              },
            },
            rock: {
              type: "object",
              "x-kubernetes-map-type": "atomic",
              additionalProperties: { type: "string" },
            },
            map: { type: "object", additionalProperties: { type: "string" } },
          },
        },
        status: {
          type: "object",
          properties: { message: { type: "string" }, replicas: { type: "integer" } },
        },
      },
    },
  },
}

const applyAs = (world: World, manager: string, body: Json, more = ""): Promise<Answer> =>
  world.patch(`${widgets}/a?fieldManager=${manager}${more}`, "apply", body)

const ownedBy = ({ json }: Answer, manager: string): ReadonlyArray<JsonObject> =>
  ((at(json, "metadata.managedFields") ?? []) as unknown as ReadonlyArray<JsonObject>).filter(
    (entry) => entry.manager === manager,
  )

const fieldsOf = (answer: Answer, manager: string): Json | undefined => ownedBy(answer, manager)[0]?.fieldsV1

/** v1 has a color, v2 a colour. */
const moveColor: WebhookHandler = (review) => {
  const { desiredAPIVersion, objects } = review.request as JsonObject
  const to = String(desiredAPIVersion)
  const moved = (objects as unknown as ReadonlyArray<JsonObject>).map((object) => {
    const { color, colour } = (object.spec ?? {}) as JsonObject
    const value = color ?? colour
    const spec = value === undefined ? {} : { [to.endsWith("v2") ? "colour" : "color"]: value }
    return { ...object, apiVersion: to, spec }
  })
  return converted(review, moved)
}

export const serverSideApplySuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.8 server-side apply`, () => {
    statement("2.8.89 an apply owns exactly what it names, and what it leaves out goes", async (world) => {
      await defineWidgets(world)
      const first = await applyAs(
        world,
        "m",
        widget("a", { color: "blue", replicas: 2 }, { labels: { x: "y" } }),
      )
      expect(ownedBy(first, "m")).toEqual([
        {
          manager: "m",
          operation: "Apply",
          apiVersion: "example.com/v1",
          time: "2030-01-01T00:00:00Z",
          fieldsType: "FieldsV1",
          fieldsV1: {
            "f:metadata": { "f:labels": { "f:x": {} } },
            "f:spec": { "f:color": {}, "f:replicas": {} },
          },
        },
      ])
      const second = await applyAs(world, "m", widget("a", { color: "blue" }))
      expect([at(second.json, "spec"), at(second.json, "metadata.labels")]).toEqual([
        { color: "blue" },
        undefined,
      ])
    })

    statement(
      "2.8.90 another value of somebody else's field conflicts, naming owner and field",
      async (world) => {
        await defineWidgets(world, { versions: [{ ...shaped }] })
        await applyAs(world, "first", widget("a", { color: "blue", replicas: 2 }))
        const one = await applyAs(world, "second", widget("a", { color: "green" }))
        expect(refusal(one)).toEqual([
          409,
          "Conflict",
          'Apply failed with 1 conflict: conflict with "first": .spec.color',
        ])
        expect(causesOf(one)).toEqual([
          { reason: "FieldManagerConflict", message: 'conflict with "first"', field: ".spec.color" },
        ])
        const two = await applyAs(world, "second", widget("a", { color: "green", replicas: 3 }))
        expect(two.json.message).toBe(
          'Apply failed with 2 conflicts: conflicts with "first":\n- .spec.color\n- .spec.replicas',
        )
      },
    )

    statement("2.8.90 a conflict with an updater names the version, and the subresource", async (world) => {
      await defineWidgets(world)
      await world.post(`${widgets}?fieldManager=up`, widget("a", { color: "blue" }))
      const main = await applyAs(world, "m", widget("a", { color: "green" }))
      expect(main.json.message).toMatch(
        /^Apply failed with 1 conflict: conflict with "up" using example\.com\/v1(?: at [^:]+(?::\d\d)*Z)?: \.spec\.color$/,
      )
      await world.patch(`${widgets}/a/status?fieldManager=up`, "merge", { status: { message: "x" } })
      const status = await world.patch(`${widgets}/a/status?fieldManager=m`, "apply", {
        ...widget("a"),
        status: { message: "y" },
      })
      expect(status.json.message).toContain(
        'conflict with "up" with subresource "status" using example.com/v1',
      )
    })

    statement(
      "2.8.91 the same value is owned together, and leaves with its last owner; force takes it",
      async (world) => {
        await defineWidgets(world, { versions: [shaped] })
        await applyAs(world, "first", widget("a", { replicas: 2 }))
        const both = await applyAs(world, "second", widget("a", { replicas: 2 }))
        expect(both.status).toBe(200)
        const one = await applyAs(world, "first", widget("a"))
        expect(at(one.json, "spec.replicas")).toBe(2)
        const none = await applyAs(world, "second", widget("a"))
        expect(at(none.json, "spec.replicas")).toBeUndefined()
        await applyAs(world, "first", widget("a", { replicas: 2 }))
        const forced = await applyAs(world, "second", widget("a", { replicas: 3 }), "&force=true")
        expect([at(forced.json, "spec.replicas"), ownedBy(forced, "first")]).toEqual([3, []])
      },
    )

    statement("2.8.92 an apply that changes nothing keeps the resourceVersion", async (world) => {
      await defineWidgets(world)
      const first = await applyAs(world, "m", widget("a", { color: "blue" }))
      world.ambient.advance(5_000)
      const again = await applyAs(world, "m", widget("a", { color: "blue" }))
      expect([again.status, versionOf(again.json)]).toEqual([200, versionOf(first.json)])
    })

    statement("2.8.93 lists and maps are owned by their type", async (world) => {
      await defineWidgets(world, { versions: [shaped] })
      const answer = await applyAs(
        world,
        "m",
        widget("a", {
          whole: ["a"],
          plain: ["b"],
          set: ["c"],
          ports: [{ port: 80, name: "web" }],
          rock: { a: "b" },
          map: { a: "b" },
        }),
      )
      expect(fieldsOf(answer, "m")).toEqual({
        "f:spec": {
          "f:whole": {},
          "f:plain": {},
          "f:set": { 'v:"c"': {} },
          "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {}, "f:name": {} } },
          "f:rock": {},
          "f:map": { "f:a": {} },
        },
      })
      const other = await applyAs(
        world,
        "n",
        widget("a", { set: ["d"], map: { c: "d" }, ports: [{ port: 81 }] }),
      )
      expect(at(other.json, "spec")).toMatchObject({
        set: ["c", "d"],
        map: { a: "b", c: "d" },
        ports: [{ port: 80 }, { port: 81 }],
      })
      for (const spec of [{ whole: ["x"] }, { plain: ["x"] }, { rock: { x: "y" } }]) {
        expect((await applyAs(world, "n", widget("a", spec))).status).toBe(409)
      }
    })

    statement("2.8.94 defaults are nobody's, and defaulted keys of lists are keys", async (world) => {
      await defineWidgets(world, { versions: [shaped] })
      const first = await applyAs(world, "m", widget("a", { ports: [{ port: 80 }] }))
      expect(at(first.json, "spec")).toEqual({ color: "red", ports: [{ port: 80, protocol: "TCP" }] })
      expect(fieldsOf(first, "m")).toEqual({
        "f:spec": { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {} } } },
      })
      const same = await applyAs(
        world,
        "n",
        widget("a", { color: "green", ports: [{ port: 80, protocol: "TCP", name: "web" }] }),
      )
      expect([same.status, at(same.json, "spec.ports")]).toEqual([
        200,
        [{ port: 80, protocol: "TCP", name: "web" }],
      ])
    })

    statement("2.8.95 an apply to status owns status, under its own entry", async (world) => {
      await defineWidgets(world)
      const main = await applyAs(world, "m", { ...widget("a", { color: "blue" }), status: { message: "no" } })
      expect([main.json.status, fieldsOf(main, "m")]).toEqual([undefined, { "f:spec": { "f:color": {} } }])
      const status = await world.patch(`${widgets}/a/status?fieldManager=m`, "apply", {
        ...widget("a", { color: "green" }),
        status: { message: "yes" },
      })
      expect([at(status.json, "spec.color"), at(status.json, "status.message")]).toEqual(["blue", "yes"])
      expect(ownedBy(status, "m").map(({ subresource, fieldsV1 }) => [subresource, fieldsV1])).toEqual([
        [undefined, { "f:spec": { "f:color": {} } }],
        ["status", { "f:status": { "f:message": {} } }],
      ])
    })

    statement("2.8.96 managedFields and other versions are not applied", async (world) => {
      await defineWidgets(world)
      const fields = await applyAs(
        world,
        "m",
        widget("a", {}, { managedFields: [{ manager: "m", operation: "Apply" }] }),
      )
      expect(refusal(fields)).toEqual([400, "BadRequest", "metadata.managedFields must be nil"])
      const version = await applyAs(world, "m", { ...widget("a"), apiVersion: "example.com/v2" })
      expect(refusal(version)).toEqual([
        400,
        "BadRequest",
        "Incorrect version specified in apply patch. Specified patch version: example.com/v2, expected: example.com/v1",
      ])
    })

    statement("2.8.97 a uid of an object that is not there conflicts", async (world) => {
      const answer = await world.patch(
        `${configMaps}/a?fieldManager=m`,
        "apply",
        configMap("a", {}, { uid: "x" }),
      )
      expect(refusal(answer)).toEqual([
        409,
        "Conflict",
        expect.stringContaining(
          "uid mismatch: the provided object specified uid x, and no existing object was found",
        ),
      ])
    })

    statement(
      "2.8.98 a client moves its fields from Update to Apply by a guarded JSON Patch",
      async (world) => {
        const made = await world.post(
          `${configMaps}?fieldManager=kubectl-client-side-apply`,
          configMap("a", { k: "v" }),
        )
        const [entry] = ownedBy(made, "kubectl-client-side-apply")
        const patch = [
          {
            op: "replace",
            path: "/metadata/managedFields",
            value: [{ ...entry, manager: "kubectl", operation: "Apply" }],
          },
          { op: "replace", path: "/metadata/resourceVersion", value: versionOf(made.json) },
        ] as unknown as Json
        const moved = await world.patch(`${configMaps}/a`, "json", patch)
        expect([moved.status, ownedBy(moved, "kubectl")[0]?.operation]).toEqual([200, "Apply"])
        const applied = await world.patch(
          `${configMaps}/a?fieldManager=kubectl`,
          "apply",
          configMap("a", { l: "w" }),
        )
        expect(applied.json.data).toEqual({ l: "w" })
        expect((await world.patch(`${configMaps}/a`, "json", patch)).status).toBe(409)
      },
    )

    statement("2.8.99 ownership is kept for each version, across versions", async (world) => {
      const two: JsonObject = { ...shaped, name: "v2", storage: false }
      await defineWidgets(world, { versions: [shaped, two] })
      await applyAs(world, "m", widget("a", { color: "blue" }))
      const v2 = widgets.replace("/v1/", "/v2/")
      const in2 = (spec: JsonObject) => ({ ...widget("a", spec), apiVersion: "example.com/v2" })
      const conflict = await world.patch(`${v2}/a?fieldManager=n`, "apply", in2({ color: "green" }))
      expect(refusal(conflict).slice(0, 2)).toEqual([409, "Conflict"])
      const other = await world.patch(`${v2}/a?fieldManager=n`, "apply", in2({ replicas: 1 }))
      expect(ownedBy(other, "n")[0]?.apiVersion).toBe("example.com/v2")
      const moved = await world.patch(`${v2}/a?fieldManager=m`, "apply", in2({}))
      expect(at(moved.json, "spec.color")).toBe("red")
    })

    statement(
      "2.8.99 where a webhook converts, what is owned in one version is compared in that",
      withWebhook({ "/convert": moveColor }, async (world, server) => {
        const shape = (properties: JsonObject): JsonObject => ({
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties } },
          },
        })
        const text = { type: "string" }
        const bare = { ...shaped, selectableFields: [], additionalPrinterColumns: [], subresources: {} }
        const versions = [
          { ...bare, schema: shape({ color: text }) },
          { ...bare, name: "v2", storage: false, schema: shape({ colour: text }) },
        ]
        const crd = widgetsCrd({ versions })
        const clientConfig = { url: `${server.url}/convert`, caBundle: server.caBundle }
        const conversion = {
          strategy: "Webhook",
          webhook: { conversionReviewVersions: ["v1"], clientConfig },
        }
        const made = await world.post(crds, { ...crd, spec: { ...(crd.spec as JsonObject), conversion } })
        expect([made.status, made.text]).toEqual([201, expect.any(String)])
        await applyAs(world, "m", widget("a", { color: "blue" }))
        const v2 = `${widgets.replace("/v1/", "/v2/")}/a`
        const applied = (colour: string) => ({ ...widget("a", { colour }), apiVersion: "example.com/v2" })
        const conflict = await world.patch(`${v2}?fieldManager=n`, "apply", applied("green"))
        expect([conflict.status, causesOf(conflict)[0]?.field]).toEqual([409, ".spec.color"])
        const changed = await world.patch(`${v2}?fieldManager=u`, "merge", { spec: { colour: "green" } })
        expect([ownedBy(changed, "m"), ownedBy(changed, "u")[0]?.fieldsV1]).toEqual([
          [],
          { "f:spec": { "f:colour": {} } },
        ])
      }),
    )

    statement("2.8.100 scaling owns the replicas of the parent", async (world) => {
      await defineWidgets(world)
      await applyAs(world, "m", widget("a", { replicas: 1 }))
      await world.patch(`${widgets}/a/scale?fieldManager=scaler`, "merge", { spec: { replicas: 4 } })
      const found = await world.get(`${widgets}/a`)
      expect(ownedBy(found, "scaler")).toEqual([
        expect.objectContaining({
          operation: "Update",
          subresource: "scale",
          fieldsV1: { "f:spec": { "f:replicas": {} } },
        }),
      ])
      expect(ownedBy(found, "m")).toEqual([])
    })
  })
}
