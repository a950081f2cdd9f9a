import { describe, expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { checkRules } from "./rule-check.ts"

const root = "spec.versions[0].schema.openAPIV3Schema"

const specOf = (spec: JsonObject): JsonObject => ({ type: "object", properties: { spec } })

const found = (spec: JsonObject): ReadonlyArray<string> =>
  checkRules(specOf(spec), root).map(({ field, detail }) => `${field.replace(`${root}.`, "")}: ${detail}`)

const object = (rule: JsonObject): JsonObject => ({
  type: "object",
  properties: {
    a: { type: "integer" },
    open: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  },
  "x-kubernetes-validations": [rule],
})

const at = "properties[spec].x-kubernetes-validations[0]"

describe("a schema is refused", () => {
  test.each<[string, JsonObject, string, string]>([
    ["a field that is not declared", { rule: "self.z == 1" }, "rule", "undefined field 'z'"],
    [
      "a field that is kept though it is not declared",
      { rule: "self.open.x == 1" },
      "rule",
      "undefined field 'x'",
    ],
    ["a rule that is no condition", { rule: "self.a" }, "rule", "cel expression must evaluate to a bool"],
    ["a rule that does not parse", { rule: "self.a ==" }, "rule", "Syntax error: mismatched input '<EOF>'"],
    ["no rule", { rule: " " }, "rule", "Required value: rule is not specified"],
    [
      "a message that is no text",
      { rule: "true", messageExpression: "1" },
      "messageExpression",
      "messageExpression must evaluate to a string",
    ],
    [
      "a message that does not compile",
      { rule: "true", messageExpression: "x" },
      "messageExpression",
      "messageExpression compilation failed: ERROR",
    ],
    ["a message with lines", { rule: "true", message: "a\nb" }, "message", "must not contain line breaks"],
    [
      "a rule with lines and no message",
      { rule: "true ||\nfalse" },
      "message",
      "message must be specified if rule contains line breaks",
    ],
    ["an unknown reason", { rule: "true", reason: "Because" }, "reason", "Unsupported value"],
    ["a path to nowhere", { rule: "true", fieldPath: ".b" }, "fieldPath", "must be a valid path"],
    ["a path that is none", { rule: "true", fieldPath: "a" }, "fieldPath", "must be a valid path"],
    [
      "an optional old value that is not asked for",
      { rule: "true", optionalOldSelf: true },
      "optionalOldSelf",
      "may not be set if oldSelf is not used in rule",
    ],
  ])("for %s", (_, rule, field, want) => {
    const errors = found(object(rule))
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain(`${at}.${field}: `)
    expect(errors[0]).toContain(want)
  })

  test("with the rule and the place in it", () => {
    expect(found(object({ rule: "self.z == 1" }))).toEqual([
      `${at}.rule: Invalid value: {"rule":"self.z == 1"}: compilation failed: ERROR: <input>:1:5: undefined field 'z'\n | self.z == 1\n | ....^`,
    ])
  })

  test("for a rule about what was before where nothing tells items apart", () => {
    const items = { type: "integer", "x-kubernetes-validations": [{ rule: "self == oldSelf" }] }
    expect(found({ type: "array", items })).toEqual([
      `properties[spec].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within ${root}.properties[spec]`,
    ])
  })

  test.each<[string, JsonObject, string]>([
    [
      "a rule that may cost too much",
      {
        type: "array",
        items: { type: "string" },
        "x-kubernetes-validations": [{ rule: "self.all(x, self.all(y, x != y))" }],
      },
      "estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)",
    ],
    [
      "a rule asked too often",
      {
        type: "array",
        items: { type: "string", "x-kubernetes-validations": [{ rule: "self.contains('abcdefghijk')" }] },
      },
      "estimated rule cost exceeds budget by factor of more than 100x",
    ],
    [
      "a rule that costs a little too much",
      {
        type: "array",
        maxItems: 3_500_000,
        items: { type: "integer" },
        "x-kubernetes-validations": [{ rule: "self.all(x, true)" }],
      },
      "estimated rule cost exceeds budget by factor of 1.050000x",
    ],
  ])("for %s", (_, spec, want) => {
    expect(found(spec)[0]).toContain(`rule: Forbidden: ${want}`)
  })

  test("for what all rules may cost together, naming the worst", () => {
    const rule = { rule: "self.all(x, true)" }
    const spec = {
      type: "array",
      maxItems: 3_000_000,
      items: { type: "integer" },
      "x-kubernetes-validations": Array.from({ length: 12 }, () => rule),
    }
    const errors = found(spec)
    expect(errors.filter((each) => each.includes("contributed to estimated rule cost total"))).toHaveLength(4)
    expect(errors.at(-1)).toContain(
      "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of 1.080000x",
    )
  })
})

test("a schema is accepted with rules that are sound", () => {
  const items: JsonObject = {
    type: "object",
    properties: { k: { type: "string", maxLength: 10 } },
    "x-kubernetes-validations": [
      { rule: "self.k == oldSelf.k", messageExpression: "self.k", fieldPath: ".k" },
    ],
  }
  expect(
    found({
      type: "array",
      maxItems: 10,
      items,
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
      "x-kubernetes-validations": [{ rule: "self.all(x, self.exists_one(y, x.k == y.k))" }],
    }),
  ).toEqual([])
})
