import { describe, expect, test } from "vitest"
import { makeMemoryStore } from "../../store/index.ts"
import { at, configMap, configMaps, type World, withServer } from "../test-world.ts"

const hour = 3_600_000

const ask = (world: World, spec: { readonly [field: string]: string }, user?: string) =>
  world.post(
    "/apis/meta.miren.dev/v1alpha1/causereviews",
    {
      apiVersion: "meta.miren.dev/v1alpha1",
      kind: "CauseReview",
      spec: { resource: "configmaps", namespace: "default", ...spec },
    },
    user === undefined ? {} : { user: { name: user, groups: ["system:authenticated"] } },
  )

const told = (cause: string) => ({ headers: { "miren-cause": cause, "user-agent": "op/1.0" } })

describe("a CauseReview", () => {
  test(
    "tells why each version was written, and that the object was deleted",
    withServer(
      async (world) => {
        const made = await world.post(configMaps, configMap("a"), told("controller/x; request=default/a"))
        const first = String(at(made.json, "metadata.resourceVersion"))
        const object = { ...made.json, data: { k: "v" } }
        const changed = await world.put(`${configMaps}/a`, object, told("controller/y"))
        const second = String(at(changed.json, "metadata.resourceVersion"))
        const newest = await ask(world, { name: "a" })
        expect(newest.status).toBe(201)
        expect(newest.json.status).toMatchObject({
          found: true,
          resourceVersion: second,
          uid: at(made.json, "metadata.uid"),
          cause: { user: "admin", verb: "update", client: "op/1.0", told: "controller/y" },
        })
        const before = await ask(world, { name: "a", resourceVersion: first })
        expect(before.json.status).toMatchObject({
          resourceVersion: first,
          cause: {
            verb: "create",
            told: "controller/x; request=default/a",
            time: "2030-01-01T00:00:00.000Z",
          },
        })
        await world.delete(`${configMaps}/a`)
        const after = await ask(world, { name: "a" })
        expect(after.json.status).toMatchObject({
          found: true,
          deletedVersion: second,
          cause: { user: "admin", verb: "delete" },
        })
        expect((await ask(world, { name: "a", resourceVersion: second })).json.status).toMatchObject({
          resourceVersion: second,
        })
      },
      { keepDeletionCausesMs: hour },
    ),
  )

  test(
    "is shown in no object, list or event",
    withServer(async (world) => {
      const watch = await world.watch(`${configMaps}?watch=true`)
      await world.post(configMaps, configMap("a"), told("controller/secret-reason"))
      const event = await watch.next()
      watch.close()
      const texts = [
        JSON.stringify(event),
        (await world.get(`${configMaps}/a`)).text,
        (await world.get(configMaps)).text,
        (await world.get(`${configMaps}?resourceVersion=0`)).text,
      ]
      for (const text of texts) expect(text).not.toContain("secret-reason")
    }),
  )

  test("outlives the server that wrote it, sealed with what it is of", async () => {
    const store = makeMemoryStore()
    const sealed = {
      encryptValue: (_key: string, value: Uint8Array) => value.map((byte) => byte ^ 0x5a),
      decryptValue: (_key: string, value: Uint8Array) => value.map((byte) => byte ^ 0x5a),
    }
    const secrets = "/api/v1/namespaces/default/secrets"
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" } }
    await withServer((world) => world.post(secrets, secret, told("controller/x")).then(() => {}), {
      store,
      ...sealed,
    })()
    await withServer(
      async (world) => {
        const answer = await ask(world, { resource: "secrets", name: "s" })
        expect(answer.json.status).toMatchObject({ found: true, cause: { told: "controller/x" } })
        expect((await world.get(`${secrets}/s`)).json).toMatchObject({ metadata: { name: "s" } })
      },
      { store, ...sealed },
    )()
  })

  test(
    "is answered to whoever may get the object, and to nobody else",
    withServer(async (world) => {
      await world.post(configMaps, configMap("a"))
      await world.post("/apis/rbac.authorization.k8s.io/v1/clusterroles", {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: { name: "asks" },
        rules: [{ apiGroups: ["meta.miren.dev"], resources: ["causereviews"], verbs: ["create"] }],
      })
      await world.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "asks" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "asks" },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "jane" }],
      })
      const refused = await ask(world, { name: "a" }, "jane")
      expect(refused.json).toMatchObject({
        code: 403,
        message: expect.stringContaining('User "jane" cannot get resource "configmaps"'),
      })
    }),
  )

  test(
    "says so of what was never there, of a resource that is not served and of what is no version",
    withServer(
      async (world) => {
        expect((await ask(world, { name: "never" })).json.status).toEqual({ found: false })
        expect((await ask(world, { name: "a", resource: "things" })).json).toMatchObject({
          reason: "NotFound",
        })
        expect((await ask(world, { name: "a", resourceVersion: "x" })).json).toMatchObject({
          reason: "Invalid",
          details: { causes: [{ field: "spec.resourceVersion" }] },
        })
      },
      { keepDeletionCausesMs: hour },
    ),
  )

  test(
    "of a deletion that lost a race is refused as without causes",
    withServer(
      async (world) => {
        await world.post(configMaps, configMap("a"))
        const answers = await Promise.all([1, 2, 3].map(() => world.delete(`${configMaps}/a`)))
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404])
      },
      { keepDeletionCausesMs: hour },
    ),
  )
})
