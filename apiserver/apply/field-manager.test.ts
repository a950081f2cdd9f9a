import { describe, expect, test } from "vitest"
import type { Json, JsonObject, ManagedFieldsEntry } from "../../schemas/index.ts"
import type { MachineryError, MutableObject } from "../machinery.ts"
import { compileSchema } from "../schema/index.ts"
import { fieldManager } from "./index.ts"

const string = { type: "string" }
const schema = compileSchema({
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        replicas: { type: "integer" },
        image: string,
        nested: { type: "object", properties: { a: string, b: string } },
        containers: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: {
            type: "object",
            required: ["name"],
            properties: {
              name: string,
              image: string,
              ports: {
                type: "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["port", "protocol"],
                items: {
                  type: "object",
                  required: ["port"],
                  properties: {
                    port: { type: "integer" },
                    protocol: { type: "string", default: "TCP" },
                    name: string,
                  },
                },
              },
            },
          },
        },
        tags: { type: "array", items: string, "x-kubernetes-list-type": "set" },
        plain: { type: "array", items: string },
        whole: { type: "object", "x-kubernetes-map-type": "atomic", properties: { a: string, b: string } },
        map: { type: "object", additionalProperties: string },
        open: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        template: {
          type: "object",
          "x-kubernetes-embedded-resource": true,
          properties: { spec: { type: "object", properties: { a: string } } },
        },
      },
    },
    status: { type: "object", properties: { phase: string } },
  },
})

const object = (spec: JsonObject, metadata: JsonObject = {}): MutableObject =>
  structuredClone({
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { name: "w", namespace: "ns", ...metadata },
    spec,
  }) as MutableObject

interface Applying {
  readonly live?: MutableObject
  readonly manager?: string
  readonly force?: boolean
  readonly subresource?: string
  readonly now?: string
}
const T1 = "2026-11-24T10:00:01Z"
const T2 = "2026-11-24T10:00:02Z"

const apply = (
  applied: MutableObject,
  { live, manager = "a", force = false, subresource = "", now = T1 }: Applying = {},
) => fieldManager.apply({ live, applied, manager, force, subresource, schema, now })

const update = (next: MutableObject, { live, manager = "u", subresource = "", now = T1 }: Applying = {}) => {
  const managedFields = fieldManager.update({ live, next, manager, subresource, schema, now })
  return {
    ...next,
    metadata: { ...(next.metadata as MutableObject), managedFields },
  } as unknown as MutableObject
}

const entries = (from: MutableObject) =>
  ((from.metadata as MutableObject).managedFields ?? []) as unknown as ReadonlyArray<ManagedFieldsEntry>
const owned = (from: MutableObject, manager: string, operation = "Apply"): Json =>
  entries(from).find((entry) => entry.manager === manager && entry.operation === operation)?.fieldsV1 ?? null
const specOf = (from: MutableObject): Json => from.spec as Json
const caught = (act: () => unknown): MachineryError => {
  try {
    act()
  } catch (error) {
    return error as MachineryError
  }
  throw new Error("nothing was thrown")
}

