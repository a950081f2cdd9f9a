/** Statements 2.12.133 to 2.12.138: who is asking, for whom, and what they may do. */
import type { IncomingMessage } from "node:http"
import { describe, expect } from "vitest"
import { certificateAuthenticator, tokenAuthenticator } from "../../apiserver/index.ts"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { at, configMap, configMaps, defineWidgets, refusal, settled, type World } from "./documents.ts"
import { throughDoor } from "./over-tls.ts"
import { type Suite, statementsOf } from "./suite.ts"
import { type Asked, type Door, textOf } from "./tls-door.ts"

const rbac = "/apis/rbac.authorization.k8s.io/v1"
const inDefault = `${rbac}/namespaces/default`
const authorization = "/apis/authorization.k8s.io/v1"
const whoami = "/apis/authentication.k8s.io/v1/selfsubjectreviews"

const jane = { name: "jane", groups: ["dev", "system:authenticated"] }

const read = { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["configmaps"] }

const inForce = async (world: World, path: string, document: JsonObject): Promise<void> => {
  const { status, text } = await world.post(path, document)
  if (status !== 201) throw new Error(text)
}

/** Gives jane a role, in the namespace default or everywhere. */
const give = async (world: World, name: string, rules: ReadonlyArray<JsonObject>, scope = inDefault) => {
  const kind = scope === inDefault ? "Role" : "ClusterRole"
  const [roles, bindings] = [`${kind.toLowerCase()}s`, `${kind.toLowerCase()}bindings`]
  await inForce(world, `${scope}/${roles}`, { metadata: { name }, rules })
  await inForce(world, `${scope}/${bindings}`, {
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
    subjects: [{ kind: "User", name: "jane", apiGroup: "rbac.authorization.k8s.io" }],
  })
  await settled(world)
}

const asJane = (world: World) => ({
  status: async (path: string) => (await world.get(path, { user: jane })).status,
  post: (path: string, body: JsonObject) => world.post(path, body, { user: jane }),
  patch: (path: string, type: string, body: JsonObject) =>
    world.send("PATCH", path, { body, user: jane, headers: { "content-type": type } }),
})

const jsonOf = async (response: IncomingMessage): Promise<JsonObject> =>
  JSON.parse((await textOf(response)).toString("utf8"))

const who = async (door: Door, asked: Asked): Promise<Json | undefined> => {
  const body = JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" })
  return at(await jsonOf(await door.open(whoami, { ...asked, method: "POST", body })), "status.userInfo")
}

const tokens = { "a-token": { name: "robot", uid: "7", groups: ["robots"] } }
const credentials = { authenticate: [certificateAuthenticator, tokenAuthenticator(tokens)] }

