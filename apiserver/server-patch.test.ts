import { expect, test } from "vitest"
import { at, configMap, configMaps, crds, widget, widgets, widgetsCrd, withServer } from "./test-world.ts"

test(
  "a merge patch sets, and deletes by null",
  withServer(async (world) => {
    await world.post(configMaps, configMap("a", { k: "v", gone: "x" }))
    const { json } = await world.patch(`${configMaps}/a`, "merge", { data: { gone: null, n: "1" } })
    expect(json.data).toEqual({ k: "v", n: "1" })
  }),
)

test(
  "a strategic merge patch merges the lists of built-in kinds by key, and is refused for custom ones",
  withServer(async (world) => {
    await world.post(configMaps, configMap("a", { k: "v" }, { finalizers: ["example.com/a"] }))
    const { json } = await world.patch(`${configMaps}/a`, "strategic", {
      metadata: { finalizers: ["example.com/b"] },
    })
    expect(at(json, "metadata.finalizers")).toHaveLength(2)
    await world.post(crds, widgetsCrd())
    await world.post(widgets, widget("w"))
    const refused = await world.patch(`${widgets}/w`, "strategic", { spec: { color: "x" } })
    expect([refused.status, refused.json.reason]).toEqual([415, "UnsupportedMediaType"])
    expect(refused.json.message).toContain(
      "accepted media types include: application/json-patch+json, application/merge-patch+json",
    )
  }),
)

test.each([
  ["a failing test", [{ op: "test", path: "/data/k", value: "other" }], 422, "Invalid"],
  ["a missing path", [{ op: "remove", path: "/data/none" }], 422, "Invalid"],
  ["an object instead of operations", { op: "remove", path: "/data" }, 400, "BadRequest"],
  [
    "operations without end",
    Array.from({ length: 10_001 }, () => ({ op: "test", path: "/kind", value: "ConfigMap" })),
    413,
    "RequestEntityTooLarge",
  ],
  ["another kind", [{ op: "replace", path: "/kind", value: "Secret" }], 400, "BadRequest"],
  ["no object at all", [{ op: "replace", path: "", value: 5 }], 422, "Invalid"],
] as const)("a JSON Patch with %s is refused", (_name, patch, status, reason) =>
  withServer(async (world) => {
    await world.post(configMaps, configMap("a", { k: "v" }))
    const answer = await world.patch(`${configMaps}/a`, "json", patch as never)
    expect([answer.status, answer.json.reason]).toEqual([status, reason])
    if (status === 422)
      expect(answer.json.message).toBe("the server rejected our request due to an error in our request")
  })(),
)

test(
  "a JSON Patch applies its operations",
  withServer(async (world) => {
    await world.post(configMaps, configMap("a", { k: "v" }))
    const { json } = await world.patch(`${configMaps}/a`, "json", [
      { op: "test", path: "/data/k", value: "v" },
      { op: "add", path: "/data/n", value: "1" },
      { op: "move", from: "/data/k", path: "/data/moved" },
    ])
    expect(json.data).toEqual({ n: "1", moved: "v" })
  }),
)

test(
  "a patch never conflicts, unless it names a resourceVersion",
  withServer(async (world) => {
    const { json } = await world.post(configMaps, configMap("a", { k: "0" }))
    const patches = Array.from({ length: 5 }, (_, n) =>
      world.patch(`${configMaps}/a`, "merge", { data: { [`k${n}`]: "x" } }),
    )
    expect((await Promise.all(patches)).map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200])
    expect(Object.keys((await world.get(`${configMaps}/a`)).json.data as object)).toHaveLength(6)
    const resourceVersion = at(json, "metadata.resourceVersion") ?? ""
    const stale = await world.patch(`${configMaps}/a`, "merge", { metadata: { resourceVersion }, data: {} })
    expect(stale.json.reason).toBe("Conflict")
  }),
)

test(
  "a patch of a missing object is NotFound, an apply makes it",
  withServer(async (world) => {
    expect((await world.patch(`${configMaps}/a`, "merge", {})).status).toBe(404)
    const applied = await world.patch(`${configMaps}/a?fieldManager=m`, "apply", configMap("a", { k: "v" }))
    expect([applied.status, at(applied.json, "metadata.managedFields.0.operation")]).toEqual([201, "Apply"])
    const again = await world.patch(`${configMaps}/a?fieldManager=m`, "apply", configMap("a", { k: "v" }))
    expect([again.status, at(again.json, "metadata.resourceVersion")]).toEqual([
      200,
      at(applied.json, "metadata.resourceVersion"),
    ])
  }),
)

