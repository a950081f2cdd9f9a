import { expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { checkDefaults } from "./default-check.ts"

const rules = (...all: ReadonlyArray<JsonObject>): JsonObject => ({ "x-kubernetes-validations": [...all] })
const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: "object",
  properties,
  ...more,
})
const textsOf = (schema: JsonObject): ReadonlyArray<string> =>
  checkDefaults(schema, "schema").map(({ field, detail }) => `${field}: ${detail}`)

test.each<[string, JsonObject, ReadonlyArray<string>]>([
  ["that its rules allow", { type: "integer", default: 6, ...rules({ rule: "self > 5" }) }, []],
  [
    "that its rules refuse",
    { type: "integer", default: 1, ...rules({ rule: "self > 5" }) },
    ["schema.properties[spec].default: Invalid value: 1: failed rule: self > 5"],
  ],
  [
    "whose own defaults the rules below refuse",
    object({ n: { type: "integer", default: 1, ...rules({ rule: "self > 5" }) } }, { default: {} }),
    [
      "schema.properties[spec].default.n: Invalid value: 1: failed rule: self > 5",
      "schema.properties[spec].properties[n].default: Invalid value: 1: failed rule: self > 5",
    ],
  ],
  [
    "that would be refused as what was there before",
    { type: "integer", default: 1, ...rules({ rule: "self > oldSelf" }) },
    ["schema.properties[spec].default: Invalid value: 1: failed rule: self > oldSelf"],
  ],
  [
    "that would be refused as new",
    { type: "integer", default: 1, ...rules({ rule: "oldSelf.hasValue()", optionalOldSelf: true }) },
    ["schema.properties[spec].default: Invalid value: 1: failed rule: oldSelf.hasValue()"],
  ],
])("a default %s", (_, spec, texts) => {
  expect(textsOf(object({ spec }))).toEqual(texts)
})
