import { describe, expect, test } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { compileRules } from "./rule-evaluation.ts"

const rules = (...all: ReadonlyArray<string | JsonObject>): JsonObject => ({
  "x-kubernetes-validations": all.map((rule) => (typeof rule === "string" ? { rule } : rule)),
})
const integer: JsonObject = { type: "integer" }
const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: "object",
  properties,
  ...more,
})
const withSpec = (spec: JsonObject): JsonObject => object({ spec })

/** Field and text of each error. */
const errorsOf = (schema: JsonObject, spec: Json, old?: Json): ReadonlyArray<string> => {
  const wrap = (value: Json): MutableObject => structuredClone({ spec: value }) as MutableObject
  return compileRules(schema)(wrap(spec), old === undefined ? undefined : wrap(old), () => {}).map(
    ({ field, detail }) => `${field}: ${detail}`,
  )
}

describe("rules", () => {
  const scaled = object({ replicas: integer, max: integer }, rules("self.replicas <= self.max"))

  test("are silent about what they allow", () => {
    expect(errorsOf(withSpec(scaled), { replicas: 1, max: 2 })).toEqual([])
  })

  test("say which of them failed", () => {
    expect(errorsOf(withSpec(scaled), { replicas: 3, max: 2 })).toEqual([
      "spec: Invalid value: failed rule: self.replicas <= self.max",
    ])
  })

  test.each<[string, JsonObject, string]>([
    ["their message", { message: "  too many " }, "spec: Invalid value: too many"],
    [
      "an evaluated message",
      { messageExpression: "'at most %d'.format([self.max])" },
      "spec: Invalid value: at most 2",
    ],
    [
      "the message when the evaluated one fails",
      { messageExpression: "'' + string(1 / 0)", message: "m" },
      "spec: Invalid value: m",
    ],
    [
      "the message when the evaluated one is empty",
      { messageExpression: "' '", message: "m" },
      "spec: Invalid value: m",
    ],
    [
      "the message when the evaluated one has lines",
      { messageExpression: "'a\\nb'", message: "m" },
      "spec: Invalid value: m",
    ],
    [
      "the field that is meant",
      { fieldPath: ".replicas" },
      "spec.replicas: Invalid value: failed rule: self.replicas <= self.max",
    ],
    [
      "their reason",
      { reason: "FieldValueForbidden" },
      "spec: Forbidden: failed rule: self.replicas <= self.max",
    ],
    [
      "that something is required",
      { reason: "FieldValueRequired" },
      "spec: Required value: failed rule: self.replicas <= self.max",
    ],
  ])("say %s", (_, more, want) => {
    const schema = withSpec({ ...scaled, ...rules({ rule: "self.replicas <= self.max", ...more }) })
    expect(errorsOf(schema, { replicas: 3, max: 2 })).toEqual([want])
  })

  test.each<[string, JsonObject, Json, string]>([
    [
      "a missing field",
      scaled,
      { replicas: 3 },
      `spec: Invalid value: "object": no such key: max evaluating rule: self.replicas <= self.max`,
    ],
    [
      "types that do not go together",
      object({ a: { "x-kubernetes-int-or-string": true } }, rules("self.a + 1 > 0")),
      { a: "x" },
      `spec: Invalid value: "object": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self.a + 1 > 0`,
    ],
  ])("say that they could not be evaluated for %s", (_, spec, value, want) => {
    expect(errorsOf(withSpec(spec), value)).toEqual([want])
  })

  test("show the value when it is no object or list", () => {
    expect(errorsOf(withSpec({ type: "string", ...rules("self == 'a'") }), "b")).toEqual([
      `spec: Invalid value: "b": failed rule: self == 'a'`,
    ])
  })

  test("see kind, apiVersion and the name at the root", () => {
    const check = compileRules(object({}, rules("self.metadata.name == 'a' && self.kind == 'K'")))
    expect(check({ kind: "K", metadata: { name: "a" } }, undefined, () => {})).toEqual([])
    expect(check({ kind: "K", metadata: { name: "b" } }, undefined, () => {})).toHaveLength(1)
  })

  test("write fields with signs as names", () => {
    const spec = object(
      { "a.b": integer, "c-d": integer, "e/f": integer, if: integer, x__y: integer },
      rules(
        "self.a__dot__b + self.c__dash__d + self.e__slash__f + self.__if__ + self.x__underscores__y == 5",
      ),
    )
    expect(errorsOf(withSpec(spec), { "a.b": 1, "c-d": 1, "e/f": 1, if: 1, x__y: 1 })).toEqual([])
  })

  test("read formats as what they say", () => {
    const text = (format: string): JsonObject => ({ type: "string", format })
    const spec = object(
      {
        at: text("date-time"),
        day: text("date"),
        for: text("duration"),
        data: text("byte"),
        n: { type: "number" },
      },
      rules(
        "self.at.getHours() == 12 && self.day == timestamp('2024-01-02T00:00:00Z') && self.__for__ == duration('1h')",
        "size(self.data) == 3 && self.n / 2.0 == 0.5",
      ),
    )
    const value = { at: "2024-01-02T12:00:00Z", day: "2024-01-02", for: "60m", data: "YWJj", n: 1 }
    expect(errorsOf(withSpec(spec), value)).toEqual([])
  })

  test("know lists of type set and map as such", () => {
    const set = { type: "array", items: integer, "x-kubernetes-list-type": "set" }
    const mapList = {
      type: "array",
      items: object({ k: { type: "string" }, v: integer }),
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
    }
    const spec = object(
      { a: set, b: set, c: { type: "array", items: mapList } },
      rules(
        "self.a == self.b && self.c[0] == self.c[1]",
        "self.a + [2, 3] == [1, 2, 3]",
        "size(self.c[0] + self.c[1]) == 2",
      ),
    )
    const [x, y] = [
      { k: "x", v: 1 },
      { k: "y", v: 2 },
    ]
    expect(
      errorsOf(withSpec(spec), {
        a: [1, 2],
        b: [2, 1],
        c: [
          [x, y],
          [y, x],
        ],
      }),
    ).toEqual([])
  })

  test("say that a text is not of its format", () => {
    const spec = { type: "string", format: "date-time", ...rules("self.getHours() == 12", "true") }
    expect(errorsOf(withSpec(spec), "noon")).toEqual([
      'spec: Invalid value: "string": Invalid date-time formatted string noon evaluating rule: self.getHours() == 12',
      'spec: Invalid value: "string": Invalid date-time formatted string noon evaluating rule: true',
    ])
  })

  test("are not asked about null", () => {
    expect(errorsOf(withSpec({ ...scaled, nullable: true }), null)).toEqual([])
  })

  test("inside allOf are asked too", () => {
    const spec = { ...object({ a: integer }), allOf: [{ properties: { a: rules("self > 1") } }] }
    expect(errorsOf(withSpec(spec), { a: 1 })).toEqual(["spec.a: Invalid value: 1: failed rule: self > 1"])
  })

  test("keep prototypes out", () => {
    const spec = { type: "object", additionalProperties: integer, ...rules("!('constructor' in self)") }
    expect(errorsOf(withSpec(spec), JSON.parse('{"__proto__": 1}'))).toEqual([])
  })
})

