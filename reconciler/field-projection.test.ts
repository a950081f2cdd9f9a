import fc from "fast-check"
import { describe, expect, expectTypeOf, it } from "vitest"
import type { JsonObject, KubeObject } from "../schemas/index.ts"
import { type Held, projection } from "./field-projection.ts"

interface Widget extends KubeObject {
  readonly spec: {
    readonly size: number
    readonly color: string
    readonly parts: ReadonlyArray<{ readonly name: string; readonly weight: number }>
  }
  readonly status?: { readonly ready: boolean; readonly detail: string }
}

const widget: Widget = {
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: {
    name: "a",
    namespace: "ns",
    uid: "u",
    resourceVersion: "7",
    generation: 2,
    labels: { "app.kubernetes.io/name": "x", other: "y" },
    annotations: { long: "text" },
  },
  spec: {
    size: 1,
    color: "red",
    parts: [
      { name: "p", weight: 1 },
      { name: "q", weight: 2 },
    ],
  },
  status: { ready: true, detail: "long" },
}
const identity = {
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name: "a", namespace: "ns", uid: "u", resourceVersion: "7", generation: 2 },
}

describe("a projection", () => {
  const rows: ReadonlyArray<[string, ReadonlyArray<string>, object]> = [
    ["of nothing holds what names the object", [], identity],
    [
      "of fields holds those",
      ["spec.size", "status.ready"],
      { ...identity, spec: { size: 1 }, status: { ready: true } },
    ],
    ["of a part and its whole holds the whole", ["spec.size", "spec"], { ...identity, spec: widget.spec }],
    [
      "of every item",
      ["spec.parts[*].name"],
      { ...identity, spec: { parts: [{ name: "p" }, { name: "q" }] } },
    ],
    [
      "of a quoted key",
      ["metadata.labels['app.kubernetes.io/name']"],
      { ...identity, metadata: { ...identity.metadata, labels: { "app.kubernetes.io/name": "x" } } },
    ],
    ["of what is not there holds no trace of it", ["status.other", "nowhere"], { ...identity, status: {} }],
  ]
  it.each(rows)("%s", (_, fields, expected) => {
    expect(projection(fields)(widget)).toEqual(expected)
  })

  it.each(["", ".spec", "spec..size", "spec.", "[*]", "spec[0]", "spec[*]x", "spec size"])(
    "refuses the path %j",
    (path) => {
      expect(() => projection([path])).toThrow(/field path/)
    },
  )

  it("is the same when done twice", () => {
    const paths = fc.subarray(["spec", "spec.size", "spec.parts[*].weight", "metadata.labels", "status"])
    fc.assert(
      fc.property(paths, (fields) => {
        const project = projection(fields)
        const once = project(widget)
        expect(project(once)).toEqual(once)
      }),
    )
  })

  it("does not touch the prototype", () => {
    const hostile = { ...widget, spec: JSON.parse('{"__proto__":{"size":1},"size":2}') as Widget["spec"] }
    const held = projection(["spec.size"])(hostile) as unknown as { readonly spec: JsonObject }
    expect(held.spec).toEqual({ size: 2 })
  })

  it("narrows the type to what is held", () => {
    type Narrow = Held<Widget, "spec.size" | "status.ready" | "spec.parts[*].name">
    expectTypeOf<Narrow["spec"]["size"]>().toEqualTypeOf<number>()
    expectTypeOf<NonNullable<Narrow["status"]>["ready"]>().toEqualTypeOf<boolean>()
    expectTypeOf<Narrow["spec"]["parts"][number]>().toHaveProperty("name")
    expectTypeOf<Narrow["spec"]>().not.toHaveProperty("color")
    expectTypeOf<Narrow["metadata"]["name"]>().toEqualTypeOf<string>()
    expectTypeOf<Held<Widget, string>>().toEqualTypeOf<Widget>()
  })
})
