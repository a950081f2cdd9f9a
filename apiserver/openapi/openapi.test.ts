import { describe, expect, test } from "vitest"
import type { JsonObject, ResourceDefinition } from "../../schemas/index.ts"
import {
  definitionName,
  type OpenapiInput,
  openapiFingerprint,
  openapiV2Parts,
  openapiV3Parts,
} from "./index.ts"

const openapiV3Document = (input: OpenapiInput): JsonObject => JSON.parse([...openapiV3Parts(input)].join(""))

const widget: ResourceDefinition = {
  group: "example.com",
  scope: "Namespaced",
  names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
  versions: [
    {
      name: "v1",
      served: true,
      storage: true,
      subresources: { status: {} },
      schema: {
        openAPIV3Schema: {
          type: "object",
          description: "A widget.",
          properties: {
            spec: {
              type: "object",
              required: ["size"],
              properties: {
                size: { type: "integer", format: "int32", default: 1, enum: [1, 2] },
                open: {
                  type: "object",
                  properties: { a: { type: "string" } },
                  "x-kubernetes-preserve-unknown-fields": true,
                },
                template: { type: "object", "x-kubernetes-embedded-resource": true, properties: {} },
                tags: { type: "array", items: { type: "string" } },
                map: { type: "object", additionalProperties: { type: "string" } },
              },
            },
          },
        },
      },
    },
    { name: "v2", served: false, storage: false, schema: { openAPIV3Schema: { type: "object" } } },
  ],
}
const gadget: ResourceDefinition = {
  group: "other.org",
  scope: "Cluster",
  names: { plural: "gadgets", singular: "gadget", kind: "Gadget", listKind: "GadgetList" },
  versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
}

test.each([
  ["example.com", "com.example.v1.Widget"],
  ["", "io.k8s.api.core.v1.Widget"],
  ["apps", "io.k8s.api.apps.v1.Widget"],
])("kinds of group %j are named %s", (group, name) => {
  expect(definitionName(group, "v1", "Widget")).toBe(name)
})

describe("the v3 document of a group-version", () => {
  const document = openapiV3Document({ group: "example.com", version: "v1", definitions: [widget, gadget] })
  const paths = document.paths as { readonly [path: string]: { readonly [method: string]: JsonObject } }
  const { schemas } = document.components as { readonly schemas: JsonObject }

  test("has the paths of its kinds only", () => {
    expect(Object.keys(paths)).toEqual([
      "/apis/example.com/v1/namespaces/{namespace}/widgets",
      "/apis/example.com/v1/namespaces/{namespace}/widgets/{name}",
      "/apis/example.com/v1/widgets",
      "/apis/example.com/v1/namespaces/{namespace}/widgets/{name}/status",
    ])
  })

  test("says of a patch what kubectl looks for", () => {
    const patch = paths["/apis/example.com/v1/namespaces/{namespace}/widgets/{name}"]?.patch
    expect(patch).toMatchObject({
      "x-kubernetes-action": "patch",
      "x-kubernetes-group-version-kind": { group: "example.com", version: "v1", kind: "Widget" },
    })
    const parameters = patch?.parameters as ReadonlyArray<JsonObject>
    expect(parameters.map(({ name }) => name)).toEqual([
      "namespace",
      "name",
      "dryRun",
      "fieldManager",
      "fieldValidation",
      "force",
    ])
  })

  test("refers to no schema that it does not have", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)]
    expect(references.length).toBeGreaterThan(10)
    for (const [, name = ""] of references) expect(schemas).toHaveProperty([name])
  })

  test("declares what every resource has, at the root and in embedded ones", () => {
    expect(schemas["com.example.v1.Widget"]).toMatchObject({
      "x-kubernetes-group-version-kind": [{ group: "example.com", version: "v1", kind: "Widget" }],
      properties: {
        metadata: { allOf: [{ $ref: expect.stringContaining("ObjectMeta") }] },
        spec: { properties: { template: { properties: { kind: { type: "string" } } } } },
      },
    })
  })

  test("is the same each time and changes no definition", () => {
    const before = JSON.stringify(widget)
    expect(
      JSON.stringify(
        openapiV3Document({ group: "example.com", version: "v1", definitions: [widget, gadget] }),
      ),
    ).toBe(JSON.stringify(document))
    expect(JSON.stringify(widget)).toBe(before)
  })

  test("leaves out versions that are not served", () => {
    expect(openapiV3Document({ group: "example.com", version: "v2", definitions: [widget] }).paths).toEqual(
      {},
    )
  })
})