describe("apply", () => {
  test("owns just the fields that it names", () => {
    const result = apply(
      object({
        replicas: 1,
        containers: [{ name: "c", image: "i" }],
        tags: ["x"],
        plain: ["p"],
        whole: { a: "1" },
        map: { k: "v" },
      }),
    )
    expect(entries(result)).toEqual([
      {
        manager: "a",
        operation: "Apply",
        apiVersion: "example.com/v1",
        time: T1,
        fieldsType: "FieldsV1",
        fieldsV1: {
          "f:spec": {
            "f:containers": { 'k:{"name":"c"}': { ".": {}, "f:image": {}, "f:name": {} } },
            "f:map": { "f:k": {} },
            "f:plain": {},
            "f:replicas": {},
            "f:tags": { 'v:"x"': {} },
            "f:whole": {},
          },
        },
      },
    ])
  })

  test("never owns identity, nor what the server sets", () => {
    const result = apply(object({ image: "i" }, { uid: "u", labels: { l: "1" } }))
    expect(owned(result, "a")).toEqual({
      "f:metadata": { "f:labels": { "f:l": {} } },
      "f:spec": { "f:image": {} },
    })
  })

  test("removes fields that it no longer names and nobody else owns", () => {
    const first = apply(
      object({
        replicas: 1,
        image: "i",
        map: { a: "1", b: "2" },
        containers: [{ name: "c" }, { name: "d" }],
      }),
    )
    const second = apply(object({ image: "i", map: { b: "2" }, containers: [{ name: "d" }] }), {
      live: first,
    })
    expect(specOf(second)).toEqual({ image: "i", map: { b: "2" }, containers: [{ name: "d" }] })
  })

  test("removes what became empty", () => {
    const first = apply(object({ nested: { a: "1" }, image: "i" }))
    expect(specOf(apply(object({ image: "i" }), { live: first }))).toEqual({ image: "i" })
  })

  test("keeps an object that has fields of others", () => {
    const mine = apply(object({ nested: { a: "1" } }))
    const both = apply(object({ nested: { b: "2" } }), { live: mine, manager: "b" })
    expect(specOf(apply(object({}), { live: both }))).toEqual({ nested: { b: "2" } })
  })

  test("keeps what nobody owns, such as defaults", () => {
    const first = apply(object({ nested: { a: "1" } }))
    const live = { ...first, spec: { ...(first.spec as MutableObject), image: "defaulted" } } as MutableObject
    expect(specOf(apply(object({ nested: { a: "2" } }), { live }))).toEqual({
      nested: { a: "2" },
      image: "defaulted",
    })
  })

  test("twice is a no-op, to the byte, at any time", () => {
    const first = apply(object({ replicas: 1, tags: ["x", "y"] }))
    expect(JSON.stringify(apply(object({ replicas: 1, tags: ["x", "y"] }), { live: first, now: T2 }))).toBe(
      JSON.stringify(first),
    )
  })

  test("moves its time when it takes another field or changes a value", () => {
    const first = apply(object({ replicas: 1 }))
    expect(entries(apply(object({ replicas: 2 }), { live: first, now: T2 }))[0]?.time).toBe(T2)
    const others = apply(object({ image: "i" }), { live: first, manager: "b" })
    expect(
      entries(apply(object({ replicas: 1, image: "i" }), { live: others, now: T2 })).find(
        (e) => e.manager === "a",
      )?.time,
    ).toBe(T2)
  })

  test("of the same value shares it, and it stays until its last owner drops it", () => {
    const first = apply(object({ replicas: 1 }))
    const both = apply(object({ replicas: 1 }), { live: first, manager: "b" })
    expect(entries(both).map(({ manager }) => manager)).toEqual(["a", "b"])
    const one = apply(object({}), { live: both })
    expect(specOf(one)).toEqual({ replicas: 1 })
    expect(specOf(apply(object({}), { live: one, manager: "b" }))).toEqual({})
  })

  test("changes no argument and shares nothing with them", () => {
    const live = apply(object({ map: { a: "1" }, plain: ["p"] }))
    const applied = object({ map: { b: "2" } })
    const before = structuredClone([live, applied])
    const result = apply(applied, { live, manager: "b" })
    expect([live, applied]).toEqual(before)
    expect((result.spec as MutableObject).plain).not.toBe((live.spec as MutableObject).plain)
  })

  test("may use defaulted keys of lists", () => {
    const first = apply(object({ containers: [{ name: "c", ports: [{ port: 80, name: "x" }] }] }))
    expect(owned(first, "a")).toMatchObject({
      "f:spec": {
        "f:containers": {
          'k:{"name":"c"}': { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { "f:port": {} } } },
        },
      },
    })
    const live = structuredClone(first)
    const ports = ((live.spec as MutableObject).containers as MutableObject[])[0]?.ports as MutableObject[]
    for (const port of ports) port.protocol = "TCP"
    const second = apply(object({ containers: [{ name: "c", ports: [{ port: 80, name: "y" }] }] }), { live })
    expect(specOf(second)).toEqual({
      containers: [{ name: "c", ports: [{ port: 80, name: "y", protocol: "TCP" }] }],
    })
  })

  test.each<[string, ReadonlyArray<string>, ReadonlyArray<string>, ReadonlyArray<string>]>([
    ["appended", ["a", "b"], ["c"], ["a", "b", "c"]],
    ["in their own order", ["a", "b", "c"], ["c", "a"], ["b", "c", "a"]],
    ["among those that stay", ["a", "x", "b"], ["a", "b"], ["a", "x", "b"]],
    ["new ones between", ["a", "b"], ["a", "n", "b"], ["a", "n", "b"]],
  ])("puts list items %s", (_, live, applied, merged) => {
    const first = apply(object({ tags: live }), { manager: "z" })
    expect(specOf(apply(object({ tags: applied }), { live: first }))).toEqual({ tags: merged })
  })

  test("treats untyped data as open maps with whole lists", () => {
    const first = apply(object({ open: { m: { k: 1 }, l: [{ a: 1 }] } }))
    expect(owned(first, "a")).toEqual({
      "f:spec": { "f:open": { "f:l": {}, "f:m": { ".": {}, "f:k": {} } } },
    })
  })

  test("to an object never tracked keeps it in the name of before-first-apply", () => {
    const live = object({ replicas: 1 })
    const conflict = caught(() => apply(object({ replicas: 2 }), { live }))
    expect(conflict.message).toContain('"before-first-apply" using example.com/v1')
    const forced = apply(object({ replicas: 2 }), { live, force: true })
    expect(owned(forced, "before-first-apply", "Update")).toEqual({ "f:spec": {} })
  })
})

