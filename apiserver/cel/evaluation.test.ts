import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { baseFunctions } from "./base-environment.ts"
import { compileUnchecked } from "./program.ts"
import { evaluate, outcome } from "./test-expression.ts"
import * as t from "./type.ts"
import type { Value } from "./value.ts"

describe("an evaluation", () => {
  test.each([
    ["int overflow", "9223372036854775807 + 1", "error: integer overflow"],
    ["int underflow", "-9223372036854775808 - 1", "error: integer overflow"],
    ["a product that does not fit", "4611686018427387904 * 2", "error: integer overflow"],
    ["the one negation that does not fit", "-(-9223372036854775808)", "error: integer overflow"],
    ["uint underflow", "1u - 2u", "error: unsigned integer overflow"],
    ["division by zero", "1 / 0", "error: division by zero"],
    ["modulus by zero", "1 % 0", "error: modulus by zero"],
    ["a key that is not there", "{'a': 1}['b']", "error: no such key: b"],
    ["an index that is not there", "[1][5]", "error: index out of bounds: 5"],
    ["types that do not go together", "dyn(1) + dyn('a')", "error: no such overload"],
    ["an optional that holds nothing", "optional.none().value() == 1", "error: optional.none() dereference"],
  ])("fails of %s", (_, source, want) => {
    expect(outcome(source)).toBe(want)
  })

  test.each([
    ["false && 1 / 0 > 0", false],
    ["1 / 0 > 0 && false", false],
    ["true || 1 / 0 > 0", true],
    ["1 / 0 > 0 || true", true],
    ["1 / 0 > 0 ? 1 : 2", "error: division by zero"],
    ["false ? 1 / 0 : 2", 2],
    ["[1, 0].exists(x, 1 / x > 0)", true],
    ["[0, 1].exists(x, 1 / x > 0)", true],
    ["[0, 1].all(x, 1 / x > 5)", false],
    ["[0, 1].all(x, 1 / x == 1)", "error: division by zero"],
  ])("absorbs what does not matter: %s", (source, want) => {
    expect(outcome(source)).toBe(want)
  })

  test.each([
    "9007199254740993 - 1 == 9007199254740992",
    "9223372036854775807 / -1 == -9223372036854775807",
    "-7 / 2 == -3 && -7 % 2 == -1",
    "4503599627370496 * 3 == 13510798882111488",
    "'😀'.size() == 1 && 'a😀b'.substring(1, 2) == '😀' && 'a😀b'.indexOf('b') == 2",
    "'\uFFFF' < '😀'",
    "duration('1h') + duration('30m') == duration('90m')",
    "timestamp('2024-02-29T00:00:00Z') + duration('24h') == timestamp('2024-03-01T00:00:00Z')",
    "timestamp('2024-01-01T00:30:00Z').getHours('-01:00') == 23",
    "timestamp('2024-07-01T12:00:00Z').getHours('Europe/Berlin') == 14",
    "{1: 'a'}[dyn(1u)] == 'a'",
    "type(1) == int && type([]) == list",
    "[1, 2, 3].filter(x, x > 1).map(x, x * 2) == [4, 6]",
    "{'a': 1, 'b': 2}.transformList(k, v, v > 1, k) == ['b']",
    "cel.bind(x, 2, x * x) == 4",
    "[?optional.none(), 1] == [1]",
    "[3, 1, 2].sortBy(x, -x) == [3, 2, 1]",
  ])("%s", (source) => {
    expect(outcome(source)).toBe(true)
  })

  test("agrees with exact arithmetic on ints of any size", () => {
    const int = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    const small = fc.bigInt({ min: -(2n ** 33n), max: 2n ** 33n })
    const operator = fc.constantFrom("+", "-", "*")
    fc.assert(
      fc.property(fc.oneof(int, small), fc.oneof(int, small), operator, (a, b, sign) => {
        const exact = sign === "+" ? a + b : sign === "-" ? a - b : a * b
        const fits = BigInt.asIntN(64, exact) === exact
        const value = outcome(`(${a}) ${sign} (${b})`)
        expect(fits ? BigInt(value as number) : value).toBe(fits ? exact : "error: integer overflow")
      }),
    )
  })

  test("stops when it has cost what it may", () => {
    const list = `[${Array.from({ length: 100 }, (_, index) => index).join(",")}]`
    const nested = `${list}.all(a, ${list}.all(b, ${list}.all(c, ${list}.all(d, a + b + c + d >= 0))))`
    const result = evaluate(nested)
    expect(result.kind).toBe("exceeded")
    expect(outcome(`${nested} || true`)).toBe("error: operation cancelled: actual cost limit exceeded")
  })

  test("matches hostile patterns in linear time", () => {
    expect(outcome(`'${"a".repeat(5_000)}b'.matches('^(a+)+$')`)).toBe(false)
  })
})