describe("rules about what was before", () => {
  const grows = { type: "integer", ...rules("self >= oldSelf") }

  test("are not asked of what is new", () => {
    expect(errorsOf(withSpec(grows), 1)).toEqual([])
    expect(errorsOf(withSpec(object({ a: grows })), { a: 1 }, {})).toEqual([])
  })

  test("are asked of what was there", () => {
    expect(errorsOf(withSpec(grows), 1, 2)).toEqual(["spec: Invalid value: 1: failed rule: self >= oldSelf"])
  })

  test("are asked of what is new when they take it as optional", () => {
    const rule = { rule: "oldSelf.hasValue() || self == 0", optionalOldSelf: true }
    expect(errorsOf(withSpec({ type: "integer", ...rules(rule) }), 1)).toHaveLength(1)
    expect(errorsOf(withSpec({ type: "integer", ...rules(rule) }), 1, 5)).toEqual([])
  })

  test("compare items of lists of type map by their keys", () => {
    const list = {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["k"],
      items: object({ k: { type: "string" }, v: grows }),
    }
    const old = [
      { k: "a", v: 1 },
      { k: "b", v: 5 },
    ]
    expect(
      errorsOf(
        withSpec(list),
        [
          { k: "b", v: 4 },
          { k: "a", v: 1 },
          { k: "c", v: 0 },
        ],
        old,
      ),
    ).toEqual(["spec[0].v: Invalid value: 4: failed rule: self >= oldSelf"])
  })

  test("compare entries of maps, and do not compare items of other lists", () => {
    expect(errorsOf(withSpec({ type: "object", additionalProperties: grows }), { a: 1 }, { a: 2 })).toEqual([
      "spec[a]: Invalid value: 1: failed rule: self >= oldSelf",
    ])
    expect(errorsOf(withSpec({ type: "array", items: grows }), [1], [2])).toEqual([])
  })
})