describe("a conflict", () => {
  test("with an applier names it and the field", () => {
    const live = apply(object({ replicas: 1 }))
    const error = caught(() => apply(object({ replicas: 2 }), { live, manager: "b" }))
    expect(error).toMatchObject({
      reason: "Conflict",
      message: 'Apply failed with 1 conflict: conflict with "a": .spec.replicas',
      causes: [{ reason: "FieldManagerConflict", message: 'conflict with "a"', field: ".spec.replicas" }],
    })
  })

  test("with an updater names its version", () => {
    const live = update(object({ replicas: 1 }))
    expect(caught(() => apply(object({ replicas: 2 }), { live })).message).toBe(
      'Apply failed with 1 conflict: conflict with "u" using example.com/v1: .spec.replicas',
    )
  })

  test("of several fields lists them by owner", () => {
    const one = apply(object({ replicas: 1, containers: [{ name: "c", image: "i" }] }))
    const live = update({ ...one, spec: { ...(one.spec as MutableObject), image: "i" } } as MutableObject, {
      live: one,
      subresource: "scale",
    })
    const error = caught(() =>
      apply(object({ replicas: 2, image: "j", containers: [{ name: "c", image: "j" }] }), {
        live,
        manager: "b",
      }),
    )
    expect(error.message).toBe(
      'Apply failed with 3 conflicts: conflicts with "a":\n- .spec.containers[name="c"].image\n- .spec.replicas\n' +
        'conflicts with "u" with subresource "scale" using example.com/v1:\n- .spec.image',
    )
    expect(error.causes).toHaveLength(3)
  })

  test("is over when forced: the field changes hands", () => {
    const live = apply(object({ replicas: 1, image: "i" }))
    const forced = apply(object({ replicas: 2 }), { live, manager: "b", force: true })
    expect(specOf(forced)).toEqual({ replicas: 2, image: "i" })
    expect(owned(forced, "a")).toEqual({ "f:spec": { "f:image": {} } })
    expect(owned(forced, "b")).toEqual({ "f:spec": { "f:replicas": {} } })
  })

  test("comes over an atomic list or map as a whole", () => {
    const live = apply(object({ plain: ["a"], whole: { a: "1" } }))
    const error = caught(() => apply(object({ plain: ["b"], whole: { b: "1" } }), { live, manager: "b" }))
    expect(error.causes.map(({ field }) => field)).toEqual([".spec.plain", ".spec.whole"])
  })
})