describe("an expression made to run for ever", () => {
  const times = (count: number, part: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => part(index)).join("")
  const bound = (start: string, step: (name: string) => string, end: string): string =>
    `cel.bind(x0, ${start}, ${times(40, (index) => `cel.bind(x${index + 1}, ${step(`x${index}`)}, `)}${end}${")".repeat(41)}`

  test.each([
    ["doubles a text", bound("'ab'", (x) => `${x} + ${x}`, "x40.size()"), "exceeded"],
    [
      "doubles a list and walks over it",
      bound("[1]", (x) => `${x} + ${x}`, "x40.all(i, i == 1)"),
      "exceeded",
    ],
    ["doubles a list and sums it up", bound("[1]", (x) => `${x} + ${x}`, "x40.sum()"), "exceeded"],
    ["doubles a list", bound("[1]", (x) => `${x} + ${x}`, "x40.size()"), "value"],
    [
      "compares what is nested twice and twice",
      bound("[[1], [1]]", (x) => `[[${x}[0], ${x}[0]], [${x}[1], ${x}[1]]]`, "x40[0] == x40[1]"),
      "exceeded",
    ],
    ["prints what is nested", bound("[1]", (x) => `[${x}, ${x}]`, "'%s'.format([x40])"), "exceeded"],
    ["replaces letters by texts", bound("'a'", (x) => `${x}.replace('a', 'aaaaaaaaaa')`, "x40"), "exceeded"],
    ["joins and joins", bound("'abcdefghij'", (x) => `[${x}, ${x}, ${x}].join('')`, "x40"), "exceeded"],
    ["makes a long list", "lists.range(9000000000000000000)", "exceeded"],
    [
      "splits a text in loops",
      `lists.range(1000).all(a, lists.range(1000).all(b, '${"x".repeat(1000)}'.split('').size() > 0))`,
      "exceeded",
    ],
    [
      "counts letters in loops",
      `lists.range(1000).all(a, lists.range(1000).all(b, '${"x".repeat(50_000)}'.size() > 0))`,
      "exceeded",
    ],
    [
      "makes up patterns",
      "lists.range(1000).all(a, lists.range(1000).all(b, !''.matches('(a{100}){' + string(b % 90 + 1) + '}')))",
      "exceeded",
    ],
    ["absorbs errors", "lists.range(1000).exists(a, lists.range(1000).exists(b, a / 0 == b))", "exceeded"],
  ])("ends though it %s", (_, source, want) => {
    expect(evaluate(source).kind).toBe(want)
  })

  test("has an end, and a value or a reason, whatever it is made of", () => {
    const { expression } = fc.letrec((tie) => {
      const part = tie("expression") as fc.Arbitrary<string>
      const call = fc.constantFrom(
        "size",
        "startsWith",
        "matches",
        "replace",
        "split",
        "join",
        "format",
        "sum",
        "indexOf",
        "orValue",
        "getHours",
        "add",
        "containsIP",
        "substring",
        "find",
        "validate",
        "flatten",
        "sort",
      )
      return {
        expression: fc.oneof(
          { depthSize: "small", withCrossShrink: true },
          fc.constantFrom(
            "1",
            "-1",
            "2u",
            "1.5",
            "'a'",
            "''",
            "b'x'",
            "null",
            "true",
            "x",
            "y",
            "[]",
            "{}",
            "duration('1h')",
            "timestamp('2024-01-01T00:00:00Z')",
            "type(1)",
            "optional.none()",
            "ip('::1')",
            "9223372036854775807",
          ),
          fc
            .tuple(part, fc.constantFrom("+", "-", "*", "/", "%", "==", "<", "in", "&&", "||"), part)
            .map(([a, sign, b]) => `(${a} ${sign} ${b})`),
          fc.tuple(part, part).map(([a, b]) => `${a}[${b}]`),
          fc.tuple(part, part).map(([a, b]) => `[${a}, ${b}]`),
          fc.tuple(part, part).map(([a, b]) => `{${a}: ${b}}`),
          fc
            .tuple(part, call, fc.array(part, { maxLength: 3 }))
            .map(([a, name, args]) => `${a}.${name}(${args.join(", ")})`),
          fc
            .tuple(
              fc.constantFrom(
                "int",
                "string",
                "double",
                "uint",
                "bytes",
                "type",
                "optional.of",
                "quantity",
                "url",
              ),
              part,
            )
            .map(([name, a]) => `${name}(${a})`),
          fc
            .tuple(part, fc.constantFrom("all", "exists", "map", "filter", "exists_one"), part)
            .map(([a, macro, b]) => `${a}.${macro}(x, ${b})`),
          fc.tuple(part, part, part).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
          part.map((a) => `${a}.?x.y`),
        ),
      }
    })
    const environment = {
      functions: baseFunctions,
      variables: new Map([
        ["x", t.dyn],
        ["y", t.dyn],
      ]),
      container: "",
      mixedLiterals: true,
    }
    fc.assert(
      fc.property(expression, (source) => {
        const result = compileUnchecked(source, environment).run(
          (name) => (name === "x" ? "text" : 3),
          100_000,
        )
        expect(["value", "error", "exceeded"]).toContain(result.kind)
      }),
      { numRuns: 1_500 },
    )
  })
})

describe("the cost of an evaluation", () => {
  const list = { type: t.listOf(t.int), value: null as Value }
  const given = {
    s: { type: t.string, value: "Rook takes it" as Value },
    b: { type: t.bool, value: true as Value },
    o: { type: t.mapOf(t.string, t.string), value: null as Value },
  }

  /** Source: the figures that Kubernetes keeps stable; a name costs one, where theirs is a field of self, two. */
  test.each([
    ["a name", "b", 1],
    ["a literal", "true", 0],
    ["comparing texts", "s == 'Rook takes it'", 3],
    ["a prefix", "s.startsWith('Rook')", 2],
    ["a pattern", "s.matches('^[^0-9]*$')", 7],
    ["looking up in a list of literals", "s in ['a', 'b']", 1],
    ["a list of literals", "[1, 2, 3] == [1, 2, 3]", 1],
    ["a list of names", "[b, b] == [b]", 24],
    ["a conversion of a literal", "double(5) < 10.0", 1],
    ["a part of a text, compared", "s.substring(5) == 'takes it'", 4],
    ["a loop", "[1, 2, 3].all(x, x > 0)", 3 * (3 + 2) + 1],
    ["a loop that ends early", "[1, 2, 3].exists(x, x > 0)", 4 + 2 + 1],
    ["a list that is made", "[1, 2].map(x, x)", 10 + 2 * (12 + 1) + 1],
  ])("of %s is as Kubernetes has it", (_, source, want) => {
    expect(evaluate(source, { ...given, list }).cost).toBe(want)
  })
})
