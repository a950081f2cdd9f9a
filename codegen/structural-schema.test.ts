import { describe, expect, test } from "vitest"
import { readKind } from "./kind-source.ts"
import { SchemaError } from "./problem.ts"

/** A small CRD whose `spec` schema is the given YAML; `spec:` stands on line 21. */
const crd = (spec: string): string => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
spec:
  group: example.com
  scope: Namespaced
  names:
    plural: widgets
    kind: Widget
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          description: A widget.
          required: [spec]
          properties:
            spec:
${spec.replaceAll(/^/gm, "              ")}
`

const problemsOf = (text: string, documented = false): ReadonlyArray<string> => {
  try {
    readKind("widget.yaml", text, { documented })
    return []
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error
    return error.message.split("\n")
  }
}

const spec = "spec.versions[0].schema.openAPIV3Schema.properties.spec"

describe("the structural rules", () => {
  test.each<[string, string, ReadonlyArray<string>]>([
    ["a right schema passes", "type: object\nproperties: {size: {type: integer, default: 1}}", []],
    [
      "a misspelt keyword is named with its line and column",
      "type: object\nrequried: [size]\nproperties:\n  size: {type: integer}",
      [`widget.yaml:23:15 ${spec}.requried: "requried" is not a keyword of a structural schema`],
    ],
    ["a node without a type", "properties: {}", [`widget.yaml:21:13 ${spec}: type is missing`]],
    [
      "a type that is none",
      "type: object\nproperties:\n  size: {type: int}",
      [
        `widget.yaml:24:24 ${spec}.properties.size.type: "int" is not a type; types are array, boolean, integer, number, object, string`,
      ],
    ],
    [
      "int-or-string needs no type",
      "x-kubernetes-int-or-string: true\nanyOf: [{type: integer}, {type: string}]",
      [],
    ],
    ["open JSON needs no type", "x-kubernetes-preserve-unknown-fields: true", []],
    [
      "an array without items",
      "type: array",
      [`widget.yaml:21:13 ${spec}: an array says what its items are`],
    ],
    [
      "a list map whose key is optional",
      [
        "type: array",
        "x-kubernetes-list-type: map",
        "x-kubernetes-list-map-keys: [name]",
        "items: {type: object, properties: {name: {type: string}}}",
      ].join("\n"),
      [
        `widget.yaml:24:44 ${spec}.x-kubernetes-list-map-keys[0]: "name" is a key: it must be required or have a default`,
      ],
    ],
    [
      "a list map whose key has a default",
      [
        "type: array",
        "x-kubernetes-list-type: map",
        "x-kubernetes-list-map-keys: [port, protocol]",
        "items:",
        "  type: object",
        "  required: [port]",
        "  properties: {port: {type: integer}, protocol: {type: string, default: TCP}}",
      ].join("\n"),
      [],
    ],
    [
      "a set of objects",
      "type: array\nx-kubernetes-list-type: set\nitems: {type: object}",
      [`widget.yaml:23:15 ${spec}.x-kubernetes-list-type: the items of a set are scalars or atomic`],
    ],
    [
      "a default of the wrong type",
      "type: object\nproperties:\n  size:\n    type: integer\n    default: big",
      [`widget.yaml:26:19 ${spec}.properties.size.default: the default is a string, the type is integer`],
    ],
    [
      "a type inside of anyOf",
      "type: object\nanyOf:\n  - type: object",
      [`widget.yaml:24:19 ${spec}.anyOf[0].type: type belongs outside of allOf, anyOf, oneOf and not`],
    ],
  ])("%s", (_, schema, want) => {
    expect(problemsOf(crd(schema))).toEqual(want)
  })

  test("our own schemas have a description on every field and declare what they require", () => {
    expect(
      problemsOf(crd("type: object\ndescription: Wanted.\nrequired: [size]\nproperties: {}"), true),
    ).toEqual([`widget.yaml:24:26 ${spec}.required[0]: "size" is required but not declared`])
    expect(problemsOf(crd("type: object"), true)).toEqual([
      `widget.yaml:21:13 ${spec}: description is missing`,
    ])
  })
})

describe("the envelope", () => {
  test.each<[string, (text: string) => string, string]>([
    [
      "a wrong name",
      (text) => text.replace("widgets.example.com", "widget.example.com"),
      "widget.yaml:4:3 metadata.name",
    ],
    [
      "an unknown field",
      (text) => text.replace("scope: N", "scoop: x\n  scope: N"),
      "widget.yaml:7:3 spec.scoop",
    ],
    ["a missing field", (text) => text.replace("  group: example.com\n", ""), "widget.yaml:5:1 spec"],
    ["a wrong scope", (text) => text.replace("Namespaced", "Global"), "widget.yaml:7:3 spec.scope"],
    [
      "no stored version",
      (text) => text.replace("storage: true", "storage: false"),
      "widget.yaml:11:3 spec.versions",
    ],
    ["a duplicate key", (text) => text.replace("scope: N", "scope: Cluster\n  scope: N"), "widget.yaml:8:3 "],
    ["a syntax error", (text) => text.replace("plural: widgets", "plural: [widgets"), "widget.yaml:10:5 "],
  ])("%s is refused where it stands", (_, spoil, place) => {
    const [first = ""] = problemsOf(spoil(crd("type: object")))
    expect(first.slice(0, place.length)).toBe(place)
  })
})