describe("an apply is refused", () => {
  test.each<[string, MutableObject, string]>([
    ["with an undeclared field", object({ x: 1 }), ".spec.x: field not declared in schema"],
    [
      "with undeclared metadata",
      object({}, { unknownMeta: 1 }),
      ".metadata.unknownMeta: field not declared in schema",
    ],
    [
      "with undeclared metadata of an embedded resource",
      object({ template: { metadata: { x: 1 } } }),
      ".spec.template.metadata.x: field not declared in schema",
    ],
    ["with a list item without its key", object({ containers: [{ image: "i" }] }), 'omits key field "name"'],
    [
      "with two list items of a key",
      object({ tags: ["x", "x"] }),
      '.spec.tags: duplicate entries for key [="x"]',
    ],
  ])("%s", (_, applied, said) => {
    const error = caught(() => apply(applied))
    expect(error.reason).toBe("Invalid")
    expect(error.message).toContain(
      "failed to create typed patch object (ns/w; example.com/v1, Kind=Widget): ",
    )
    expect(error.message).toContain(said)
  })

  test("with managedFields", () => {
    expect(caught(() => apply(object({}, { managedFields: [] })))).toMatchObject({
      reason: "BadRequest",
      message: "metadata.managedFields must be nil",
    })
  })
})

