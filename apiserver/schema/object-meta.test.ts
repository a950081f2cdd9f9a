import { describe, expect, test } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { validateObjectMeta } from "./index.ts"

const base = { name: "a", namespace: "n" }
const owner = { apiVersion: "v1", kind: "K", name: "o", uid: "u" }
const fields = (metadata: Json, rules: { namespaced?: boolean; nameIs?: "dnsLabel" | "dnsSubdomain" } = {}) =>
  validateObjectMeta(metadata, { namespaced: true, nameIs: "dnsSubdomain", ...rules }).map(
    ({ field }) => field,
  )

test("good metadata passes", () => {
  const metadata = {
    ...base,
    name: "a.b-c",
    labels: { "example.com/x": "Y_1", y: "" },
    annotations: { "Example.com/any": "thing / at all" },
    finalizers: ["example.com/f"],
    ownerReferences: [{ ...owner, controller: true }, owner],
    creationTimestamp: "2026-11-24T10:00:00Z",
    generation: 1,
  }
  expect(fields(metadata)).toEqual([])
})

describe("metadata is refused", () => {
  test.each<[string, Json, ReadonlyArray<string>]>([
    ["when it is none", null, ["metadata"]],
    ["without a name", { namespace: "n" }, ["metadata.name"]],
    ["with a name of capitals", { ...base, name: "A" }, ["metadata.name"]],
    ["with a long name", { ...base, name: "a".repeat(254) }, ["metadata.name"]],
    ["with a name that is a number", { ...base, name: 1 }, ["metadata.name"]],
    ["with a bad generateName", { ...base, generateName: "A-" }, ["metadata.generateName"]],
    ["without a namespace", { name: "a" }, ["metadata.namespace"]],
    ["with a namespace of two labels", { ...base, namespace: "a.b" }, ["metadata.namespace"]],
    ["with a bad label key", { ...base, labels: { "-": "" } }, ["metadata.labels"]],
    ["with a bad label value", { ...base, labels: { a: "b c" } }, ["metadata.labels"]],
    ["with a label that is a number", { ...base, labels: { a: 1 } }, ["metadata.labels.a"]],
    ["with a bad annotation key", { ...base, annotations: { "a b": "" } }, ["metadata.annotations"]],
    [
      "with large annotations",
      { ...base, annotations: { a: "x".repeat(256 * 1024) } },
      ["metadata.annotations"],
    ],
    ["with a bad finalizer", { ...base, finalizers: ["a b"] }, ["metadata.finalizers"]],
    [
      "with contrary finalizers",
      { ...base, finalizers: ["orphan", "foregroundDeletion"] },
      ["metadata.finalizers"],
    ],
    [
      "with an owner without uid",
      { ...base, ownerReferences: [{ ...owner, uid: "" }] },
      ["metadata.ownerReferences.uid"],
    ],
    [
      "with two controllers",
      {
        ...base,
        ownerReferences: [
          { ...owner, controller: true },
          { ...owner, uid: "v", controller: true },
        ],
      },
      ["metadata.ownerReferences"],
    ],
    ["with a time that is none", { ...base, creationTimestamp: "yesterday" }, ["metadata.creationTimestamp"]],
  ])("%s", (_, metadata, expected) => {
    expect(fields(metadata)).toEqual(expected)
  })
})

test("a cluster-scoped object has no namespace", () => {
  expect(fields({ name: "a" }, { namespaced: false })).toEqual([])
  expect(fields(base as JsonObject, { namespaced: false })).toEqual(["metadata.namespace"])
})

test("a name can be asked to be a DNS label", () => {
  expect(fields({ ...base, name: "a.b" }, { nameIs: "dnsLabel" })).toEqual(["metadata.name"])
})
