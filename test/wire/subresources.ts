/** Statements 2.7.80 to 2.7.88: subresources, dry runs, field validation. */
import { describe, expect } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import {
  at,
  configMap,
  configMaps,
  defineWidgets,
  itemsOf,
  refusal,
  told,
  versionOf,
  widget,
  widgets,
  widgetVersion,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const bare: JsonObject = { ...widgetVersion, subresources: {} }
const apply = "application/apply-patch+yaml"

/** A kind that keeps what it does not know, with an object inside. */
const open: JsonObject = {
  ...widgetVersion,
  selectableFields: [],
  schema: {
    openAPIV3Schema: {
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
      properties: {
        spec: {
          type: "object",
          "x-kubernetes-preserve-unknown-fields": true,
          properties: {
            template: {
              type: "object",
              "x-kubernetes-embedded-resource": true,
              "x-kubernetes-preserve-unknown-fields": true,
            },
          },
        },
      },
    },
  },
}
const template = (metadata: Json) => ({ template: { apiVersion: "v1", kind: "Pod", metadata } })

export const subresourcesSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.7 subresources and dry run`, () => {
    statement("2.7.80 status is written through /status alone", async (world) => {
      await defineWidgets(world)
      const made = await world.post(widgets, { ...widget("a"), status: { message: "x" } })
      expect(made.json.status).toBeUndefined()
      const main = await world.patch(`${widgets}/a`, "merge", {
        status: { message: "x" },
        spec: { color: "blue" },
      })
      expect([main.json.status, at(main.json, "spec.color")]).toEqual([undefined, "blue"])
      const status = await world.patch(`${widgets}/a/status`, "merge", {
        status: { message: "x" },
        spec: { color: "green" },
        metadata: { labels: { a: "b" } },
      })
      expect([at(status.json, "status.message"), at(status.json, "spec.color")]).toEqual(["x", "blue"])
      const put = await world.put(`${widgets}/a/status`, { ...status.json, status: { message: "y" } })
      expect([put.status, at(put.json, "status.message")]).toEqual([200, "y"])
      expect(at((await world.get(`${widgets}/a/status`)).json, "status.message")).toBe("y")
    })

    statement("2.7.80 there is no /status where the version has none", async (world) => {
      await defineWidgets(world, { versions: [bare] })
      await world.post(widgets, { ...widget("a"), status: { message: "x" } })
      expect(at((await world.get(`${widgets}/a`)).json, "status.message")).toBe("x")
      for (const each of ["status", "scale"])
        expect((await world.get(`${widgets}/a/${each}`)).status).toBe(404)
    })

    statement("2.7.81 scale reads and writes replicas, and nothing else", async (world) => {
      await defineWidgets(world)
      const made = await world.post(widgets, widget("a", { replicas: 2 }))
      await world.patch(`${widgets}/a/status`, "merge", { status: { replicas: 1 } })
      const scale = await world.get(`${widgets}/a/scale`)
      expect(scale.json).toMatchObject({
        kind: "Scale",
        apiVersion: "autoscaling/v1",
        metadata: { name: "a", namespace: "default", uid: at(made.json, "metadata.uid") },
        spec: { replicas: 2 },
        status: { replicas: 1 },
      })
      const put = await world.put(`${widgets}/a/scale`, { ...scale.json, spec: { replicas: 5 } })
      expect([put.status, at(put.json, "spec.replicas")]).toEqual([200, 5])
      const stale = await world.put(`${widgets}/a/scale`, { ...scale.json, spec: { replicas: 6 } })
      expect(stale.status).toBe(409)
      const patched = await world.patch(`${widgets}/a/scale`, "merge", { spec: { replicas: 7 } })
      expect([patched.status, patched.json.kind, at(patched.json, "spec.replicas")]).toEqual([
        200,
        "Scale",
        7,
      ])
      const { json } = await world.get(`${widgets}/a`)
      expect([at(json, "spec.replicas"), at(json, "metadata.generation")]).toEqual([7, 3])
      expect((await world.patch(`${widgets}/a/scale`, "merge", { spec: { replicas: -1 } })).status).toBe(422)
    })

    // Upstream answers 500 InternalError with this text; here it is Invalid: nothing is wrong with the server.
    statement("2.7.81 there is no scale of an object without replicas in its spec", async (world) => {
      await defineWidgets(world)
      await world.post(widgets, widget("a"))
      const answer = await world.get(`${widgets}/a/scale`)
      expect(refusal(answer)).toEqual([
        422,
        "Invalid",
        expect.stringContaining('the spec replicas field ".spec.replicas" does not exist'),
      ])
      expect((await world.patch(`${widgets}/a/scale`, "merge", { spec: { replicas: 3 } })).status).toBe(200)
      expect(at((await world.get(`${widgets}/a/scale`)).json, "spec.replicas")).toBe(3)
    })

    statement("2.7.82 a dry run answers as the write would, and nothing happens", async (world) => {
      const watch = await world.watch(`${configMaps}?watch=true`)
      const dry = await world.post(`${configMaps}?dryRun=All`, configMap("a"))
      expect([dry.status, at(dry.json, "metadata.name"), at(dry.json, "metadata.resourceVersion")]).toEqual([
        201,
        "a",
        undefined,
      ])
      expect(at(dry.json, "metadata.uid")).toEqual(expect.any(String))
      expect((await world.get(`${configMaps}/a`)).status).toBe(404)
      const real = await world.post(configMaps, configMap("a"))
      const query = "dryRun=All&fieldManager=m"
      const writes = [
        await world.put(`${configMaps}/a?${query}`, configMap("a", { k: "v" })),
        await world.patch(`${configMaps}/a?${query}`, "merge", { data: { k: "v" } }),
        await world.patch(`${configMaps}/a?${query}`, "apply", configMap("a", { k: "v" })),
      ]
      for (const { status, json } of writes) expect([status, at(json, "data.k")]).toEqual([200, "v"])
      expect((await world.delete(`${configMaps}/a`, { dryRun: ["All"] })).json.status).toBe("Success")
      expect(versionOf((await world.get(`${configMaps}/a`)).json)).toBe(versionOf(real.json))
      await world.post(configMaps, configMap("end"))
      expect(told(await watch.take(2))).toEqual(["ADDED a", "ADDED end"])
      const invalid = await world.post(`${configMaps}?dryRun=All`, configMap("A"))
      expect(invalid.status).toBe(422)
      const unknown = await world.post(`${configMaps}?dryRun=Some`, configMap("b"))
      expect(refusal(unknown)).toEqual([
        422,
        "Invalid",
        expect.stringContaining('dryRun: Unsupported value: "Some": supported values: "All"'),
      ])
    })
  })

  describe(`${name}: 2.7 field validation`, () => {
    statement("2.7.83 fieldValidation is Ignore, Warn or Strict, and Warn when absent", async (world) => {
      await defineWidgets(world)
      const absent = await world.post(widgets, widget("a", { size: 1 }))
      expect([absent.status, absent.headers.warning]).toEqual([201, '299 - "unknown field \\"spec.size\\""'])
      const unknown = await world.post(`${widgets}?fieldValidation=Loose`, widget("b"))
      expect(refusal(unknown)).toEqual([
        422,
        "Invalid",
        expect.stringContaining('fieldValidation: Unsupported value: "Loose"'),
      ])
    })

    statement(
      "2.7.84 under Strict unknown and duplicate fields of a create are a bad request",
      async (world) => {
        await defineWidgets(world)
        const rows: ReadonlyArray<readonly [string, string, string]> = [
          [
            widgets,
            "Widget",
            '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"x":1,"color":"a","color":"b","y":2}}',
          ],
          [
            configMaps,
            "ConfigMap",
            '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"x":1,"data":{"k":"a","k":"b"}}',
          ],
        ]
        for (const [path, kind, body] of rows) {
          const answer = await world.post(`${path}?fieldValidation=Strict`, body)
          const message = String(answer.json.message)
          expect(answer.status).toBe(400)
          expect(message).toContain(
            `${kind} in version "v1" cannot be handled as a ${kind}: strict decoding error: `,
          )
          expect(message).toContain(kind === "Widget" ? 'unknown field "spec.x"' : 'unknown field "x"')
          expect(message).toContain(
            kind === "Widget" ? 'duplicate field "spec.color"' : 'duplicate field "data.k"',
          )
        }
      },
    )

    statement("2.7.85 under Strict a patch with unknown fields is Invalid", async (world) => {
      await defineWidgets(world)
      await world.post(widgets, widget("a"))
      const merge = await world.patch(
        `${widgets}/a?fieldValidation=Strict`,
        "merge",
        '{"spec":{"x":1,"color":"a","color":"b"}}',
      )
      expect(refusal(merge)).toEqual([
        422,
        "Invalid",
        expect.stringMatching(
          /patch: Invalid value: .*: strict decoding error: duplicate field "spec.color", unknown field "spec.x"$/,
        ),
      ])
      const json = await world.patch(
        `${widgets}/a?fieldValidation=Strict`,
        "json",
        '[{"op":"add","path":"/spec/x","value":1,"value":1}]',
      )
      expect(refusal(json)).toEqual([
        422,
        "Invalid",
        expect.stringMatching(
          /strict decoding error: json patch duplicate field "\[0\]\.value", unknown field "spec.x"$/,
        ),
      ])
    })

    statement("2.7.86 Warn says the same in headers and prunes, Ignore is silent", async (world) => {
      await defineWidgets(world)
      const body =
        '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"x":1,"color":"a","color":"b"}}'
      const warned = await world.post(`${widgets}?fieldValidation=Warn`, body)
      expect([warned.status, at(warned.json, "spec")]).toEqual([201, { color: "b" }])
      expect(warned.headers.warning?.split(", ").sort()).toEqual([
        '299 - "duplicate field \\"spec.color\\""',
        '299 - "unknown field \\"spec.x\\""',
      ])
      const silent = await world.patch(`${widgets}/a?fieldValidation=Ignore`, "merge", { spec: { x: 1 } })
      expect([silent.status, silent.headers.warning, at(silent.json, "spec.x")]).toEqual([
        200,
        undefined,
        undefined,
      ])
    })

    statement("2.7.87 an apply of an undeclared field fails whatever the validation", async (world) => {
      await defineWidgets(world)
      for (const validation of ["Ignore", "Warn", "Strict"]) {
        const answer = await world.patch(
          `${widgets}/a?fieldManager=m&fieldValidation=${validation}`,
          "apply",
          widget("a", { x: 1 }),
        )
        // Upstream sends its plain error as a 500 without reason; here it is Invalid: the client's fault.
        expect(refusal(answer)).toEqual([
          422,
          "Invalid",
          "failed to create typed patch object (default/a; example.com/v1, Kind=Widget): .spec.x: field not declared in schema",
        ])
      }
    })

    statement(
      "2.7.87 repeated keys in applied YAML are a bad request under Strict, with their line",
      async (world) => {
        await defineWidgets(world)
        const text =
          "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: a\nspec:\n  color: a\n  color: b\n"
        const answer = await world.send("PATCH", `${widgets}/a?fieldManager=m&fieldValidation=Strict`, {
          body: text,
          headers: { "content-type": apply },
        })
        expect(refusal(answer)).toEqual([
          400,
          "BadRequest",
          expect.stringContaining('line 7: key "color" already set in map'),
        ])
        expect(String(answer.json.message)).toMatch(/^error strict decoding YAML: /)
      },
    )

    statement("2.7.88 unknown metadata is an error even where unknown fields are kept", async (world) => {
      await defineWidgets(world, { versions: [open] })
      const object = { ...widget("a", template({ name: "p", x: "1" }), { unknownMeta: "1" }) }
      const answer = await world.post(`${widgets}?fieldValidation=Strict`, object)
      expect(answer.status).toBe(400)
      expect(String(answer.json.message)).toContain('unknown field "metadata.unknownMeta"')
      expect(String(answer.json.message)).toContain('unknown field "spec.template.metadata.x"')
      for (const [sent, field] of [
        [widget("a", {}, { unknownMeta: "1" }), ".metadata.unknownMeta"],
        [widget("a", template({ x: "1" })), ".spec.template.metadata.x"],
      ] as const) {
        const applied = await world.patch(`${widgets}/a?fieldManager=m`, "apply", sent)
        expect(String(applied.json.message)).toContain(`${field}: field not declared in schema`)
      }
      const kept = await world.post(
        `${widgets}?fieldValidation=Strict`,
        widget("b", { anything: { at: ["all"] } }),
      )
      expect([kept.status, itemsOf(await world.get(widgets)).length]).toEqual([201, 1])
    })
  })
}
