/** CustomResourceDefinitions with odd schemas, rules and patterns, and objects of the kinds that they make. */
import fc from "fast-check"
import type { Json, JsonObject } from "../../../schemas/index.ts"
import { crds, customKind, pathOf, widgetSchema } from "../corpus.ts"
import { alteration, mutated, oddValue } from "../mutations.ts"
import type { Draft } from "../request.ts"
import type { Slice } from "../slice.ts"
import { cel, pattern } from "./expressions.ts"
import { bytesOf, fixed, json, mostly, pick, urlOf, versioned, writeQuery } from "./parts.ts"

const group = "fuzz.example.com"
const plural = fc.nat(11).map((number) => `k${number}s`)

const keyword: fc.Arbitrary<JsonObject> = fc.oneof(
  pattern.map((text) => ({ pattern: text })),
  pick<JsonObject>(
    { nullable: true },
    { default: "a" },
    { default: {} },
    { enum: ["a", "b", 1, null] },
    { minimum: 0, exclusiveMinimum: true },
    { maximum: 1e308 },
    { multipleOf: 0.1 },
    { multipleOf: 0 },
    { minLength: 1, maxLength: 10 },
    { maxLength: -1 },
    { maxItems: 3, uniqueItems: false },
    { maxProperties: 2 },
    { required: ["a", "a"] },
    { format: "date-time" },
    { format: "int32" },
    { format: "nothing" },
    { format: "ipv4" },
    { format: "byte" },
    { "x-kubernetes-preserve-unknown-fields": true },
    { "x-kubernetes-embedded-resource": true },
    { "x-kubernetes-int-or-string": true },
    { "x-kubernetes-list-type": "set" },
    { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] },
    { "x-kubernetes-map-type": "granular" },
    { $ref: "#/definitions/a" },
    { not: { required: ["a"] } },
    { anyOf: [{ required: ["a"] }, { minProperties: 1 }] },
    { oneOf: [{ minimum: 1 }, { maximum: 5 }] },
    { allOf: [] },
    { uniqueItems: true },
    { additionalProperties: false },
  ),
  cel.map((rule) => ({ "x-kubernetes-validations": [{ rule, message: "m" }] })),
  fc.tuple(cel, cel).map(([rule, messageExpression]) => ({
    "x-kubernetes-validations": [
      { rule, messageExpression, fieldPath: ".a", reason: "FieldValueInvalid", optionalOldSelf: true },
    ],
  })),
)

const schema: fc.Arbitrary<Json> = fc.letrec<{ readonly s: Json }>((tie) => ({
  s: fc
    .tuple(
      fc.oneof(
        { maxDepth: 4, depthIdentifier: "schema" },
        pick<Json>({ type: "string" }, { type: "integer" }, { type: "number" }, { type: "boolean" }),
        fc
          .dictionary(pick("a", "b", "name", "spec", "status", "x-y", "__proto2__"), tie("s"), { maxKeys: 4 })
          .map((properties) => ({ type: "object", properties })),
        tie("s").map((items) => ({ type: "array", items })),
        tie("s").map((additionalProperties) => ({ type: "object", additionalProperties })),
      ) as fc.Arbitrary<JsonObject>,
      fc.oneof({ weight: 3, arbitrary: fc.constant<JsonObject>({}) }, { weight: 1, arbitrary: keyword }),
    )
    .map(([base, more]) => ({ ...base, ...more })),
})).s

const deep = (depth: number): Json => {
  let value: Json = { type: "string" }
  for (let level = 0; level < depth; level++) value = { type: "object", properties: { a: value } }
  return value
}
/** Rules about the widgets of the base world, some of them dear. */
const rules = [
  "self.spec.color != 'x'",
  "!has(self.spec.parts) || self.spec.parts.all(p, p.name.size() < 40)",
  "!has(self.spec.parts) || self.spec.parts.all(a, self.spec.parts.all(b, a.name != b.name || a.weight == b.weight))",
  "!has(self.spec.tags) || self.spec.tags.exists(t, t.matches('^[a-z]+$')) || size(self.spec.tags) == 0",
  "!has(self.spec.size) || type(self.spec.size) == int || self.spec.size.matches('^[0-9]+$')",
  "self == oldSelf || true",
  "!has(self.spec.when) || self.spec.when > timestamp('2000-01-01T00:00:00Z')",
  "!has(self.spec.color) || self.spec.color.lowerAscii() == self.spec.color",
  "self.spec.replicas / self.spec.replicas == 1",
  "self.spec.color.find('a+') == '' || true",
  "quantity(self.spec.color).isGreaterThan(quantity('1'))",
  "has(self.spec.color) ? self.spec.color.split('').map(c, c + c).join('-').size() >= 0 : true",
]