describe("rules that got stricter", () => {
  const strict = object({ a: { type: "integer", ...rules("self > 5") }, b: integer })

  test("excuse what did not change, and tell it", () => {
    const excused: FieldError[] = []
    const [now, before] = [{ spec: { a: 1, b: 2 } }, { spec: { a: 1, b: 1 } }]
    expect(compileRules(withSpec(strict))(now, before, (error) => excused.push(error))).toEqual([])
    expect(excused.map(({ field, detail }) => `${field}: ${detail}`)).toEqual([
      "spec.a: Invalid value: 1: failed rule: self > 5",
    ])
  })

  test("do not excuse what did", () => {
    expect(errorsOf(withSpec(strict), { a: 2 }, { a: 1 })).toHaveLength(1)
  })

  test("excuse items without counterparts when the whole list is as it was", () => {
    const list = { type: "array", items: { type: "integer", ...rules("self > 5") } }
    expect(errorsOf(withSpec(object({ l: list, b: integer })), { l: [1], b: 2 }, { l: [1], b: 1 })).toEqual(
      [],
    )
    expect(errorsOf(withSpec(object({ l: list })), { l: [1, 6] }, { l: [1] })).toHaveLength(1)
  })

  test("never excuse a rule about what was before", () => {
    expect(errorsOf(withSpec({ type: "integer", ...rules("self > oldSelf") }), 1, 1)).toHaveLength(1)
  })
})

describe("the budget", () => {
  test("of errors is a hundred", () => {
    const spec = { type: "array", items: { type: "integer", ...rules("self < 0") } }
    expect(
      errorsOf(
        withSpec(spec),
        Array.from({ length: 500 }, () => 1),
      ),
    ).toHaveLength(100)
  })

  const digits = Array.from({ length: 400 }, (_, index) => index)

  test("of one rule ends all rules", () => {
    const spec = {
      type: "array",
      items: integer,
      ...rules("self.all(x, self.all(y, self.all(z, x + y + z >= 0)))", "false"),
    }
    expect(errorsOf(withSpec(spec), digits)).toEqual([
      `spec: Invalid value: "array": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self.all(x, self.all(y, self.all(z, x + y + z >= 0)))`,
    ])
  })

  test("of an object ends all rules", () => {
    const all = Array.from({ length: 20 }, () => "self.all(x, self.all(y, x + y >= 0))")
    const spec = { type: "array", items: integer, ...rules(...all, "false") }
    expect(errorsOf(withSpec(spec), digits.slice(0, 350))).toEqual([
      `spec: Invalid value: "array": validation failed due to running out of cost budget, no further validation rules will be run`,
    ])
  })
})
