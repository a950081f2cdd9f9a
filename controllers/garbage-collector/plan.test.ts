import { describe, expect, test } from "vitest"
import type { Kind, OwnerReference } from "../../schemas/index.ts"
import type { GraphNode } from "./graph.ts"
import { type Action, type Observed, type OwnerState, plan } from "./plan.ts"

const kind: Kind = { group: "x.dev", version: "v1", kind: "Widget", plural: "widgets", namespaced: true }

const reference = (uid: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: "x.dev/v1",
  kind: "Widget",
  name: uid,
  uid,
  ...more,
})
const node = (uid: string, more: Partial<GraphNode> = {}): GraphNode => ({
  kind,
  namespace: "ns",
  name: uid,
  uid,
  resourceVersion: "7",
  owners: [],
  finalizers: [],
  deleting: false,
  ...more,
})
const foreground = { deleting: true, finalizers: ["foregroundDeletion"] }
const orphaning = { deleting: true, finalizers: ["orphan"] }

const tell = (action: Action): string => {
  switch (action._tag) {
    case "Delete":
      return `Delete ${action.object.uid} ${action.policy}`
    case "RemoveReferences":
      return `RemoveReferences ${action.object.uid} to ${action.uids.join(" ")}`
    case "UnblockReferences":
      return `UnblockReferences ${action.object.uid}`
    case "RemoveFinalizer":
      return `RemoveFinalizer ${action.finalizer}`
    case "Wake":
      return `Wake ${action.uids.join(" ")}`
    case "Wait":
      return `Wait ${action.reason}`
    case "Report":
      return `Report ${action.owner.uid}`
  }
}

const told = (observed: Partial<Observed>): ReadonlyArray<string> =>
  plan({ object: undefined, owners: [], dependents: [], isComplete: true, ...observed }).map(tell)

const owned = (
  states: ReadonlyArray<OwnerState>,
  more: Partial<Observed> & { readonly self?: Partial<GraphNode> } = {},
) => {
  const owners = states.map((state, index) => ({ reference: reference(`${state}${index}`), state }))
  const object = node("me", { owners: owners.map((owner) => owner.reference), ...more.self })
  return told({ object, owners, ...more })
}

describe("an object with owners", () => {
  test.each<[string, ReadonlyArray<OwnerState>, ReadonlyArray<string>]>([
    ["stays while all are solid", ["solid", "solid"], []],
    ["goes when the last is absent", ["absent"], ["Delete me Background"]],
    ["goes when all are absent", ["absent", "absent"], ["Delete me Background"]],
    [
      "stays for one solid owner, and loses the absent ones",
      ["solid", "absent"],
      ["RemoveReferences me to absent1"],
    ],
    [
      "loses those that wait for it, where another holds it",
      ["waiting", "solid"],
      ["RemoveReferences me to waiting0"],
    ],
    ["goes for an owner that waits for it", ["waiting"], ["Delete me Background"]],
    ["goes for one that waits and one that is absent", ["waiting", "absent"], ["Delete me Background"]],
    [
      "is left alone while the kind of one is unknown, whatever the others",
      ["unknown", "absent"],
      ["Wait OwnerKindUnknown"],
    ],
    ["outside of all namespaces never goes for an owner in one", ["outOfReach"], ["Report outOfReach0"]],
    [
      "that names one in a namespace is only reported, though another is solid",
      ["outOfReach", "solid"],
      ["Report outOfReach0"],
    ],
  ])("%s", (_name, states, want) => {
    expect(owned(states)).toEqual(want)
  })

  test.each<[string, Partial<GraphNode>, ReadonlyArray<string>]>([
    ["keeps the orphaning that it asks for", { finalizers: ["orphan"] }, ["Delete me Orphan"]],
    [
      "keeps the foreground that it asks for",
      { finalizers: ["foregroundDeletion"] },
      ["Delete me Foreground"],
    ],
    ["that is going already is left to go", { deleting: true }, []],
  ])("%s", (_name, self, want) => {
    expect(owned(["absent"], { self })).toEqual(want)
  })

  test("and dependents goes in the foreground when its owner does", () => {
    const dependents = [node("child", { owners: [reference("me")] })]
    expect(owned(["waiting"], { dependents })).toEqual(["Delete me Foreground"])
  })

  test("in a cycle of foreground deletions opens it first, and then follows", () => {
    const dependents = [node("child", { owners: [reference("me")], ...foreground })]
    const owners = [reference("waiting0", { blockOwnerDeletion: true })]
    expect(owned(["waiting"], { dependents, self: { owners } })).toEqual(["UnblockReferences me"])
    expect(owned(["waiting"], { dependents })).toEqual(["Delete me Foreground"])
  })
})

describe("a deletion in the foreground", () => {
  const blocking = reference("me", { blockOwnerDeletion: true })
  const free = reference("me")
  const rows: ReadonlyArray<[string, ReadonlyArray<GraphNode>, ReadonlyArray<string>]> = [
    ["ends when there are no dependents", [], ["RemoveFinalizer foregroundDeletion"]],
    ["waits for one that blocks, and wakes it", [node("a", { owners: [blocking] })], ["Wake a"]],
    ["waits for one that blocks and is going", [node("a", { owners: [blocking], deleting: true })], []],
    [
      "does not wait for one that does not block",
      [node("a", { owners: [free] })],
      ["Wake a", "RemoveFinalizer foregroundDeletion"],
    ],
    [
      "never waits for itself",
      [node("me", { owners: [blocking], ...foreground })],
      ["RemoveFinalizer foregroundDeletion"],
    ],
  ]
  test.each(rows)("%s", (_name, dependents, want) => {
    expect(told({ object: node("me", foreground), dependents })).toEqual(want)
  })

  test("does not end before all dependents can be known", () => {
    expect(told({ object: node("me", foreground), isComplete: false })).toEqual(["Wait GraphIncomplete"])
  })
})

describe("an orphaning deletion", () => {
  test("lets every dependent go, and then the object", () => {
    const dependents = [node("a", { owners: [reference("me")] }), node("b", { owners: [reference("me")] })]
    expect(told({ object: node("me", orphaning), dependents })).toEqual([
      "RemoveReferences a to me",
      "RemoveReferences b to me",
      "RemoveFinalizer orphan",
    ])
  })

  test("does not end before all dependents can be known", () => {
    expect(told({ object: node("me", orphaning), isComplete: false })).toEqual(["Wait GraphIncomplete"])
  })
})

test("what is gone needs nothing", () => {
  expect(told({ object: undefined })).toEqual([])
})
