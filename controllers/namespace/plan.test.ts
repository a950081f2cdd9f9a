import { describe, expect, test } from "vitest"
import type { Kind, Namespace, ObjectMeta } from "../../schemas/index.ts"
import { type Action, type Observed, plan } from "./plan.ts"

const NOW = Date.parse("2026-01-01T00:00:00Z")
const maps: Kind = { group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true }
const widgets: Kind = { group: "x.dev", version: "v1", kind: "Widget", plural: "widgets", namespaced: true }

const namespace = (more: { deleting?: boolean; finalizers?: ReadonlyArray<string> } = {}): Namespace => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name: "team",
    ...(more.deleting === false ? {} : { deletionTimestamp: "2026-01-01T00:00:00Z" }),
  },
  spec: { finalizers: more.finalizers ?? ["kubernetes"] },
})
const alive = (name: string): ObjectMeta => ({ name })
const held = (name: string, finalizer: string): ObjectMeta => ({
  name,
  finalizers: [finalizer],
  deletionTimestamp: "2026-01-01T00:00:00Z",
})
const of = (kind: Kind, ...objects: ReadonlyArray<ObjectMeta>) => ({ kind, objects, count: objects.length })
const fine = { discovery: [], content: [] }
const base: Observed = { namespace: namespace(), contents: [], failures: fine, now: NOW }

const tell = (action: Action): string => {
  if (action._tag === "DeleteContent") return `Delete ${action.objects.map(({ name }) => name).join(" ")}`
  if (action._tag !== "RecordConditions") return action._tag
  const bad = action.conditions.filter(({ status }) => status === "True")
  return `Record ${bad.map(({ type, message }) => `${type}: ${message}`).join("; ")}`
}

describe("a namespace", () => {
  test.each<[string, Observed, ReadonlyArray<string>]>([
    ["that lives is left alone", { ...base, namespace: namespace({ deleting: false }) }, []],
    ["that others hold is left to them", { ...base, namespace: namespace({ finalizers: ["other"] }) }, []],
    ["with nothing in it is let go", { ...base, contents: [of(maps), of(widgets)] }, ["Finalize"]],
    [
      "is emptied first",
      { ...base, contents: [of(maps, alive("a"), alive("b")), of(widgets, alive("c"))] },
      ["Delete a b", "Delete c"],
    ],
    [
      "waits for what finalizers hold, and tells whose",
      { ...base, contents: [of(widgets, held("a", "x.dev/lock"), held("b", "x.dev/lock"))] },
      [
        "Record NamespaceContentRemaining: 2 widgets.x.dev; NamespaceFinalizersRemaining: x.dev/lock in 2",
        "Wait",
      ],
    ],
    [
      "is not let go while a resource cannot be read, and goes on with the others",
      {
        ...base,
        contents: [of(maps, alive("a"))],
        failures: { discovery: [], content: ["widgets: no answer"] },
      },
      [
        "Delete a",
        "Record NamespaceDeletionContentFailure: widgets: no answer; NamespaceContentRemaining: 1 configmaps",
        "Wait",
      ],
    ],
    [
      "is not let go while it is not known what there could be",
      { ...base, failures: { discovery: ["no answer"], content: [] } },
      ["Record NamespaceDeletionDiscoveryFailure: no answer", "Wait"],
    ],
    [
      "is not let go while a list says that it did not tell all",
      { ...base, contents: [{ kind: maps, objects: [], count: 1 }] },
      ["Record NamespaceContentRemaining: 1 configmaps", "Wait"],
    ],
  ])("%s", (_name, observed, want) => {
    expect(plan(observed).map(tell)).toEqual(want)
  })

  test("is told the same thing once", () => {
    const observed = { ...base, contents: [of(widgets, held("a", "x.dev/lock"))] }
    const [first] = plan(observed)
    if (first?._tag !== "RecordConditions") throw new Error("expected a record")
    const told = { ...observed.namespace, status: { conditions: first.conditions } }
    expect(plan({ ...observed, namespace: told, now: NOW + 60_000 }).map(tell)).toEqual(["Wait"])
  })
})