/** A protobuf message read back: the values of each field number, in order. */
const decode = (bytes: Uint8Array): ReadonlyMap<number, ReadonlyArray<Uint8Array | number>> => {
  const fields = new Map<number, (Uint8Array | number)[]>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const values = fields.get(Math.floor(tag / 8)) ?? []
    fields.set(Math.floor(tag / 8), values)
    if (tag % 8 === 0) values.push(varint())
    else {
      const length = varint()
      values.push(bytes.subarray(at, at + length))
      at += length
    }
  }
  return fields
}
const messages = (bytes: Uint8Array, ...path: ReadonlyArray<number>): ReadonlyArray<Uint8Array> =>
  path.reduce<ReadonlyArray<Uint8Array>>(
    (found, field) =>
      found.flatMap((message) =>
        (decode(message).get(field) ?? []).filter((value) => typeof value !== "number"),
      ),
    [bytes],
  )
const texts = (bytes: Uint8Array, ...path: ReadonlyArray<number>) =>
  messages(bytes, ...path).map((message) => Buffer.from(message).toString())
/** The value of a named entry in a list of them. */
const named = (bytes: Uint8Array, name: string): Uint8Array => {
  const entry = messages(bytes, 1).find((each) => texts(each, 1)[0] === name)
  return (entry && messages(entry, 2)[0]) ?? new Uint8Array()
}

describe("the v2 document", () => {
  const bytes = Buffer.concat([...openapiV2Parts([widget, gadget])])
  // As readers put them together: parts of a message are its bytes one after the other.
  const definitions = Buffer.concat(messages(bytes, 9))
  const property = (schema: Uint8Array, name: string) =>
    named(messages(schema, 25)[0] ?? new Uint8Array(), name)

  test("is a swagger 2.0 document of all served kinds", () => {
    expect(texts(bytes, 1)).toEqual(["2.0"])
    expect(texts(definitions, 1, 1)).toEqual(
      expect.arrayContaining(["com.example.v1.Widget", "com.example.v1.WidgetList", "org.other.v1.Gadget"]),
    )
    expect(texts(definitions, 1, 1)).not.toContain("com.example.v2.Widget")
    expect(texts(bytes, 8, 2, 1)).toContain("/apis/other.org/v1/gadgets/{name}")
  })

  test("describes types, defaults and references", () => {
    const spec = property(named(definitions, "com.example.v1.Widget"), "spec")
    expect(texts(spec, 22, 1)).toEqual(["object"])
    expect(texts(spec, 19)).toEqual(["size"])
    const size = property(spec, "size")
    expect([texts(size, 2), texts(size, 5, 2), texts(size, 20, 2), texts(size, 22, 1)]).toEqual([
      ["int32"],
      ["1"],
      ["1", "2"],
      ["integer"],
    ])
    expect(texts(property(spec, "tags"), 23, 1, 22, 1)).toEqual(["string"])
    expect(texts(property(spec, "map"), 21, 1, 22, 1)).toEqual(["string"])
    const metadata = property(named(definitions, "com.example.v1.Widget"), "metadata")
    expect(texts(metadata, 1)).toEqual([expect.stringMatching(/^#\/definitions\/.*ObjectMeta$/)])
  })

  test("says nothing of what is open", () => {
    const open = property(property(named(definitions, "com.example.v1.Widget"), "spec"), "open")
    expect(texts(open, 22, 1)).toEqual([])
    expect(texts(open, 31, 1)).toEqual(["x-kubernetes-preserve-unknown-fields"])
  })

  test("names the kind of a patch", () => {
    const patch = messages(bytes, 8, 2).find(
      (path) => texts(path, 1)[0] === "/apis/other.org/v1/gadgets/{name}",
    )
    expect(texts(patch ?? new Uint8Array(), 2, 8, 13, 2, 2)).toContain(
      '{"group":"other.org","version":"v1","kind":"Gadget"}',
    )
    expect(texts(patch ?? new Uint8Array(), 2, 8, 8, 1, 2, 3, 4)).toContain("fieldValidation")
  })
})

test("a document's fingerprint changes with its name and with what it is made of", () => {
  const fingerprints = [
    openapiFingerprint("v3", [widget, gadget]),
    openapiFingerprint("v3", [widget]),
    openapiFingerprint("v3", [gadget, widget]),
    openapiFingerprint("v2", [widget, gadget]),
    openapiFingerprint("v3", [{ ...widget, scope: "Cluster" }, gadget]),
  ]
  expect(new Set(fingerprints).size).toBe(5)
  expect(openapiFingerprint("v3", [structuredClone(widget), structuredClone(gadget)])).toBe(fingerprints[0])
  expect(fingerprints[0]).toMatch(/^[0-9A-F]{64}$/)
})
