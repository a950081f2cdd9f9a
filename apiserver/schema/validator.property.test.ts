import { Ajv } from "ajv"
import fc from "fast-check"
import { expect, test } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { ErrorCollector, Validator } from "./validator.ts"

const names = fc.constantFrom("a", "b", "c")
const bound = fc.integer({ min: 0, max: 3 })
const optional = (shape: { readonly [key: string]: fc.Arbitrary<Json> }): fc.Arbitrary<JsonObject> =>
  fc.record(shape, { requiredKeys: [] }).map((made) => JSON.parse(JSON.stringify(made)) as JsonObject)
const merged = (...parts: ReadonlyArray<fc.Arbitrary<JsonObject>>): fc.Arbitrary<JsonObject> =>
  fc.tuple(...parts).map((made) => Object.assign({}, ...made) as JsonObject)

const { schemas, values } = fc.letrec<{ schemas: JsonObject; values: Json }>((tie) => ({
  values: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Json>(null, true, 0, 1, 2, 5, 0.5, "", "a", "ab", "💡", "abc"),
    fc.array(tie("values"), { maxLength: 4 }),
    fc.dictionary(names, tie("values"), { maxKeys: 3 }),
  ),
  schemas: fc.oneof(
    { maxDepth: 4 },
    merged(
      fc.constant({ type: "string" }),
      optional({
        minLength: bound,
        maxLength: bound,
        pattern: fc.constantFrom("^a+$", "b", "^.{2}$"),
        nullable: fc.boolean(),
        enum: fc.uniqueArray(fc.constantFrom("a", "ab", ""), { minLength: 1 }),
      }),
    ),
    merged(
      fc.record({ type: fc.constantFrom("integer", "number") }),
      optional({ minimum: bound, maximum: bound, multipleOf: fc.constantFrom(1, 2), nullable: fc.boolean() }),
    ),
    fc.constant<JsonObject>({ type: "boolean" }),
    merged(
      fc.record({ type: fc.constant("array"), items: tie("schemas") }) as fc.Arbitrary<JsonObject>,
      optional({ minItems: bound, maxItems: bound }),
    ),
    merged(
      fc.record({
        type: fc.constant("object"),
        properties: fc.dictionary(names, tie("schemas")),
      }) as fc.Arbitrary<JsonObject>,
      optional({
        required: fc.uniqueArray(names, { minLength: 1 }),
        minProperties: bound,
        maxProperties: bound,
      }),
    ),
    fc.record({
      type: fc.constant("object"),
      additionalProperties: tie("schemas"),
    }) as fc.Arbitrary<JsonObject>,
    merged(
      fc.record({ type: fc.constantFrom("object", "integer") }),
      optional({
        allOf: fc.array(tie("schemas"), { minLength: 1, maxLength: 2 }),
        anyOf: fc.array(tie("schemas"), { minLength: 1, maxLength: 2 }),
        oneOf: fc.array(tie("schemas"), { minLength: 1, maxLength: 2 }),
        not: tie("schemas"),
      }),
    ),
  ),
}))

test("a value is valid here if and only if it is valid to ajv", () => {
  const ajv = new Ajv({ strict: false, validateSchema: false, addUsedSchema: false, ownProperties: true })
  fc.assert(
    fc.property(schemas, fc.array(values, { minLength: 5, maxLength: 10 }), (schema, candidates) => {
      const judge = ajv.compile(schema)
      const validator = new Validator(schema)
      for (const value of candidates) expect(validator.passes(value)).toBe(judge(value))
    }),
    { numRuns: 300 },
  )
})

test("an unchanged value is always excused, and a changed one never gets more errors", () => {
  fc.assert(
    fc.property(schemas, values, values, (schema, value, old) => {
      const validator = new Validator(schema)
      const errors = (before: Json | undefined) => {
        const collector = new ErrorCollector(1_000)
        validator.check(value, before, collector)
        return collector.errors
      }
      expect(errors(structuredClone(value) as Json)).toEqual([])
      const all = errors(undefined).map(({ field, detail }) => `${field} ${detail}`)
      for (const { field, detail } of errors(old)) expect(all).toContain(`${field} ${detail}`)
    }),
  )
})
