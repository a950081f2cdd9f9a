import { expect, test } from "vitest"
import type { JsonObject, KubeObject, ManagedFieldsEntry } from "../schemas/index.ts"
import { applyWouldChange } from "./owned-fields.ts"

const entry = (fieldsV1: JsonObject, rest: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager: "me",
  operation: "Apply",
  apiVersion: "v1",
  fieldsType: "FieldsV1",
  fieldsV1,
  ...rest,
})

const observed = (spec: JsonObject, ...managedFields: ReadonlyArray<ManagedFieldsEntry>): KubeObject =>
  ({ apiVersion: "v1", kind: "X", metadata: { name: "a", managedFields }, spec }) as KubeObject

const desired = (spec: JsonObject) => ({ apiVersion: "v1", kind: "X", metadata: { name: "a" }, spec })

const owning = (fields: JsonObject) => entry({ "f:spec": fields })
const list = { "f:items": { 'k:{"name":"x"}': { ".": {}, "f:name": {}, "f:size": {} } } }

const rows: ReadonlyArray<[string, KubeObject, object, boolean]> = [
  ["the same value, owned", observed({ a: 1 }, owning({ "f:a": {} })), desired({ a: 1 }), false],
  ["another value", observed({ a: 2 }, owning({ "f:a": {} })), desired({ a: 1 }), true],
  ["a missing field", observed({}, owning({ "f:a": {} })), desired({ a: 1 }), true],
  ["fields of others beside ours", observed({ a: 1, b: 2 }, owning({ "f:a": {} })), desired({ a: 1 }), false],
  ["nothing owned yet", observed({ a: 1 }), desired({ a: 1 }), true],
  [
    "owned by an update, not an apply",
    observed({ a: 1 }, entry({ "f:spec": { "f:a": {} } }, { operation: "Update" })),
    desired({ a: 1 }),
    true,
  ],
  [
    "owned by another manager",
    observed({ a: 1 }, entry({ "f:spec": { "f:a": {} } }, { manager: "you" })),
    desired({ a: 1 }),
    true,
  ],
  [
    "owned in the status only",
    observed({ a: 1 }, entry({ "f:spec": { "f:a": {} } }, { subresource: "status" })),
    desired({ a: 1 }),
    true,
  ],
  [
    "a field of the same value that is not ours yet",
    observed({ a: 1, b: 2 }, owning({ "f:a": {} })),
    desired({ a: 1, b: 2 }),
    true,
  ],
  [
    "a field that we no longer want",
    observed({ a: 1, b: 2 }, owning({ "f:a": {}, "f:b": {} })),
    desired({ a: 1 }),
    true,
  ],
  [
    "a list item with defaults of the server",
    observed({ items: [{ name: "x", size: 1, extra: true }] }, owning(list)),
    desired({ items: [{ name: "x", size: 1 }] }),
    false,
  ],
  [
    "a list item that we no longer want",
    observed({ items: [{ name: "y" }] }, owning(list)),
    desired({ items: [{ name: "y" }] }),
    true,
  ],
  [
    "a set item",
    observed({ tags: ["p"] }, owning({ "f:tags": { 'v:"p"': {} } })),
    desired({ tags: ["p"] }),
    false,
  ],
  [
    "an atomic list in another order",
    observed({ l: [2, 1] }, owning({ "f:l": {} })),
    desired({ l: [1, 2] }),
    true,
  ],
  ["a key named like a prototype's", observed({}, owning({})), desired({ toString: "x" }), true],
]

test.each(rows)("%s", (_name, object, configuration, changes) => {
  expect(applyWouldChange(object, configuration, { fieldManager: "me" })).toBe(changes)
})
