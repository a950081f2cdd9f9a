/** Statements 2.10.116 to 2.10.119: rules in CEL, and what of a stricter schema is excused. */
import { describe, expect } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import {
  at,
  crds,
  defineWidgets,
  refusal,
  type World,
  widget,
  widgets,
  widgetsCrd,
  widgetVersion,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const text = { type: "string" }
const integer = { type: "integer" }

const rules = (...all: ReadonlyArray<string | JsonObject>): JsonObject => ({
  "x-kubernetes-validations": all.map((rule) => (typeof rule === "string" ? { rule } : rule)),
})

const versionWith = (spec: JsonObject): JsonObject => ({
  ...widgetVersion,
  selectableFields: [],
  additionalPrinterColumns: [],
  subresources: {},
  schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
})
const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: "object",
  properties,
  ...more,
})
const define = (world: World, spec: JsonObject) => defineWidgets(world, { versions: [versionWith(spec)] })
const redefine = (world: World, spec: JsonObject) =>
  world.patch(`${crds}/widgets.example.com`, "merge", { spec: { versions: [versionWith(spec)] } })

const made = (world: World, spec: Json) => world.post(widgets, { ...widget("a"), spec })
const merged = (world: World, spec: JsonObject) => world.patch(`${widgets}/a`, "merge", { spec })

/** Message, reason and field of the first cause. */
const cause = (answer: { readonly json: JsonObject }): ReadonlyArray<Json | undefined> =>
  ["reason", "message", "field"].map((key) => at(answer.json, `details.causes.0.${key}`))