describe("update", () => {
  test("that creates owns all, containers of fields included", () => {
    expect(
      owned(update(object({ replicas: 1, nested: { a: "1" } }, { labels: { l: "1" } })), "u", "Update"),
    ).toEqual({
      "f:metadata": { "f:labels": { ".": {}, "f:l": {} } },
      "f:spec": { ".": {}, "f:nested": { ".": {}, "f:a": {} }, "f:replicas": {} },
    })
  })

  test("takes what it changes from others, and only that", () => {
    const live = apply(object({ replicas: 1, image: "i" }))
    const next = structuredClone(live)
    const spec = next.spec as MutableObject
    spec.replicas = 2
    const result = update(next, { live, now: T2 })
    expect(owned(result, "a")).toEqual({ "f:spec": { "f:image": {} } })
    expect(owned(result, "u", "Update")).toEqual({ "f:spec": { "f:replicas": {} } })
    expect(entries(result).map(({ time }) => time)).toEqual([T1, T2])
  })

  test("that removes a field removes its ownership", () => {
    const live = apply(object({ replicas: 1, image: "i" }))
    const next = structuredClone(live)
    const spec = next.spec as MutableObject
    delete spec.replicas
    const result = update(next, { live })
    expect(entries(result).map(({ fieldsV1 }) => fieldsV1)).toEqual([{ "f:spec": { "f:image": {} } }])
  })

  test("of nothing changes nothing, to the byte", () => {
    const live = update(apply(object({ replicas: 1, tags: ["b", "a"] })), { manager: "v" })
    expect(JSON.stringify(update(structuredClone(live), { live, now: T2 }))).toBe(JSON.stringify(live))
  })

  test("of one manager is one entry, a subresource's another", () => {
    const first = update(object({ replicas: 1 }))
    const second = update({ ...first, spec: { replicas: 2, image: "i" } } as MutableObject, {
      live: first,
      now: T2,
    })
    const third = update({ ...second, status: { phase: "p" } } as MutableObject, {
      live: second,
      subresource: "status",
    })
    expect(entries(third).map(({ manager, subresource, time }) => [manager, subresource, time])).toEqual([
      ["u", "status", T1],
      ["u", undefined, T2],
    ])
    expect(entries(third)[0]?.fieldsV1).toEqual({ "f:status": { ".": {}, "f:phase": {} } })
  })

  test.each([[[]], [[{}]]])("with managedFields of %j forgets all ownership", (managedFields) => {
    const live = apply(object({ replicas: 1 }))
    const next = {
      ...live,
      metadata: { ...(live.metadata as MutableObject), managedFields },
    } as unknown as MutableObject
    expect(fieldManager.update({ live, next, manager: "u", subresource: "", schema, now: T1 })).toEqual([])
  })

  test.each<[Json]>([
    ["x"],
    [[{ manager: "m" }]],
    [
      [
        {
          manager: "m",
          operation: "Update",
          apiVersion: "v1",
          fieldsType: "FieldsV1",
          fieldsV1: { "x:y": {} },
        },
      ],
    ],
  ])("ignores managedFields that are malformed: %j", (managedFields) => {
    const live = apply(object({ replicas: 1 }))
    const next = {
      ...live,
      metadata: { ...(live.metadata as MutableObject), managedFields },
    } as unknown as MutableObject
    expect(fieldManager.update({ live, next, manager: "u", subresource: "", schema, now: T1 })).toEqual(
      entries(live),
    )
  })

  test("keeps ten updaters, the oldest merged", () => {
    let live = object({})
    for (let index = 0; index < 15; index++) {
      const next = structuredClone(live)
      next.spec = {
        ...(next.spec as MutableObject),
        map: { ...((next.spec as MutableObject).map as MutableObject), [`k${index}`]: "v" },
      }
      live = update(next, { live, manager: `m${index}`, now: `2026-11-24T10:00:${10 + index}Z` })
    }
    expect(entries(live)).toHaveLength(10)
    expect(entries(live)[0]).toMatchObject({ manager: "ancient-changes", time: "2026-11-24T10:00:15Z" })
    expect(JSON.stringify(owned(live, "ancient-changes", "Update"))).toContain("f:k0")
  })

  test("survives duplicates in lists that should have none", () => {
    const live = update(object({ tags: ["x", "x"] }))
    const result = update(object({ tags: ["x"] }), { live })
    expect(specOf(result)).toEqual({ tags: ["x"] })
  })
})

test("an applier keeps its entry when it speaks a newer version", () => {
  const live = apply(object({ replicas: 1 }))
  const result = apply({ ...object({ replicas: 1 }), apiVersion: "example.com/v2" }, { live })
  expect(entries(result).map(({ apiVersion }) => apiVersion)).toEqual(["example.com/v2"])
})

test("one manager may apply to status and to the rest", () => {
  const live = apply(object({ replicas: 1 }))
  const status = { ...object({}), status: { phase: "p" } } as MutableObject
  const result = apply(status, { live, subresource: "status" })
  expect(entries(result).map(({ subresource, fieldsV1 }) => [subresource, fieldsV1])).toEqual([
    [undefined, { "f:spec": { "f:replicas": {} } }],
    ["status", { "f:status": { "f:phase": {} } }],
  ])
})

test("a list that became atomic is owned as a whole by whoever owned a part", () => {
  const tags = (more: JsonObject) =>
    compileSchema({
      type: "object",
      properties: {
        spec: { type: "object", properties: { tags: { type: "array", items: string, ...more } } },
      },
    })
  const input = { manager: "a", force: false, subresource: "", now: T1 }
  const before = { ...input, live: undefined, schema: tags({ "x-kubernetes-list-type": "set" }) }
  const live = fieldManager.apply({ ...before, applied: object({ tags: ["x"] }) })
  const later = { ...input, live, manager: "b", schema: tags({}) }
  const error = caught(() => fieldManager.apply({ ...later, applied: object({ tags: ["y"] }) }))
  expect(error.message).toBe('Apply failed with 1 conflict: conflict with "a": .spec.tags')
})
