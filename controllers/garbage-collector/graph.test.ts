import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Kind } from "../../schemas/index.ts"
import { Graph, type GraphNode } from "./graph.ts"

const kind: Kind = { group: "x.dev", version: "v1", kind: "Widget", plural: "widgets", namespaced: true }

const node = (uid: string, owners: ReadonlyArray<string> = [], more: Partial<GraphNode> = {}): GraphNode => ({
  kind,
  namespace: "ns",
  name: uid,
  uid,
  resourceVersion: "1",
  owners: owners.map((owner) => ({ apiVersion: "x.dev/v1", kind: "Widget", name: owner, uid: owner })),
  finalizers: [],
  deleting: false,
  ...more,
})
const foreground = { deleting: true, finalizers: ["foregroundDeletion"] }

describe("Graph", () => {
  test("wakes an owned object when it comes", () => {
    expect(new Graph().put(node("a", ["o"]))).toEqual(["a"])
  })

  test("lets an object that nobody owns rest", () => {
    expect(new Graph().put(node("a"))).toEqual([])
  })

  test("wakes the dependents of what goes, though they came first", () => {
    const graph = new Graph()
    graph.put(node("a", ["o"]))
    graph.put(node("o"))
    expect(graph.remove("o")).toEqual(["a"])
  })

  test("wakes an owner that waits, when a dependent goes or lets go of it", () => {
    const graph = new Graph()
    graph.put(node("o", [], foreground))
    graph.put(node("a", ["o"]))
    graph.put(node("b", ["o"]))
    expect(graph.remove("a")).toEqual(["o"])
    expect(graph.put(node("b"))).toEqual(["o"])
  })

  test("wakes an object that begins to delete itself in the foreground", () => {
    const graph = new Graph()
    graph.put(node("o"))
    expect(graph.put(node("o", [], foreground))).toEqual(["o"])
  })

  test("forgets a resource with all its objects, and wakes what they owned", () => {
    const graph = new Graph()
    const other: Kind = { ...kind, plural: "gadgets" }
    graph.put(node("o"))
    graph.put(node("a", ["o"], { kind: other }))
    expect(graph.drop(kind)).toEqual(["a"])
    expect(graph.get("o")).toBeUndefined()
    expect(graph.get("a")).toBeDefined()
  })

  test("knows the dependents of every uid, after any changes", () => {
    const uid = fc.constantFrom("a", "b", "c", "d")
    const change = fc.record({ uid, owners: fc.uniqueArray(uid), isRemoval: fc.boolean() })
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const graph = new Graph()
        const truth = new Map<string, ReadonlyArray<string>>()
        for (const { uid, owners, isRemoval } of changes) {
          if (isRemoval) {
            graph.remove(uid)
            truth.delete(uid)
          } else {
            graph.put(node(uid, owners))
            truth.set(uid, owners)
          }
        }
        for (const owner of ["a", "b", "c", "d"]) {
          const want = [...truth].filter(([, owners]) => owners.includes(owner)).map(([name]) => name)
          expect(new Set(graph.dependentsOf(owner).map(({ name }) => name))).toEqual(new Set(want))
        }
      }),
    )
  })
})