export const rulesSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.10 rules`, () => {
    statement("2.10.116 a rule about self holds, and its message says what does not", async (world) => {
      const spec = object(
        {
          n: integer,
          max: integer,
          m: { ...integer, ...rules({ rule: "self > 0", message: " not positive " }) },
        },
        rules("self.n <= self.max"),
      )
      await define(world, spec)
      expect((await made(world, { n: 1, max: 2 })).status).toBe(201)
      const refused = await merged(world, { n: 3 })
      expect(refusal(refused)).toEqual([
        422,
        "Invalid",
        'Widget.example.com "a" is invalid: spec: Invalid value: failed rule: self.n <= self.max',
      ])
      expect(cause(await merged(world, { m: -1 }))).toEqual([
        "FieldValueInvalid",
        "Invalid value: -1: not positive",
        "spec.m",
      ])
    })

    statement("2.10.116 messageExpression, fieldPath and reason shape the cause", async (world) => {
      const shaped = (more: JsonObject) => ({ rule: "self.n <= self.max", ...more })
      const causes: ReadonlyArray<readonly [JsonObject, ReadonlyArray<string>]> = [
        [
          { messageExpression: "'at most %d'.format([self.max])", message: "m" },
          ["FieldValueInvalid", "Invalid value: at most 1", "spec"],
        ],
        [
          { messageExpression: "''", message: "m", reason: "FieldValueForbidden" },
          ["FieldValueForbidden", "Forbidden: m", "spec"],
        ],
        [
          { messageExpression: "'a\\nb'", message: "m", reason: "FieldValueRequired", fieldPath: ".n" },
          ["FieldValueRequired", "Required value: m", "spec.n"],
        ],
        [
          { reason: "FieldValueDuplicate", fieldPath: ".max" },
          ["FieldValueDuplicate", 'Duplicate value: "object"', "spec.max"],
        ],
      ]
      await define(world, object({ n: integer, max: integer }))
      for (const [more, expected] of causes) {
        const defined = await redefine(world, object({ n: integer, max: integer }, rules(shaped(more))))
        expect([defined.status, defined.text]).toEqual([200, expect.any(String)])
        expect(cause(await made(world, { n: 2, max: 1 }))).toEqual(expected)
      }
    })

    statement("2.10.116 a rule about oldSelf is asked of what had a state before", async (world) => {
      const grows = { ...integer, ...rules("self >= oldSelf") }
      const once = {
        ...integer,
        ...rules({ rule: "oldSelf.hasValue() || self == 1", optionalOldSelf: true }),
      }
      const keyed = {
        type: "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k"],
        items: object({ k: text, v: grows }, { required: ["k"] }),
      }
      await define(world, object({ n: grows, once, keyed }))
      expect((await made(world, { n: 5, keyed: [{ k: "a", v: 3 }] })).status).toBe(201)
      expect(cause(await merged(world, { n: 4 }))[2]).toBe("spec.n")
      expect((await merged(world, { n: 6 })).status).toBe(200)
      expect(cause(await merged(world, { once: 2 }))[2]).toBe("spec.once")
      expect((await merged(world, { once: 1 })).status).toBe(200)
      expect((await merged(world, { once: 2 })).status).toBe(200)
      expect(
        (
          await merged(world, {
            keyed: [
              { k: "b", v: 0 },
              { k: "a", v: 3 },
            ],
          })
        ).status,
      ).toBe(200)
      expect(
        cause(
          await merged(world, {
            keyed: [
              { k: "b", v: 0 },
              { k: "a", v: 2 },
            ],
          }),
        )[2],
      ).toBe("spec.keyed[1].v")
      const uncorrelatable = object({ list: { type: "array", items: grows, maxItems: 5 } })
      expect(refusal(await redefine(world, uncorrelatable))).toEqual([
        422,
        "Invalid",
        expect.stringContaining("oldSelf cannot be used on the uncorrelatable portion of the schema"),
      ])
    })

    statement("2.10.116 rules that may cost too much are refused, and none runs for long", async (world) => {
      const nested = "self.all(x, self.all(y, self.all(z, x + y + z >= 0)))"
      const unbounded = object({ list: { type: "array", items: integer, ...rules(nested) } })
      const answer = await world.post(crds, widgetsCrd({ versions: [versionWith(unbounded)] }))
      expect(refusal(answer)).toEqual([
        422,
        "Invalid",
        expect.stringMatching(/Forbidden: estimated rule cost exceeds budget by factor of .*maxItems/),
      ])
      const bounded = { type: "array", items: integer, maxItems: 30, ...rules(nested) }
      await define(world, object({ list: bounded }))
      expect((await made(world, { list: Array.from({ length: 30 }, (_, index) => index) })).status).toBe(201)
    })

    statement("2.10.117 rules wait for what an object lacks otherwise", async (world) => {
      const spec = object(
        {
          n: { ...integer, ...rules("self > 5") },
          limited: { ...integer, minimum: 1 },
          short: { ...text, maxLength: 2 },
          chosen: { ...text, enum: ["a"] },
        },
        { required: ["n"] },
      )
      await define(world, spec)
      const unchecked =
        "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; " +
        "correct the existing errors to complete validation"
      for (const wrong of [{ limited: "x" }, { short: "abc" }, { chosen: "b" }]) {
        const { json } = await made(world, { n: 1, ...wrong })
        expect(json.message).toContain(unchecked)
        expect(json.message).not.toContain("failed rule")
      }
      expect((await made(world, {})).json.message).toContain(unchecked)
      const both = (await made(world, { n: 1, limited: 0 })).json.message
      expect(both).toContain("spec.limited: Invalid value: 0")
      expect(both).toContain("spec.n: Invalid value: 1: failed rule: self > 5")
    })

    statement("2.10.118 a rule that names what is not declared makes no definition", async (world) => {
      const spec = object({ x: integer, y: integer }, rules("self.x + self.z > 0"))
      const answer = await world.post(crds, widgetsCrd({ versions: [versionWith(spec)] }))
      expect(refusal(answer)).toEqual([422, "Invalid", expect.stringContaining("undefined field 'z'")])
      expect(at(answer.json, "details.causes.0.field")).toBe(
        "spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule",
      )
    })

    statement("2.10.118 a default that its rules refuse makes no definition", async (world) => {
      const spec = object({ x: { ...integer, default: 1, ...rules("self > 5") } })
      const answer = await world.post(crds, widgetsCrd({ versions: [versionWith(spec)] }))
      expect(refusal(answer)).toEqual([
        422,
        "Invalid",
        expect.stringContaining("properties[x].default: Invalid value: 1: failed rule: self > 5"),
      ])
    })

    statement("2.10.119 what is invalid already may stay: in silence by the schema", async (world) => {
      await define(world, object({ name: text, deep: object({ a: integer, b: integer }), other: text }))
      await made(world, { name: "long", deep: { a: 1, b: 1 } })
      const strict = object({
        name: { ...text, maxLength: 2 },
        deep: object({ a: { ...integer, minimum: 5 }, b: integer }),
        other: text,
      })
      await redefine(world, strict)
      const kept = await merged(world, { other: "x", deep: { b: 2 } })
      expect([kept.status, kept.headers.warning]).toEqual([200, undefined])
      expect(cause(await merged(world, { name: "longer" }))[2]).toBe("spec.name")
      expect(cause(await merged(world, { deep: { a: 2 } }))[2]).toBe("spec.deep.a")
    })

    statement("2.10.119 what is invalid already may stay: with a warning by a rule", async (world) => {
      await define(world, object({ n: integer, list: { type: "array", items: integer }, other: text }))
      await made(world, { n: 1, list: [1] })
      const strict = object({
        n: { ...integer, ...rules("self > 5") },
        list: { type: "array", maxItems: 9, items: { ...integer, ...rules("self > 5") } },
        other: text,
      })
      await redefine(world, strict)
      const kept = await merged(world, { other: "x" })
      expect([kept.status, kept.headers.warning]).toEqual([
        200,
        '299 - "spec.list[0]: Invalid value: 1: failed rule: self > 5", ' +
          '299 - "spec.n: Invalid value: 1: failed rule: self > 5"',
      ])
      expect(cause(await merged(world, { n: 2 }))[2]).toBe("spec.n")
      expect(cause(await merged(world, { list: [1, 6] }))[2]).toBe("spec.list[0]")
    })

    statement("2.10.119 neither rules about oldSelf nor branches of allOf are excused", async (world) => {
      await define(world, object({ n: integer, m: integer, other: text }))
      await made(world, { n: 1, m: 1 })
      await redefine(
        world,
        object({ n: { ...integer, ...rules("self > oldSelf") }, m: integer, other: text }),
      )
      expect(cause(await merged(world, { other: "x" }))[2]).toBe("spec.n")
      await redefine(
        world,
        object({ n: integer, m: integer, other: text }, { allOf: [{ properties: { m: { minimum: 5 } } }] }),
      )
      expect(cause(await merged(world, { other: "x" }))[2]).toBe("spec.m")
    })
  })
}
