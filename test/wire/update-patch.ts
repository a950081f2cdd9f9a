/** Statements 2.5.53 to 2.5.63: PUT and PATCH. */
import { describe, expect } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import {
  at,
  causesOf,
  configMap,
  configMaps,
  defineWidgets,
  refusal,
  settled,
  versionOf,
  widget,
  widgets,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const rejected = "the server rejected our request due to an error in our request"
const service = (ports: Json) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "a" },
  spec: { selector: { app: "x" }, ports },
})

export const updatePatchSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.5 update, patch, preconditions`, () => {
    statement("2.5.53 an update of an old resourceVersion conflicts", async (world) => {
      await defineWidgets(world)
      const { json } = await world.post(widgets, widget("a"))
      await world.patch(`${widgets}/a`, "merge", { spec: { color: "blue" } })
      const answer = await world.put(`${widgets}/a`, { ...json, spec: { color: "green" } })
      expect(refusal(answer)).toEqual([
        409,
        "Conflict",
        'Operation cannot be fulfilled on widgets.example.com "a": the object has been modified; please apply your changes to the latest version and try again',
      ])
      expect(answer.json.details).toEqual({ name: "a", group: "example.com", kind: "widgets" })
    })

    statement(
      "2.5.54 an update without resourceVersion is Invalid for custom resources, fine for ConfigMaps",
      async (world) => {
        await defineWidgets(world)
        await world.post(widgets, widget("a"))
        const answer = await world.put(`${widgets}/a`, widget("a"))
        expect(refusal(answer)).toEqual([
          422,
          "Invalid",
          'Widget.example.com "a" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
        ])
        await world.post(configMaps, configMap("a"))
        expect((await world.put(`${configMaps}/a`, configMap("a", { k: "v" }))).status).toBe(200)
      },
    )

    statement("2.5.55 an update of what is not there creates nothing", async (world) => {
      await defineWidgets(world)
      const answer = await world.put(`${widgets}/a`, widget("a", {}, { resourceVersion: "1" }))
      expect(refusal(answer)).toEqual([404, "NotFound", 'widgets.example.com "a" not found'])
      expect((await world.put(`${configMaps}/a`, configMap("a"))).status).toBe(404)
    })

    statement("2.5.55 of some built-in kinds an update creates what it has not seen", async (world) => {
      const lease = (more: JsonObject = {}): JsonObject => ({
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "a", ...more },
        spec: { holderIdentity: "me" },
      })
      const path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/a"
      const seen = await world.put(path, lease({ resourceVersion: "1" }))
      expect(refusal(seen)).toEqual([404, "NotFound", 'leases.coordination.k8s.io "a" not found'])
      const made = await world.put(path, lease())
      expect([made.status, at(made.json, "spec.holderIdentity")]).toEqual([201, "me"])
      expect((await world.put(path, lease())).status).toBe(200)
      const role = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/r"
      expect((await world.put(role, { metadata: { name: "r" }, rules: [] })).status).toBe(201)
      const user = { name: "jane", groups: ["system:authenticated"] }
      const rules = [{ verbs: ["update"], apiGroups: ["coordination.k8s.io"], resources: ["leases"] }]
      const rbac = "/apis/rbac.authorization.k8s.io/v1"
      await world.post(`${rbac}/clusterroles`, { metadata: { name: "update" }, rules })
      await world.post(`${rbac}/clusterrolebindings`, {
        metadata: { name: "update" },
        roleRef: { kind: "ClusterRole", name: "update" },
        subjects: [{ kind: "User", name: "jane" }],
      })
      await settled(world)
      const other = { ...lease(), metadata: { name: "b" } }
      const refused = await world.put(path.replace(/a$/, "b"), other, { user })
      expect(refusal(refused)).toEqual([403, "Forbidden", expect.stringContaining("cannot create resource")])
    })

    statement(
      "2.5.56 patches at the same time all hold, unless they name a resourceVersion",
      async (world) => {
        const { json } = await world.post(configMaps, configMap("a"))
        const keys = Array.from({ length: 8 }, (_, n) => `k${n}`)
        const answers = await Promise.all(
          keys.map((key) => world.patch(`${configMaps}/a`, "merge", { data: { [key]: "v" } })),
        )
        expect(answers.map(({ status }) => status)).toEqual(keys.map(() => 200))
        expect(Object.keys(at((await world.get(`${configMaps}/a`)).json, "data") ?? {}).sort()).toEqual(keys)
        const stale = await world.patch(`${configMaps}/a`, "merge", {
          metadata: { resourceVersion: versionOf(json) },
          data: { late: "v" },
        })
        expect(refusal(stale).slice(0, 2)).toEqual([409, "Conflict"])
      },
    )

    statement("2.5.57 a JSON Patch knows its six operations", async (world) => {
      await world.post(configMaps, configMap("a", { a: "1", b: "2" }))
      const { json } = await world.patch(`${configMaps}/a`, "json", [
        { op: "test", path: "/data/a", value: "1" },
        { op: "add", path: "/data/c", value: "3" },
        { op: "replace", path: "/data/b", value: "4" },
        { op: "copy", from: "/data/a", path: "/data/d" },
        { op: "move", from: "/data/a", path: "/data/e" },
        { op: "remove", path: "/data/c" },
      ])
      expect(json.data).toEqual({ b: "4", d: "1", e: "1" })
    })

    statement(
      "2.5.57 what a JSON Patch cannot do is Invalid without saying why, what it is not is a bad request",
      async (world) => {
        await world.post(configMaps, configMap("a", { a: "1" }))
        const failing: ReadonlyArray<Json> = [
          [{ op: "test", path: "/data/a", value: "2" }],
          [{ op: "remove", path: "/data/x" }],
          [{ op: "replace", path: "/nothing/x", value: 1 }],
        ]
        for (const patch of failing) {
          expect(refusal(await world.patch(`${configMaps}/a`, "json", patch))).toEqual([
            422,
            "Invalid",
            rejected,
          ])
        }
        for (const patch of ["{", '{"op":"add"}', '"x"']) {
          expect((await world.patch(`${configMaps}/a`, "json", patch)).status, patch).toBe(400)
        }
        const many = Array.from({ length: 10_001 }, () => ({ op: "test", path: "/data/a", value: "1" }))
        const answer = await world.patch(`${configMaps}/a`, "json", many)
        expect(refusal(answer)).toEqual([
          413,
          "RequestEntityTooLarge",
          "The allowed maximum operations in a JSON patch is 10000, got 10001",
        ])
      },
    )

    statement("2.5.58 in a merge patch null deletes, and lists are replaced", async (world) => {
      await world.post(
        "/api/v1/namespaces/default/services",
        service([
          { name: "a", port: 1 },
          { name: "b", port: 2 },
        ]),
      )
      const { json } = await world.patch("/api/v1/namespaces/default/services/a", "merge", {
        spec: { selector: null, ports: [{ name: "c", port: 3, protocol: "TCP" }] },
      })
      expect(at(json, "spec.selector")).toBeUndefined()
      expect(at(json, "spec.ports")).toEqual([expect.objectContaining({ name: "c", port: 3 })])
    })

    statement("2.5.59 a strategic merge of a custom resource is refused", async (world) => {
      await defineWidgets(world)
      await world.post(widgets, widget("a"))
      const answer = await world.patch(`${widgets}/a`, "strategic", { spec: { color: "blue" } })
      expect(refusal(answer)).toEqual([
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
      ])
    })

    statement(
      "2.5.59 a strategic merge of a built-in kind merges lists by key and knows its directives",
      async (world) => {
        const path = "/api/v1/namespaces/default/services"
        await world.post(
          path,
          service([
            { name: "a", port: 1 },
            { name: "b", port: 2 },
          ]),
        )
        const ports = async (patch: Json) =>
          (
            at(
              (await world.patch(`${path}/a`, "strategic", { spec: patch })).json,
              "spec.ports",
            ) as ReadonlyArray<{ readonly [key: string]: Json }>
          ).map(({ name: each, port }) => `${each}:${port}`)
        expect(await ports({ ports: [{ name: "c", port: 3 }] })).toEqual(
          expect.arrayContaining(["a:1", "b:2", "c:3"]),
        )
        expect(await ports({ ports: [{ $patch: "delete", port: 1 }] })).toEqual(
          expect.not.arrayContaining(["a:1"]),
        )
        const ordered = await ports({
          "$setElementOrder/ports": [{ port: 3 }, { port: 2 }],
          ports: [{ name: "cc", port: 3 }],
        })
        expect(ordered).toEqual(["cc:3", "b:2"])
        expect(await ports({ ports: [{ name: "z", port: 9 }, { $patch: "replace" }] })).toEqual(["z:9"])
        await world.patch(`${path}/a`, "merge", {
          metadata: { finalizers: ["example.com/x", "example.com/y"] },
        })
        const { json } = await world.patch(`${path}/a`, "strategic", {
          metadata: { "$deleteFromPrimitiveList/finalizers": ["example.com/x"] },
        })
        expect(at(json, "metadata.finalizers")).toEqual(["example.com/y"])
      },
    )

    statement("2.5.60 a patch of what is not there is NotFound, an apply makes it", async (world) => {
      await defineWidgets(world)
      for (const form of ["merge", "json"] as const) {
        const answer = await world.patch(`${widgets}/a`, form, form === "json" ? [] : {})
        expect(refusal(answer).slice(0, 2)).toEqual([404, "NotFound"])
      }
      const made = await world.patch(`${widgets}/a?fieldManager=m`, "apply", widget("a"))
      expect(made.status).toBe(201)
      expect((await world.patch(`${widgets}/a?fieldManager=m`, "apply", widget("a"))).status).toBe(200)
    })

    statement("2.5.61 force is for applies, which need a manager", async (world) => {
      await world.post(configMaps, configMap("a"))
      const forced = await world.patch(`${configMaps}/a?force=true`, "merge", {})
      expect(refusal(forced)).toEqual([
        422,
        "Invalid",
        expect.stringContaining("force: Forbidden: may not be specified for non-apply patch"),
      ])
      const nameless = await world.patch(`${configMaps}/a`, "apply", configMap("a"))
      expect(refusal(nameless)).toEqual([
        422,
        "Invalid",
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      ])
      expect(causesOf(nameless)).toEqual([
        {
          reason: "FieldValueRequired",
          field: "fieldManager",
          message: "Required value: is required for apply patch",
        },
      ])
      for (const manager of ["x".repeat(129), "%01"]) {
        expect((await world.patch(`${configMaps}/a?fieldManager=${manager}`, "merge", {})).status).toBe(422)
      }
    })

    statement("2.5.62 a body of more than 3 MiB is too large", async (world) => {
      const answer = await world.post(configMaps, configMap("a", { k: "x".repeat(3 * 1024 * 1024) }))
      expect(refusal(answer).slice(0, 2)).toEqual([413, "RequestEntityTooLarge"])
    })

    statement("2.5.63 JSON without a type, YAML, and nothing unknown", async (world) => {
      const body = JSON.stringify(configMap("a"))
      const bodies: ReadonlyArray<readonly [string | undefined, string, number]> = [
        [undefined, body, 201],
        ["application/json; charset=utf-8", body.replace('"a"', '"b"'), 201],
        ["application/yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: v}\n", 201],
        ["text/plain", body, 415],
        ["application/xml", body, 415],
      ]
      for (const [type, text, status] of bodies) {
        const headers = type === undefined ? {} : { "content-type": type }
        expect((await world.post(configMaps, text, { headers })).status, type).toBe(status)
      }
      const yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: w}\n"
      const put = await world.put(`${configMaps}/c`, yaml, {
        headers: { "content-type": "application/yaml" },
      })
      expect(at(put.json, "data.k")).toBe("w")
    })
  })
}