const rootSchema: fc.Arbitrary<Json> = fc.oneof(
  {
    weight: 6,
    arbitrary: schema.map((spec) => ({ type: "object", properties: { spec, status: { type: "object" } } })),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.oneof(cel, pick(...rules)), pattern).map(([rule, text]) => {
      const copy = structuredClone(widgetSchema) as {
        properties: { spec: { properties: { color: JsonObject } } }
      }
      copy.properties.spec.properties.color = { type: "string", pattern: text, maxLength: 100 }
      return { ...copy, "x-kubernetes-validations": [{ rule }] } as unknown as Json
    }),
  },
  { weight: 4, arbitrary: mutated(fc.constant<Json>(widgetSchema), [0, 1, 2]) },
  {
    weight: 1,
    arbitrary: pick<Json>(
      deep(20),
      deep(80),
      { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      {},
    ),
  },
)

/** What an odd schema may not have. */
const withoutColumns = (spec: JsonObject): JsonObject => {
  const [version] = spec.versions as ReadonlyArray<JsonObject>
  const { selectableFields: _, ...rest } = version ?? {}
  return { ...spec, versions: [rest] }
}

const definition: fc.Arbitrary<{ readonly plural: string; readonly object: Json }> = fc
  .tuple(plural, rootSchema, alteration([0, 0, 0, 0, 0, 1]))
  .map(([named, made, alter]) => {
    const spec = withoutColumns(customKind(group, named, made))
    const whole: JsonObject = { ...crds.object(`${named}.${group}`), spec }
    return { plural: named, object: alter(whole) }
  })

const defined: fc.Arbitrary<Draft> = fc
  .tuple(definition, fc.nat(3))
  .map(([{ plural: named, object }, how]) => (seen) => {
    const place = `${pathOf(crds)}/${named}.${group}`
    const version = seen.versionOf(place)
    if (version === "" || how === 0)
      return { method: "POST", url: pathOf(crds), headers: json, body: bytesOf(object) }
    return { method: "PUT", url: place, headers: json, body: bytesOf(versioned(object, version)) }
  })

const anything = fc.oneof(
  pick<Json>(
    "a",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
    1,
    5,
    1.5,
    true,
    null,
    [],
    {},
    ["a", "a"],
    [{ name: "a" }, { name: "b" }],
    { a: "b" },
    { a: { a: { a: "x" } }, b: [1] },
    `${"a".repeat(99)}!`,
  ),
  oddValue,
)
const customObject: fc.Arbitrary<readonly [string, Json]> = fc
  .tuple(
    plural,
    fc.nat(5),
    fc.dictionary(pick("a", "b", "name", "color", "replicas", "parts", "x-y", "spec", "tags"), anything, {
      maxKeys: 4,
    }),
    anything,
  )
  .map(([named, number, fields, whole]) => [
    named,
    {
      apiVersion: `${group}/v1`,
      kind: `${named[0]?.toUpperCase()}${named.slice(1, -1)}`,
      metadata: { name: `o${number}` },
      spec: number === 5 ? whole : fields,
    },
  ])

const written: fc.Arbitrary<Draft> = fc
  .tuple(customObject, fc.nat(5), writeQuery)
  .map(([[named, object], how, query]) => (seen) => {
    const path = `/apis/${group}/v1/namespaces/default/${named}`
    const place = `${path}/${(object as { metadata: { name: string } }).metadata.name}`
    const body = bytesOf(object)
    if (how === 0)
      return {
        method: "PATCH",
        url: `${place}?fieldManager=f&force=true`,
        headers: { "content-type": "application/apply-patch+yaml" },
        body,
      }
    if (how === 1)
      return {
        method: "PATCH",
        url: place,
        headers: { "content-type": "application/merge-patch+json" },
        body,
      }
    const version = seen.versionOf(place)
    if (version === "") return { method: "POST", url: urlOf(path, query), headers: json, body }
    return {
      method: "PUT",
      url: urlOf(place, query),
      headers: json,
      body: bytesOf(versioned(object, version)),
    }
  })

const read: fc.Arbitrary<Draft> = fc
  .tuple(
    plural,
    pick("", "/o1", "/o1/scale", "/o1/status", "?fieldSelector=spec.color%3Da", "?limit=1"),
    pick("application/json", "application/json;as=Table;v=v1;g=meta.k8s.io"),
  )
  .map(([named, rest, accept]) =>
    fixed({
      method: "GET",
      url: `/apis/${group}/v1/namespaces/default/${named}${rest}`,
      headers: { accept },
      body: new Uint8Array(),
    }),
  )
const looked = pick("/openapi/v2", `/openapi/v3/apis/${group}/v1`, `/apis/${group}/v1`, "/apis").map((url) =>
  fixed({ method: "GET", url, headers: {}, body: new Uint8Array() }),
)

export const customKinds: Slice = {
  name: "custom-kinds",
  about: "kinds with odd schemas, CEL rules and patterns, and objects of them",
  weight: 2,
  draft: mostly(
    fc.oneof(
      { weight: 3, arbitrary: defined },
      { weight: 6, arbitrary: written },
      { weight: 2, arbitrary: read },
    ),
    looked,
    40,
  ),
}
