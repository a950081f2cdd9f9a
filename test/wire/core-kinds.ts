/** Statements 2.13.142 to 2.13.150: namespaces, secrets, leases, health, and the shape of a Status. */
import { describe, expect } from "vitest"
import {
  at,
  causesOf,
  configMap,
  configMaps,
  defineWidgets,
  refusal,
  versionOf,
  widget,
  widgets,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const namespaces = "/api/v1/namespaces"
const secrets = `${namespaces}/default/secrets`
const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
const base64 = (text: string) => Buffer.from(text).toString("base64")
const secret = (more: object) => ({ apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, ...more })
const lease = (spec: object, resourceVersion?: string) => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name: "l", ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  spec: spec as never,
})

export const coreKindsSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.13 core kinds`, () => {
    statement(
      "2.13.142 a namespace is Active, labelled with its name, and held by its finalizer",
      async (world) => {
        const made = await world.post(namespaces, {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name: "team" },
        })
        expect(made.json).toMatchObject({
          metadata: { name: "team", labels: { "kubernetes.io/metadata.name": "team" } },
          spec: { finalizers: ["kubernetes"] },
          status: { phase: "Active" },
        })
        const deleted = await world.delete(`${namespaces}/team`)
        expect([deleted.status, deleted.json.kind, at(deleted.json, "status.phase")]).toEqual([
          200,
          "Namespace",
          "Terminating",
        ])
        const refusedThere = await world.post(`${namespaces}/team/configmaps`, configMap("a"))
        expect(refusedThere.status).toBe(403)
        const finalized = await world.put(`${namespaces}/team/finalize`, {
          ...deleted.json,
          spec: { finalizers: [] },
        })
        expect(finalized.status).toBe(200)
        expect((await world.get(`${namespaces}/team`)).status).toBe(404)
      },
    )

    statement("2.13.143 stringData is merged into data and never shown; the type stays", async (world) => {
      const made = await world.post(
        secrets,
        secret({ type: "x/y", data: { a: base64("1") }, stringData: { a: "2", b: "3" } }),
      )
      expect([made.json.data, made.json.stringData, made.json.type]).toEqual([
        { a: base64("2"), b: base64("3") },
        undefined,
        "x/y",
      ])
      const retyped = await world.patch(`${secrets}/s`, "merge", { type: "other" })
      expect(refusal(retyped)).toEqual([422, "Invalid", expect.stringContaining("field is immutable")])
      expect((await world.patch(`${secrets}/s`, "merge", { data: { c: "not base64!" } })).status).not.toBe(
        200,
      )
      const untyped = await world.post(secrets, { apiVersion: "v1", kind: "Secret", metadata: { name: "t" } })
      expect(untyped.json.type).toBe("Opaque")
    })

    statement("2.13.143 immutable freezes secrets and config maps", async (world) => {
      await world.post(secrets, secret({ data: { a: base64("1") }, immutable: true }))
      await world.post(configMaps, { ...configMap("c", { a: "1" }), immutable: true })
      for (const [path, data] of [
        [`${secrets}/s`, { a: base64("2") }],
        [`${configMaps}/c`, { a: "2" }],
      ] as const) {
        const changed = await world.patch(path, "merge", { data })
        expect(refusal(changed)).toEqual([
          422,
          "Invalid",
          expect.stringContaining("field is immutable when `immutable` is set"),
        ])
        expect((await world.patch(path, "merge", { immutable: false })).status).toBe(422)
        expect((await world.patch(path, "merge", { metadata: { labels: { a: "b" } } })).status).toBe(200)
      }
    })

    statement("2.13.145 a lease is taken by one of those who put it at the same time", async (world) => {
      const time = "2030-01-01T00:00:00.123456Z"
      const spec = {
        holderIdentity: "a",
        leaseDurationSeconds: 15,
        acquireTime: time,
        renewTime: time,
        leaseTransitions: 0,
      }
      const made = await world.post(leases, lease(spec))
      expect(made.json.spec).toEqual(spec)
      const puts = await Promise.all(
        ["b", "c", "d"].map((holder) =>
          world.put(`${leases}/l`, lease({ ...spec, holderIdentity: holder }, versionOf(made.json))),
        ),
      )
      expect(puts.map(({ status }) => status).sort()).toEqual([200, 409, 409])
      for (const bad of [
        { leaseDurationSeconds: 0 },
        { leaseDurationSeconds: -1 },
        { leaseTransitions: -1 },
      ]) {
        expect((await world.patch(`${leases}/l`, "merge", { spec: bad })).status, JSON.stringify(bad)).toBe(
          422,
        )
      }
    })

    statement(
      "2.13.146 health is ok in plain text, in lines to who asks, and without what is excluded",
      async (world) => {
        for (const path of ["/healthz", "/livez", "/readyz"]) {
          const answer = await world.get(path)
          expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([
            200,
            "ok",
            expect.stringMatching(/^text\/plain/),
          ])
        }
        const verbose = (await world.get("/readyz?verbose")).text
        expect(verbose).toMatch(/^(?:\[\+\]\S+ ok\n)+readyz check passed\n$/)
        const excluded = (await world.get("/readyz?verbose&exclude=ping")).text
        expect(excluded).not.toContain("[+]ping ok\n")
        expect((await world.get("/readyz/ping")).text).toBe("ok")
        expect((await world.get("/readyz/nothing")).status).toBe(404)
        const metrics = await world.get("/metrics")
        expect([metrics.status, metrics.text]).toEqual([200, expect.stringMatching(/^# (?:HELP|TYPE) /)])
      },
    )

    statement(
      "2.13.147 a Status names the plural where something is not there, the Kind where it is invalid",
      async (world) => {
        await defineWidgets(world)
        const missing = await world.get(`${widgets}/a`)
        expect(missing.json).toEqual({
          kind: "Status",
          apiVersion: "v1",
          metadata: {},
          status: "Failure",
          message: 'widgets.example.com "a" not found',
          reason: "NotFound",
          details: { name: "a", group: "example.com", kind: "widgets" },
          code: 404,
        })
        await world.post(widgets, widget("a"))
        const exists = await world.post(widgets, widget("a"))
        expect([exists.json.message, exists.json.details]).toEqual([
          'widgets.example.com "a" already exists',
          { name: "a", group: "example.com", kind: "widgets" },
        ])
        const invalid = await world.post(widgets, widget("b", { replicas: -1, color: 5 }))
        expect(invalid.json.details).toMatchObject({ name: "b", group: "example.com", kind: "Widget" })
        expect(String(invalid.json.message)).toMatch(
          /^Widget\.example\.com "b" is invalid: \[spec\..*, spec\..*\]$/,
        )
        expect(
          causesOf(invalid)
            .map(({ field }) => field)
            .sort(),
        ).toEqual(["spec.color", "spec.replicas"])
        const one = await world.post(widgets, widget("b", { replicas: -1 }))
        expect(one.json.message).toBe(
          'Widget.example.com "b" is invalid: spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0',
        )
      },
    )

    statement("2.13.148 reasons have their codes", async (world) => {
      await defineWidgets(world)
      const anyone = { user: { name: "nobody", groups: ["system:authenticated"] } }
      const stranger = { user: { name: "system:anonymous", groups: ["system:unauthenticated"] } }
      const rows = [
        [await world.post(configMaps, "{"), 400, "BadRequest"],
        [await world.get(configMaps, stranger), 401, "Unauthorized"],
        [await world.get(configMaps, anyone), 403, "Forbidden"],
        [await world.get(`${configMaps}/none`), 404, "NotFound"],
        [await world.post(`${configMaps}/a`, configMap("a")), 405, "MethodNotAllowed"],
        [await world.get(configMaps, { headers: { accept: "text/html" } }), 406, "NotAcceptable"],
        [
          await world.post(configMaps, "x", { headers: { "content-type": "text/plain" } }),
          415,
          "UnsupportedMediaType",
        ],
        [await world.post(configMaps, configMap("A")), 422, "Invalid"],
      ] as const
      for (const [answer, status, reason] of rows) {
        expect([answer.status, answer.json.reason, answer.json.code]).toEqual([status, reason, status])
      }
    })

    statement("2.13.149 verbs that a resource does not have are 405", async (world) => {
      const rows = [
        await world.put(configMaps, configMap("a")),
        await world.send("PATCH", configMaps, {
          body: {},
          headers: { "content-type": "application/merge-patch+json" },
        }),
        await world.post(`${configMaps}/a`, configMap("a")),
      ]
      for (const answer of rows) expect(answer.status).toBe(405)
    })

    statement("2.13.150 the version has a number for major and one for minor", async (world) => {
      const { json } = await world.get("/version")
      expect(json).toMatchObject({
        major: expect.stringMatching(/^\d+$/),
        minor: expect.stringMatching(/^\d+$/),
        gitVersion: expect.stringMatching(/^v\d+\.\d+\.\d+/),
        platform: expect.stringContaining("/"),
      })
      for (const key of ["gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler"])
        expect(json).toHaveProperty(key)
    })
  })
}
