import { describe, expect, test } from "vitest"
import { outcome } from "./test-expression.ts"
import * as t from "./type.ts"
import { Optional, type Value } from "./value.ts"

const given = {
  n: { type: t.int, value: 1 as Value },
  s: { type: t.string, value: "x" as Value },
  o: { type: t.objectOf("self", new Map([["a", t.int]])), value: null as Value },
  l: { type: t.listOf(t.string), value: null as Value },
  opt: { type: t.optionalOf(t.int), value: new Optional(1) as Value },
}

describe("the checker says in cel-go's words", () => {
  test.each([
    [
      "that a field is not declared",
      "o.z == 1",
      "ERROR: <input>:1:2: undefined field 'z'\n | o.z == 1\n | .^",
    ],
    [
      "that a name is not declared",
      "x",
      "ERROR: <input>:1:1: undeclared reference to 'x' (in container '')\n | x\n | ^",
    ],
    [
      "that a function is not declared",
      "s.foo()",
      "ERROR: <input>:1:6: undeclared reference to 'foo' (in container '')\n | s.foo()\n | .....^",
    ],
    [
      "that no overload fits",
      "1 + 'a'",
      "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | 1 + 'a'\n | ..^",
    ],
    [
      "that no member overload fits",
      "n.startsWith('a')",
      "ERROR: <input>:1:13: found no matching overload for 'startsWith' applied to 'int.(string)'\n | n.startsWith('a')\n | ............^",
    ],
    [
      "that null is no string",
      "s == null",
      "ERROR: <input>:1:3: found no matching overload for '_==_' applied to '(string, null)'\n | s == null\n | ..^",
    ],
    [
      "that a condition is no bool",
      "n && true",
      "ERROR: <input>:1:1: expected type 'bool' but found 'int'\n | n && true\n | ^",
    ],
    [
      "that a list is mixed",
      "[1, 'a']",
      "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, 'a']\n | ....^",
    ],
    [
      "that something cannot be looped over",
      "n.all(x, true)",
      "ERROR: <input>:1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | n.all(x, true)\n | ^",
    ],
    [
      "that something has no fields",
      "n.a",
      "ERROR: <input>:1:2: type 'int' does not support field selection\n | n.a\n | .^",
    ],
    [
      "that an expression is no pattern",
      "s.matches('[')",
      "ERROR: <input>:1:11: invalid matches argument\n | s.matches('[')\n | ..........^",
    ],
    [
      "that a text is no duration",
      "duration('1x') == duration('1s')",
      "ERROR: <input>:1:10: invalid duration argument\n | duration('1x') == duration('1s')\n | .........^",
    ],
  ])("%s", (_, source, want) => {
    expect(outcome(source, given)).toBe(want)
  })

  test("all that is wrong, in the order of the source", () => {
    expect(String(outcome("x + y", given)).match(/ERROR/g)).toHaveLength(2)
  })

  test("nothing of loops' variables outside of them", () => {
    expect(outcome("l.all(x, x == '') && x", given)).toContain("undeclared reference to 'x'")
  })

  test.each([
    ["what is formatted may be of any types", "'%s %d'.format(['a', 1]) == 'a 1'"],
    ["an empty list fits any list", "[] == [1] || true"],
    ["fields of optionals are optionals", "{'a': {'b': 1}}[?'a'].b.orValue(2) == 1"],
    ["numbers of different types compare", "1 < 2.5 && 2u > 1"],
  ])("takes it that %s", (_, source) => {
    expect(outcome(source, given)).toBe(true)
  })
})
