import { describe, expect, test } from "vitest"
import type { Json, JsonObject, ResourceVersionDefinition } from "../../schemas/index.ts"
import { compileJsonPath, humanDuration, makeTable, tableColumns, tableRow } from "./index.ts"

const version = (
  additionalPrinterColumns?: ResourceVersionDefinition["additionalPrinterColumns"],
): ResourceVersionDefinition => ({
  name: "v1",
  served: true,
  storage: true,
  schema: { openAPIV3Schema: {} },
  ...(additionalPrinterColumns === undefined ? {} : { additionalPrinterColumns }),
})
const now = Date.parse("2026-11-24T10:00:00Z")
const object: JsonObject = {
  apiVersion: "v1",
  kind: "W",
  metadata: { name: "w", labels: { "a.b/c": "x" }, creationTimestamp: "2026-11-21T06:00:00Z" },
  spec: { replicas: 3, ratio: 0.5, on: true, list: ["a", "b"], o: { k: 1 } },
  status: {
    conditions: [
      { type: "Ready", status: "True", code: 7 },
      { type: "Other", status: "False" },
    ],
  },
}

describe("a JSONPath selects", () => {
  test.each<[string, ReadonlyArray<Json>]>([
    [".spec.replicas", [3]],
    ["spec", []],
    ["{.spec.on}", [true]],
    ["$.spec.on", [true]],
    [".spec.nope.deeper", []],
    [".spec.constructor", []],
    [".metadata.labels.a\\.b/c", ["x"]],
    [".metadata.labels['a.b/c']", ["x"]],
    ['.metadata.labels["a.b/c"]', ["x"]],
    [".spec.list[0]", ["a"]],
    [".spec.list[-1]", ["b"]],
    [".spec.list[5]", []],
    [".spec.list[*]", ["a", "b"]],
    [".spec.list[0:1]", ["a"]],
    [".spec.o.*", [1]],
    ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
    [".status.conditions[?(@.type == 'Other')].status", ["False"]],
    ['.status.conditions[?(@.type!="Ready")].type', ["Other"]],
    [".status.conditions[?(@.code)].type", ["Ready"]],
    [".status.conditions[?(@.code>=7)].type", ["Ready"]],
    [".status.conditions[?(@.code<7)].type", []],
  ])("%s", (path, values) => {
    if (path === "spec")
      expect(() => compileJsonPath(path)).toThrowError(expect.objectContaining({ reason: "Invalid" }))
    else expect(compileJsonPath(path)(object)).toEqual(values)
  })

  test.each([".a[", ".a[x]", ".a[?(@.b==)]", ".a[?(@.b]", ".a['x]", "..a", ".a.", ".a b", "x".repeat(2_000)])(
    "nothing from %j, which is Invalid",
    (path) => {
      expect(() => compileJsonPath(path)).toThrowError(expect.objectContaining({ reason: "Invalid" }))
    },
  )
})

describe("an age is shown as", () => {
  test.each([
    [-5, "<invalid>"],
    [-1, "0s"],
    [0, "0s"],
    [119, "119s"],
    [120, "2m"],
    [150, "2m30s"],
    [600, "10m"],
    [3 * 3600 - 1, "179m"],
    [3 * 3600, "3h"],
    [3 * 3600 + 60, "3h1m"],
    [8 * 3600, "8h"],
    [48 * 3600, "2d"],
    [76 * 3600, "3d4h"],
    [8 * 86400, "8d"],
    [2 * 365 * 86400, "2y"],
    [(2 * 365 + 3) * 86400, "2y3d"],
    [9 * 365 * 86400, "9y"],
    [Number.NaN, "<invalid>"],
  ])("%d seconds: %s", (seconds, shown) => {
    expect(humanDuration(seconds * 1_000)).toBe(shown)
  })
})

test("a version without columns shows name and age", () => {
  expect(tableColumns(version()).map(({ name }) => name)).toEqual(["Name", "Age"])
  expect(tableRow(version(), object, now).cells).toEqual(["w", "3d4h"])
})

test("declared columns take the place of age and keep their types", () => {
  const declared = version([
    { name: "Replicas", type: "integer", jsonPath: ".spec.replicas", priority: 1 },
    { name: "Ratio", type: "number", jsonPath: ".spec.ratio" },
    { name: "On", type: "boolean", jsonPath: ".spec.on" },
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "List", type: "string", jsonPath: ".spec.list" },
    { name: "Missing", type: "string", jsonPath: ".spec.nope" },
    { name: "Wrong", type: "integer", jsonPath: ".spec.on" },
    { name: "When", type: "date", jsonPath: ".spec.on" },
    { name: "Never", type: "date", jsonPath: ".metadata.name" },
  ])
  expect(tableRow(declared, object, now).cells).toEqual([
    "w",
    3,
    0.5,
    true,
    "True",
    '["a","b"]',
    null,
    null,
    null,
    "<invalid>",
  ])
  expect(tableColumns(declared)[1]).toEqual({
    name: "Replicas",
    type: "integer",
    format: "",
    description: "",
    priority: 1,
  })
})

test("rows carry as much of their object as asked", () => {
  const row = (includeObject?: "None" | "Metadata" | "Object") =>
    makeTable({ version: version(), objects: [object], now, ...(includeObject && { includeObject }) }).rows[0]
      ?.object
  expect(row()).toEqual({
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: object.metadata,
  })
  expect(row("None")).toBeUndefined()
  expect(row("Object")).toBe(object)
})