test(
  "an apply owns its fields: others conflict, force takes, leaving out removes",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const apply = (manager: string, spec: Record<string, string | number>, force = false) =>
      world.patch(`${widgets}/w?fieldManager=${manager}&force=${force}`, "apply", widget("w", spec))
    await apply("a", { color: "blue", replicas: 1 })
    const conflicting = await apply("b", { color: "green" })
    expect([conflicting.status, conflicting.json.reason]).toEqual([409, "Conflict"])
    expect(at(conflicting.json, "details.causes.0")).toEqual({
      reason: "FieldManagerConflict",
      message: 'conflict with "a"',
      field: ".spec.color",
    })
    const forced = await apply("b", { color: "green" }, true)
    expect(at(forced.json, "spec.color")).toBe("green")
    const dropped = await apply("a", { color: "green" })
    expect([at(dropped.json, "spec.replicas"), at(dropped.json, "spec.color")]).toEqual([undefined, "green"])
  }),
)

test(
  "an apply to /status owns status and nothing else",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    await world.post(widgets, widget("w", { color: "blue" }))
    const body = { ...widget("w", { color: "other" }), status: { message: "m" } }
    const { json, status } = await world.patch(`${widgets}/w/status?fieldManager=s`, "apply", body)
    expect([status, at(json, "status.message"), at(json, "spec.color")]).toEqual([200, "m", "blue"])
    const missing = await world.patch(`${widgets}/none/status?fieldManager=s`, "apply", {
      ...body,
      metadata: { name: "none" },
    })
    expect(missing.status).toBe(404)
  }),
)

test.each([
  ["without a manager", "", configMap("a"), 422, "Invalid"],
  ["with another apiVersion", "fieldManager=m", { ...configMap("a"), apiVersion: "v2" }, 400, "BadRequest"],
  [
    "with managedFields",
    "fieldManager=m",
    configMap("a", {}, { managedFields: [{ manager: "x" }] }),
    400,
    "BadRequest",
  ],
  ["with the uid of a missing object", "fieldManager=m", configMap("a", {}, { uid: "u" }), 409, "Conflict"],
  [
    "with duplicate keys under Strict",
    "fieldManager=m&fieldValidation=Strict",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: a\n  k: b\n",
    400,
    "BadRequest",
  ],
  ["that is no YAML", "fieldManager=m", "{: - [", 400, "BadRequest"],
] as const)("an apply %s is refused", (_name, query, body, status, reason) =>
  withServer(async (world) => {
    const answer = await world.patch(`${configMaps}/a?${query}`, "apply", body as never)
    expect([answer.status, answer.json.reason]).toEqual([status, reason])
  })(),
)

test(
  "an apply of an undeclared field is refused, whatever the validation, and says where",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const { status, json } = await world.patch(
      `${widgets}/w?fieldManager=m&fieldValidation=Ignore`,
      "apply",
      widget("w", { junk: 1 }),
    )
    expect(status).toBeGreaterThanOrEqual(400)
    expect(json.message).toContain(".spec.junk: field not declared in schema")
    expect(at(json, "details.kind")).toBe("Widget")
  }),
)

test(
  "force is for applies only, and unknown patch types are refused",
  withServer(async (world) => {
    await world.post(configMaps, configMap("a"))
    const forced = await world.patch(`${configMaps}/a?force=true`, "merge", {})
    expect([forced.status, at(forced.json, "details.causes.0.field")]).toEqual([422, "force"])
    expect((await world.send("PATCH", `${configMaps}/a`, { body: {} })).status).toBe(415)
  }),
)

test(
  "an unknown field in a patch is refused under Strict",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    await world.post(widgets, widget("w"))
    const { status, json } = await world.patch(`${widgets}/w?fieldValidation=Strict`, "merge", {
      spec: { junk: 1 },
    })
    expect([status, at(json, "details.causes.0.field")]).toEqual([422, "patch"])
    expect(json.message).toContain('strict decoding error: unknown field "spec.junk"')
  }),
)
