import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { MachineryError } from "../machinery.ts"
import { parseLabelSelector } from "./index.ts"

type Labels = { readonly [key: string]: string }

describe("a label selector selects", () => {
  const labels: Labels = { app: "web", tier: "front", "example.com/size": "5", empty: "" }
  test.each<[string, boolean]>([
    ["", true],
    ["  ", true],
    ["app", true],
    ["missing", false],
    ["!missing", true],
    ["! app", false],
    ["app=web", true],
    ["app==web", true],
    ["app = db", false],
    ["app!=db", true],
    ["app!=web", false],
    ["missing!=x", true],
    ["missing=", false],
    ["empty=", true],
    ["app in (db, web)", true],
    ["app in (db)", false],
    ["missing in (a)", false],
    ["empty in ()", true],
    ["app notin (db)", true],
    ["app notin (web)", false],
    ["missing notin (web)", true],
    ["example.com/size>4", true],
    ["example.com/size<5", false],
    ["app>1", false],
    ["missing<1", false],
    ["app=web,tier=front", true],
    ["app=web,tier=back", false],
    ["app,!missing,tier in (front,back)", true],
    ["in", false],
    ["constructor", false],
    ["constructor notin (a)", true],
  ])("%j: %s", (text, selected) => {
    expect(parseLabelSelector(text)(labels)).toBe(selected)
  })

  test("objects without labels as if they had none", () => {
    expect(parseLabelSelector("!a")(undefined)).toBe(true)
    expect(parseLabelSelector("a")(undefined)).toBe(false)
  })
})

test.each([
  ",",
  "a,",
  ",a",
  "a b",
  "!",
  "=a",
  "a=!b",
  "a in b",
  "a in (b",
  "a in (b c)",
  "a notin",
  "a>x",
  "a>1.5",
  "!a=b",
  "a=(b)",
  "-a=b",
  "a=-b-",
  "a/b/c=d",
  "/a=b",
  `a=${"x".repeat(64)}`,
  "a".repeat(70_000),
])("malformed selector %# is refused as BadRequest", (text) => {
  expect(() => parseLabelSelector(text)).toThrowError(
    expect.objectContaining({
      reason: "BadRequest",
      message: expect.stringContaining("unable to parse requirement"),
    }),
  )
})

const key = fc.constantFrom("a", "b", "x.io/c")
const value = fc.constantFrom("1", "2", "v", "")
const labelSets = fc.dictionary(key, value)

test("in and notin are complements, and so are = and !=", () => {
  fc.assert(
    fc.property(key, fc.array(value, { minLength: 1 }), labelSets, (k, values, labels) => {
      const list = values.join(",")
      expect(parseLabelSelector(`${k} in (${list})`)(labels)).not.toBe(
        parseLabelSelector(`${k} notin (${list})`)(labels),
      )
      expect(parseLabelSelector(`${k}=${values[0]}`)(labels)).not.toBe(
        parseLabelSelector(`${k}!=${values[0]}`)(labels),
      )
    }),
  )
})

test("a comma is a conjunction", () => {
  const term = fc
    .tuple(key, value, fc.constantFrom("=", "!=", ""))
    .map(([k, v, op]) => (op === "" ? k : `${k}${op}${v}`))
  fc.assert(
    fc.property(fc.array(term, { minLength: 1, maxLength: 5 }), labelSets, (terms, labels) => {
      expect(parseLabelSelector(terms.join(","))(labels)).toBe(
        terms.every((one) => parseLabelSelector(one)(labels)),
      )
    }),
  )
})

test("any text either parses or is a MachineryError", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."ab=!,()<> in1-./") }), (text) => {
      try {
        parseLabelSelector(text)({ a: "b" })
      } catch (error) {
        expect(error).toBeInstanceOf(MachineryError)
      }
    }),
  )
})
