/** What `fields=` selects: the grammar, the strictness, and bytes copied as objects would be. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import { encodeDocument } from "../registry/document.ts"
import { StatusError } from "../status-error.ts"
import { parseFieldPaths } from "./field-path.ts"
import { projectionLimits } from "./limits.ts"
import { Projection } from "./projection.ts"

const open: JsonObject = { type: "object", "x-kubernetes-preserve-unknown-fields": true }
const string: JsonObject = { type: "string" }
const widget: JsonObject = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        color: string,
        port: { "x-kubernetes-int-or-string": true },
        parts: {
          type: "array",
          items: { type: "object", properties: { name: string, size: { type: "integer" } } },
        },
        tags: { type: "object", additionalProperties: string },
        sides: {
          type: "object",
          additionalProperties: { type: "object", properties: { paint: string, gloss: string } },
        },
        anything: open,
        template: {
          type: "object",
          "x-kubernetes-embedded-resource": true,
          properties: { spec: { type: "object", properties: { color: string } } },
        },
      },
    },
  },
}

const document = {
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: {
    resourceVersion: "7",
    annotations: { "a,b": "1", "it's": "2", "c\\d": "3", long: "x".repeat(300) },
    creationTimestamp: "2030-01-01T00:00:00Z",
    generation: 3,
    labels: { "app.kubernetes.io/name": "w", härte: "ß" },
    name: "w",
    namespace: "default",
    uid: "u",
  },
  spec: {
    anything: { deep: [{ a: 1, b: 2 }, 3, null], tall: 1e21 },
    color: 'a "red", {or so}',
    parts: [{ name: "left", size: 1 }, { size: 2 }, { name: "right" }],
    port: 80,
    sides: { front: { gloss: "g", paint: "p" }, back: { paint: "q" } },
    tags: { a: "x", b: "y" },
  },
}

const identity = {
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { resourceVersion: "7", name: "w", namespace: "default", uid: "u" },
}

const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

const projected = (fields: string, schema: JsonObject = widget): unknown =>
  JSON.parse(new Projection(fields, schema).of(bytesOf(document)).toString())

const refusalOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof StatusError) return `${error.status.code} ${error.message}`
    throw error
  }
  return "not refused"
}

describe("fields", () => {
  it.each<readonly [string, object]>([
    ["metadata.name", {}],
    ["spec.color", { spec: { color: document.spec.color } }],
    ["spec.parts", { spec: { parts: document.spec.parts } }],
    ["spec.parts[*].name", { spec: { parts: [{ name: "left" }, {}, { name: "right" }] } }],
    ["spec.parts[*]", { spec: { parts: document.spec.parts } }],
    ["spec.sides[*].paint", { spec: { sides: { front: { paint: "p" }, back: { paint: "q" } } } }],
    [
      "spec.sides[*].paint,spec.sides.front.gloss",
      { spec: { sides: { front: { gloss: "g", paint: "p" }, back: { paint: "q" } } } },
    ],
    ["spec.tags.a,spec.tags['b']", { spec: { tags: { a: "x", b: "y" } } }],
    ["spec,spec.color", { spec: document.spec }],
    ["['spec']['color']", { spec: { color: document.spec.color } }],
    ["spec.template", { spec: {} }],
    ["spec.anything.deep[*].a", { spec: { anything: { deep: [{ a: 1 }] } } }],
    ["spec.anything.deep.a", { spec: { anything: {} } }],
    ["spec.anything.tall.more,spec.port", { spec: { anything: {}, port: 80 } }],
  ])("%s", (fields, more) => {
    expect(projected(fields)).toEqual({ ...identity, ...more })
  })

  it.each([
    ["metadata.labels['app.kubernetes.io/name']", { labels: { "app.kubernetes.io/name": "w" } }],
    ["metadata.labels['härte']", { labels: { härte: "ß" } }],
    ["metadata.annotations['a,b']", { annotations: { "a,b": "1" } }],
    ["metadata.annotations['it\\'s'],metadata.generation", { annotations: { "it's": "2" }, generation: 3 }],
    ["metadata.annotations['c\\\\d']", { annotations: { "c\\d": "3" } }],
    ["metadata.ownerReferences[*].uid", {}],
  ])("%s of metadata", (fields, more) => {
    expect(projected(fields)).toEqual({ ...identity, metadata: { ...identity.metadata, ...more } })
  })

  it("keeps the order and the text of what is stored", () => {
    const bytes = Buffer.from(
      '{"apiVersion":"v1","kind":"K","metadata":{"name":"n"},"spec":{"b":1.50,"a":"\\u2028","c":[]}}',
    )
    expect(new Projection("spec.a,spec.b", open).of(bytes).toString()).toBe(
      '{"apiVersion":"v1","kind":"K","metadata":{"name":"n"},"spec":{"b":1.50,"a":"\\u2028"}}',
    )
  })

  it("in another order are the same projection", () => {
    const ids = ["spec.color,spec.tags.a", "spec.tags['a'],spec.color,metadata.name"].map(
      (fields) => new Projection(fields, widget).id,
    )
    expect(ids[0]).toBe(ids[1])
    expect(new Projection("spec.color", widget).id).not.toBe(ids[0])
  })

  it.each([
    ["", "expected a name at character 1"],
    ["a,", "expected a name at character 3"],
    ["a..b", "expected a name at character 3"],
    ["a.[*]", "expected a name: leave out the '.' at character 3"],
    ["a.*", "expected a name: every item is [*] at character 3"],
    ["a b", "expected '.', '[' or ',' at character 2"],
    [" a", "expected a name at character 1"],
    ["a[0]", "expected [*] or a key in single quotes at character 3"],
    ["a[*", "expected ']' at character 4"],
    ["a['b", "a key is not closed at character 3"],
    ["a['b\\", "expected ' or \\ behind a \\ at character 6"],
    ["a['b\\n']", "expected ' or \\ behind a \\ at character 6"],
    ["[*].a", "expected a name: an object is no list at character 1"],
    ["x".repeat(projectionLimits.charactersMax + 1), "more than 8192 characters at character 8193"],
    [Array.from({ length: 129 }, () => "a").join(","), "more than 128 paths at character 257"],
    [Array.from({ length: 33 }, () => "a").join("."), "a path of more than 32 steps at character 64"],
  ])("%s is refused", (fields, problem) => {
    expect(refusalOf(() => parseFieldPaths(fields))).toBe(`400 invalid fields: ${problem}`)
  })

  it.each([
    ["spec.colour", 'there is no field "colour" in spec at character 6'],
    ["spec.color,status", 'there is no field "status" at character 12'],
    ["metadata.nam", 'there is no field "nam" in metadata at character 10'],
    ["spec.parts.name", "spec.parts is a list: expected [*] at character 12"],
    ["spec.color,spec.parts[*].nam", 'there is no field "nam" in spec.parts[*] at character 26'],
    ["spec.color.x", "spec.color is a string and has no parts at character 12"],
    ["spec.color[*]", "spec.color is a string and has no parts at character 11"],
    ["spec.port.x", "spec.port is a number or string and has no parts at character 11"],
    ["spec[*]", "spec is neither a list nor a map: expected a name at character 5"],
    ["spec.template.metadata.nam", 'there is no field "nam" in spec.template.metadata at character 24'],
    ["spec.sides['a,b'].pain", "there is no field \"pain\" in spec.sides['a,b'] at character 19"],
    ["constructor", 'there is no field "constructor" at character 1'],
  ])("%s is refused: the kind has no such field", (fields, problem) => {
    expect(refusalOf(() => new Projection(fields, widget))).toBe(`400 invalid fields: ${problem}`)
  })

  it.each([
    "spec.anything.a.b[*].c",
    "spec.tags.whatever",
    "spec.template.metadata.labels.x",
    "spec.tags[*]",
  ])("%s is a field that the kind may have", (fields) => {
    expect(refusalOf(() => new Projection(fields, widget))).toBe("not refused")
  })
})

/** The same by way of objects. */
const modelOf = (
  value: MutableJson,
  paths: ReadonlyArray<ReadonlyArray<string>>,
): MutableJson | undefined => {
  if (paths.some((path) => path.length === 0)) return value
  if (typeof value !== "object" || value === null) return undefined
  const under = (key: string | undefined) =>
    paths.filter(([step]) => step === "*" || step === key).map((path) => path.slice(1))
  if (Array.isArray(value)) {
    const each = under(undefined)
    if (each.length === 0) return undefined
    return value.flatMap((item) => {
      const kept = modelOf(item, each)
      return kept === undefined ? [] : [kept]
    })
  }
  const kept: MutableObject = {}
  for (const [key, member] of Object.entries(value)) {
    const wanted = under(key)
    const found = wanted.length === 0 ? undefined : modelOf(member, wanted)
    if (found !== undefined) kept[key] = found
  }
  return kept
}

