/** The figures are those that Kubernetes keeps stable: what an object may cost decides what it may be. */
import { describe, expect, test } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { declarationOf } from "./declaration.ts"
import { valueOfJson } from "./json-value.ts"
import { rulesOf } from "./rule.ts"
import { ruleProgram } from "./rule-program.ts"

const costOf = (rule: string, schema: JsonObject, value: Json): number | string => {
  const declaration = declarationOf(schema, { name: "self" })
  const [read] = rulesOf({ "x-kubernetes-validations": [{ rule }] })
  if (declaration === undefined || read === undefined) return "no declaration"
  const { condition } = ruleProgram(read, schema, declaration)
  if (condition.kind === "error") return condition.message
  const result = condition.program.run(() => valueOfJson(value, declaration), 1_000_000)
  return result.kind === "value" && result.value === true ? result.cost : JSON.stringify(result)
}

const string: JsonObject = { type: "string" }
const integer: JsonObject = { type: "integer" }
const list = (items: JsonObject, more: JsonObject = {}): JsonObject => ({ type: "array", items, ...more })
const map = (additionalProperties: JsonObject): JsonObject => ({ type: "object", additionalProperties })
const object = (properties: JsonObject): JsonObject => ({ type: "object", properties })
const pair = (schema: JsonObject): JsonObject => object({ val1: schema, val2: schema })
const both = (value: Json, other: Json = value): Json => ({ val1: value, val2: other })

const text = "Rook takes 👑"

describe("the cost of", () => {
  test.each<[string, JsonObject, Json, number]>([
    ["double(self.val1) < 10.0", pair(integer), both(5), 4],
    ["self.val1.startsWith('Rook')", pair(string), both(text), 3],
    ["!self.val1.startsWith('knight')", pair(string), both(text), 4],
    ["self.val1.matches('^[^0-9]*$')", pair(string), both(text), 8],
    ["type(self.val1) == string", pair(string), both(text), 4],
    ["size(self.val1) == 12", pair(string), both(text), 4],
    ["self.val1.charAt(3) == 'k'", pair(string), both(text), 4],
    ["self.val1.indexOf('o') == 1", pair(string), both(text), 4],
    ["self.val1.replace(' ', 'x') == 'Rookxtakesx👑'", pair(string), both(text), 7],
    ["self.val1.split(' ') == ['Rook', 'takes', '👑']", pair(string), both(text), 6],
    ["self.val1.substring(5) == 'takes 👑'", pair(string), both(text), 5],
    ["self.val1.substring(4, 10).trim() == 'takes'", pair(string), both(text), 6],
    ["self.val1.upperAscii() == 'ROOK TAKES 👑'", pair(string), both(text), 6],
    ["self.val1 == self.val2", pair({ type: "string", format: "byte" }), both("QUI="), 5],
    [
      "self.val1 == duration('1h2m') + duration('3s4ms')",
      pair({ type: "string", format: "duration" }),
      both("1h2m3s4ms"),
      4,
    ],
    ["self.val1.getHours() == 1", pair({ type: "string", format: "duration" }), both("1h2m3s4ms"), 4],
    ["self.val1.getDate() == 16", pair({ type: "string", format: "date" }), both("1997-07-16"), 4],
    ["self.val1 in ['Pending', 'Available']", pair(string), both("Pending"), 2],
    ["1 in self.val1", pair(list(integer)), both([1, 2, 3]), 5],
    ["self.val2[0] in self.val1", pair(list(integer)), both([1, 2, 3]), 8],
    ["!(0 in self.val1)", pair(list(integer)), both([1, 2, 3]), 6],
    ["self.val1 + self.val2 == [1, 2, 3, 1, 2, 3]", pair(list(integer)), both([1, 2, 3]), 6],
    ["self.val1 + [4, 5] == [1, 2, 3, 4, 5]", pair(list(integer)), both([1, 2, 3]), 4],
    ["has(self.val1)", pair(list(integer)), both([1]), 1],
    ["has(self.val1) && has(self.val2)", pair(list(integer)), both([1]), 2],
    [
      "self.val1 == self.val2",
      pair(list(string, { "x-kubernetes-list-type": "set" })),
      both(["a", "b", "c"], ["a", "c", "b"]),
      5,
    ],
    [
      "self.val1 + self.val2 == ['a', 'b', 'c']",
      pair(list(string, { "x-kubernetes-list-type": "set" })),
      both(["a", "b", "c"], ["a", "c", "b"]),
      6,
    ],
    ["sets.contains(self.val1, ['a'])", pair(list(string)), both(["a", "b", "c"]), 6],
    ["sets.equivalent(self.val1, ['a', 'b', 'c'])", pair(list(string)), both(["a", "b", "c"]), 21],
    ["self.val1 == self.val2", pair(map(string)), both({ k1: "a", k2: "b" }), 5],
    ["'k1' in self.val1", pair(map(string)), both({ k1: "a" }), 3],
    ["!('k3' in self.val1)", pair(map(string)), both({ k1: "a" }), 4],
    ["self.val1 == {'k1': 'a', 'k2': 'b'}", pair(map(string)), both({ k1: "a", k2: "b" }), 3],
    ["has(self.a.b)", object({ a: object({ b: integer }) }), { a: { b: 1 } }, 2],
    ["!has(self.a.c)", object({ a: object({ c: integer }) }), { a: {} }, 3],
  ])("%s on %j is as Kubernetes has it", (rule, schema, value, want) => {
    expect(costOf(rule, schema, value)).toBe(want)
  })
})
