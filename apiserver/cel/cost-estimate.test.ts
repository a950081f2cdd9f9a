/** The figures are those that Kubernetes keeps stable, since schemas are accepted or refused by them. */
import { describe, expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { declarationOf } from "./declaration.ts"
import { rulesOf } from "./rule.ts"
import { ruleProgram } from "./rule-program.ts"

const estimateOf = (schema: JsonObject, rule: string): number | string => {
  const declaration = declarationOf(schema, { name: "self" })
  const [read] = rulesOf({ "x-kubernetes-validations": [{ rule }] })
  if (declaration === undefined || read === undefined) return "no declaration"
  const { condition } = ruleProgram(read, schema, declaration)
  return condition.kind === "program" ? condition.maxCost : condition.message
}

const number: JsonObject = { type: "number" }
const string: JsonObject = { type: "string" }
const boolean: JsonObject = { type: "boolean" }
const moment: JsonObject = { type: "string", format: "date-time" }
const day: JsonObject = { type: "string", format: "date" }
const span: JsonObject = { type: "string", format: "duration" }
const intOrString: JsonObject = { "x-kubernetes-int-or-string": true }
const list = (items: JsonObject, bounds: JsonObject = {}): JsonObject => ({ type: "array", items, ...bounds })
const map = (additionalProperties: JsonObject, bounds: JsonObject = {}): JsonObject => ({
  type: "object",
  additionalProperties,
  ...bounds,
})

describe("an estimate", () => {
  test.each<[string, JsonObject, number]>([
    ["self.all(x, true)", list(number), 4718591],
    ["self.all(x, true)", list(number, { maxItems: 10 }), 32],
    ["self.all(x, true)", list(string), 3145727],
    ["self.all(x, true)", list(boolean), 1887437],
    ["self.all(x, true)", list(list(number)), 3145727],
    ["self.all(x, true)", list(intOrString), 4718591],
    ["self.all(x, true)", list(span), 2359295],
    ["self.all(x, true)", list(day), 725936],
    ["self.all(x, true)", list(moment), 428963],
    ["self.all(x, true)", map(number), 1348169],
    ["self.all(x, true)", map(string), 1179647],
    ["self.all(x, true)", map(boolean, { maxProperties: 100 }), 302],
    ["self.contains('test')", string, 314574],
    ["self.contains('test')", { type: "string", maxLength: 10 }, 5],
    ["self.startsWith('test')", string, 2],
    ['size(self + "hello") > size("hello")', string, 314578],
    ['size(self + "hello") > size("hello")', { type: "string", maxLength: 4 }, 7],
    ["self[1] == 0.0", list(number), 2],
    ["self[1] == self[1]", list(string), 314577],
    ["self.all(x, self.all(y, true))", list(number, { maxItems: 10 }), 352],
    ["self.all(x, self.all(y, self.all(z, true)))", list(number, { maxItems: 10 }), 3552],
    ['self.matches("x")', string, 314574],
    ['self.matches("x")', { type: "string", maxLength: 50 }, 22],
    ['"".matches("(((((((((())))))))))[0-9]")', string, 7],
    ['self["x"] == 0.0', map(number), 2],
    ['self == "x"', string, 2],
    ["self.all(x, x == 0.0)", list(number), 6291454],
    ["self[0] == 5", list(intOrString), 3],
    ["self[0][0] == -1.0", list(list(number)), 3],
    ["self[0].getHours() == 2", list(span), 4],
    ["self.find('[0-9]+') == ''", string, 629147],
    ["self.find('[0-9]+') == ''", { type: "string", maxLength: 10 }, 11],
    ["oldSelf.size() == self.size()", map({ type: "integer" }), 5],
    ['self["a"] == self["b"]', map(moment), 8],
    ["self.contains('A')", { type: "string", enum: ["A", "B", "C", "LongValue"] }, 2],
  ])("of %s on %j is %i", (rule, schema, want) => {
    expect(estimateOf(schema, rule)).toBe(want)
  })

  test("of loops in loops over unbounded lists is out of all bounds", () => {
    expect(estimateOf(list(number), "self.all(x, self.all(y, true))")).toBeGreaterThan(10_000_000)
  })
})