export const accessSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.12 access`, () => {
    statement(
      "2.12.133 a certificate names user and groups, a token its bearer, and both are authenticated",
      throughDoor(async (_world, door) => {
        expect(await who(door, {})).toEqual({
          username: "admin",
          groups: ["system:masters", "system:authenticated"],
        })
        const bearer = { authorization: "Bearer a-token" }
        expect(await who(door, { asNobody: true, headers: bearer })).toEqual({
          username: "robot",
          uid: "7",
          groups: ["robots", "system:authenticated"],
        })
      }),
      credentials,
    )

    statement(
      "2.12.133 without credentials only health is told, with wrong ones nothing",
      throughDoor(async (_world, door) => {
        const unauthorized = { code: 401, reason: "Unauthorized", message: "Unauthorized" }
        const open = await door.open("/readyz", { asNobody: true })
        expect([open.statusCode, String(await textOf(open))]).toEqual([200, "ok"])
        const wrong = { authorization: "Bearer wrong" }
        for (const headers of [{}, wrong]) {
          const answer = await door.open(configMaps, { asNobody: true, headers })
          expect([answer.statusCode, await jsonOf(answer)]).toEqual([
            401,
            expect.objectContaining(unauthorized),
          ])
        }
        const beside = await door.open("/readyz", { asNobody: true, headers: wrong })
        expect(beside.statusCode).toBe(200)
        await textOf(beside)
      }),
      credentials,
    )

    statement("2.12.134 acting as another needs leave to impersonate", async (world) => {
      const headers = { "impersonate-user": "joe", "impersonate-group": "ops" }
      const ask = () => world.post(whoami, {}, { user: jane, headers })
      expect(refusal(await ask())).toEqual([
        403,
        "Forbidden",
        'users "joe" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
      ])
      await give(world, "as", [{ verbs: ["impersonate"], apiGroups: [""], resources: ["users"] }], rbac)
      expect((await ask()).json.message).toContain('groups "ops" is forbidden')
      await give(
        world,
        "as-ops",
        [{ verbs: ["impersonate"], apiGroups: [""], resources: ["groups"], resourceNames: ["ops"] }],
        rbac,
      )
      expect(at((await ask()).json, "status.userInfo")).toEqual({
        username: "joe",
        groups: ["ops", "system:authenticated"],
      })
    })

    statement("2.12.135 a refusal says who may not do what, and where", async (world) => {
      const texts = [
        [
          `${configMaps}/a`,
          'configmaps "a" is forbidden: User "jane" cannot get resource "configmaps" in API group "" in the namespace "default"',
        ],
        [
          `${rbac}/clusterroles`,
          'clusterroles.rbac.authorization.k8s.io is forbidden: User "jane" cannot list resource "clusterroles" in API group ' +
            '"rbac.authorization.k8s.io" at the cluster scope',
        ],
        ["/metrics", 'forbidden: User "jane" cannot get path "/metrics"'],
      ] as const
      for (const [path, message] of texts)
        expect(refusal(await world.get(path, { user: jane }))).toEqual([403, "Forbidden", message])
    })

    statement("2.12.136 roles add up, by name, by star, by subresource and by path", async (world) => {
      await defineWidgets(world)
      const { status } = asJane(world)
      const path = "/apis/example.com/v1/namespaces/default/widgets/w"
      await give(world, "one", [{ ...read, resourceNames: ["a"] }])
      expect([await status(`${configMaps}/a`), await status(`${configMaps}/b`)]).toEqual([404, 403])
      expect([
        await status(configMaps),
        await status(`${configMaps}?fieldSelector=metadata.name%3Da`),
        await status(`${configMaps}?fieldSelector=metadata.name%3Db`),
      ]).toEqual([403, 200, 403])
      await give(world, "status", [
        { verbs: ["*"], apiGroups: ["example.com"], resources: ["widgets/status"] },
      ])
      expect([await status(`${path}/status`), await status(path)]).toEqual([404, 403])
      await give(world, "all", [{ verbs: ["get"], apiGroups: ["*"], resources: ["*"] }])
      expect([await status(path), await status(`${configMaps}/b`), await status(configMaps)]).toEqual([
        404, 404, 403,
      ])
      await give(world, "paths", [{ verbs: ["get"], nonResourceURLs: ["/metrics", "/debug/*"] }], rbac)
      expect(await status("/metrics")).toBe(200)
    })

    statement("2.12.136 an aggregated role has the rules of those that it selects", async (world) => {
      const { status } = asJane(world)
      await give(world, "sum", [], rbac)
      await world.patch(`${rbac}/clusterroles/sum`, "merge", {
        aggregationRule: { clusterRoleSelectors: [{ matchLabels: { sum: "yes" } }] },
      })
      const watch = await world.watch(`${rbac}/clusterroles?watch=1&fieldSelector=metadata.name%3Dsum`)
      expect(await status(configMaps)).toBe(403)
      await inForce(world, `${rbac}/clusterroles`, {
        metadata: { name: "part", labels: { sum: "yes" } },
        rules: [read],
      })
      for (;;) if (at((await watch.next())?.object, "rules.0.verbs") !== undefined) break
      watch.close()
      expect(await status(configMaps)).toBe(200)
    })

    statement("2.12.136 nobody gives more than they have, and a binding keeps its role", async (world) => {
      const { post } = asJane(world)
      const writes = ["roles", "rolebindings"]
      await give(world, "grants", [
        { verbs: ["create", "update", "patch"], apiGroups: ["rbac.authorization.k8s.io"], resources: writes },
        read,
      ])
      const role = (roleName: string, rules: ReadonlyArray<JsonObject>) => ({
        metadata: { name: roleName },
        rules,
      })
      expect((await post(`${inDefault}/roles`, role("same", [read]))).status).toBe(201)
      const more = { ...read, verbs: ["delete"] }
      const escalated = await post(`${inDefault}/roles`, role("more", [more]))
      expect(refusal(escalated)).toEqual([403, "Forbidden", expect.stringContaining('user "jane"')])
      await world.post(`${inDefault}/roles`, role("more", [more]))
      const subjects = [{ kind: "User", name: "jane" }]
      const bind = (to: string) =>
        post(`${inDefault}/rolebindings`, {
          metadata: { name: to },
          roleRef: { kind: "Role", name: to },
          subjects,
        })
      expect([(await bind("same")).status, (await bind("more")).status]).toEqual([201, 403])
      await give(world, "binder", [
        {
          verbs: ["bind"],
          apiGroups: ["rbac.authorization.k8s.io"],
          resources: ["roles"],
          resourceNames: ["more"],
        },
      ])
      expect((await bind("more")).status).toBe(201)
      const moved = await world.patch(`${inDefault}/rolebindings/same`, "merge", {
        roleRef: { name: "more" },
      })
      expect(refusal(moved)).toEqual([422, "Invalid", expect.stringContaining("cannot change roleRef")])
    })

    statement("2.12.137 an apply that creates needs leave to create and to patch", async (world) => {
      const { patch } = asJane(world)
      const path = `${configMaps}/a?fieldManager=me`
      const apply = () => patch(path, "application/apply-patch+yaml", configMap("a", { x: "1" }))
      await give(world, "patch", [{ ...read, verbs: ["patch"] }])
      expect(refusal(await apply())).toEqual([
        403,
        "Forbidden",
        'configmaps "a" is forbidden: User "jane" cannot create resource "configmaps" in API group "" in the namespace "default"',
      ])
      await give(world, "create", [{ ...read, verbs: ["create"] }])
      expect((await apply()).status).toBe(201)
      await world.delete(`${inDefault}/rolebindings/create`)
      await settled(world)
      expect((await apply()).status).toBe(200)
    })

    statement(
      "2.12.138 a review is answered with 201, keeps its question, and is stored nowhere",
      async (world) => {
        await give(world, "read", [read])
        const { post } = asJane(world)
        const spec = { resourceAttributes: { verb: "list", resource: "configmaps", namespace: "default" } }
        const own = await post(`${authorization}/selfsubjectaccessreviews`, { spec })
        expect([own.status, own.json.kind, own.json.spec]).toEqual([201, "SelfSubjectAccessReview", spec])
        expect(at(own.json, "status.allowed")).toBe(true)
        expect([at(own.json, "metadata.uid"), at(own.json, "metadata.resourceVersion")]).toEqual([
          undefined,
          undefined,
        ])
        const rules = await post(`${authorization}/selfsubjectrulesreviews`, {
          spec: { namespace: "default" },
        })
        expect([rules.status, JSON.stringify(at(rules.json, "status.resourceRules"))]).toEqual([
          201,
          expect.stringContaining('"configmaps"'),
        ])
        const about = { spec: { ...spec, user: "joe", groups: ["dev"] } }
        const other = await world.post(`${authorization}/subjectaccessreviews`, about)
        expect([other.status, other.json.spec, at(other.json, "status.allowed")]).toEqual([
          201,
          about.spec,
          false,
        ])
        expect((await world.get(`${authorization}/subjectaccessreviews`)).status).toBe(405)
        const kept = await world.store.range({ prefix: "/registry/authorization.k8s.io/", limit: 1 })
        expect(kept.items).toEqual([])
      },
    )
  })
}