const keys = ["a", "b", "c", 'q"', "b\\", "é", "{", "[,"]
const json = fc.letrec<{ value: MutableJson }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.constantFrom<MutableJson>(null, true, 0, -1.5e-7, "", 'a"b', "\\", "{]", "a,b", "é\u2028😀\ud800"),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...keys), tie("value"), { maxKeys: 6, noNullPrototype: true }),
  ),
})).value
const step = fc.constantFrom(...keys, "*")
const path = fc
  .tuple(fc.constantFrom(...keys), fc.array(step, { maxLength: 4 }))
  .map(([first, rest]) => [first, ...rest])
const textOf = (steps: ReadonlyArray<string>): string =>
  steps
    .map((key) => (key === "*" ? "[*]" : `['${key.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}']`))
    .join("")

it("copies of any document's bytes are what picking from its objects gives", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...keys), json, { noNullPrototype: true }),
      fc.array(path, { minLength: 1, maxLength: 5 }),
      (rest, paths) => {
        const object: MutableObject = { apiVersion: "v1", kind: "K", metadata: { name: "n" }, ...rest }
        const bytes = Buffer.from(encodeDocument(structuredClone(object)))
        const always = [["apiVersion"], ["kind"], ["metadata", "name"]]
        const copied = new Projection(paths.map(textOf).join(","), open).of(bytes)
        const picked = modelOf(JSON.parse(bytes.toString()), [...always, ...paths])
        expect(copied.toString()).toBe(JSON.stringify(picked))
      },
    ),
    { numRuns: 400 },
  )
})

it("any text is either paths or refused with a Status", () => {
  const text = fc.oneof(fc.string({ unit: fc.constantFrom(..."a.*[]'\\, x") }), fc.string())
  fc.assert(
    fc.property(text, (fields) => {
      expect(refusalOf(() => parseFieldPaths(fields))).toMatch(
        /^(not refused|400 invalid fields: .+ at character \d+)$/s,
      )
    }),
    { numRuns: 500 },
  )
})
