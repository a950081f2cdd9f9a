import { expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { tokenAuthenticator } from "../authenticator.ts"
import type { UserInfo } from "../exchange.ts"
import { at, type World, withServer } from "../test-world.ts"

const authorization = "/apis/authorization.k8s.io/v1"
const authentication = "/apis/authentication.k8s.io/v1"
const rbac = "/apis/rbac.authorization.k8s.io/v1"

const jane: UserInfo = {
  name: "jane",
  uid: "7",
  groups: ["readers", "system:authenticated"],
  extra: { team: ["a"] },
}

const giveReaders = async (world: World): Promise<void> => {
  const roleRef = { kind: "ClusterRole", name: "view" }
  const subjects = [{ kind: "Group", name: "readers" }]
  await world.post(`${rbac}/namespaces/default/rolebindings`, {
    metadata: { name: "readers" },
    roleRef,
    subjects,
  })
}

const list = { verb: "list", resource: "configmaps", namespace: "default" }

test.each([
  ["what a role allows", { resourceAttributes: list }, true],
  ["another namespace", { resourceAttributes: { ...list, namespace: "kube-system" } }, false],
  ["another verb", { resourceAttributes: { ...list, verb: "delete" } }, false],
  ["everything", { resourceAttributes: { verb: "*", group: "*", resource: "*" } }, false],
  ["a path of discovery", { nonResourceAttributes: { verb: "get", path: "/apis" } }, true],
  ["another path", { nonResourceAttributes: { verb: "get", path: "/metrics" } }, false],
] as const)("who asks whether they may do %s is told", (_name, spec, allowed) =>
  withServer(async (world) => {
    await giveReaders(world)
    const path = `${authorization}/selfsubjectaccessreviews`
    const { status, json } = await world.post(path, { spec }, { user: jane })
    expect([status, json.kind, json.spec, at(json, "status.allowed")]).toEqual([
      201,
      "SelfSubjectAccessReview",
      spec,
      allowed,
    ])
    if (allowed) expect(at(json, "status.reason")).toMatch(/^RBAC: allowed by /)
  })(),
)

test(
  "others are asked about by those who may, in the cluster or in one namespace",
  withServer(async (world) => {
    await giveReaders(world)
    const ask = (path: string, spec: JsonObject, user?: UserInfo) =>
      world.post(`${authorization}/${path}`, { spec }, user === undefined ? {} : { user })
    const spec = { user: "joe", groups: ["readers"], resourceAttributes: list }
    const allowed = async (path: string, given: JsonObject) =>
      at((await ask(path, given)).json, "status.allowed")
    expect(await allowed("subjectaccessreviews", spec)).toBe(true)
    expect(await allowed("subjectaccessreviews", { ...spec, groups: [] })).toBe(false)
    expect(await allowed("namespaces/default/localsubjectaccessreviews", spec)).toBe(true)
    expect((await ask("subjectaccessreviews", spec, jane)).status).toBe(403)
    const elsewhere = await ask("namespaces/kube-system/localsubjectaccessreviews", spec)
    expect(at(elsewhere.json, "details.causes.0.field")).toBe("spec.resourceAttributes.namespace")
    const nobody = await ask("subjectaccessreviews", { resourceAttributes: list })
    expect([nobody.status, at(nobody.json, "details.causes.0.field")]).toEqual([422, "spec.user"])
    const nothing = await ask("subjectaccessreviews", { user: "joe" })
    expect([nothing.status, at(nothing.json, "details.causes.0.field")]).toEqual([
      422,
      "spec.resourceAttributes",
    ])
  }),
)

test(
  "what somebody may do in a namespace is listed",
  withServer(async (world) => {
    await giveReaders(world)
    const ask = (namespace: string) =>
      world.post(`${authorization}/selfsubjectrulesreviews`, { spec: { namespace } }, { user: jane })
    const { status, json } = await ask("default")
    expect([status, at(json, "status.incomplete")]).toEqual([201, false])
    expect(JSON.stringify(at(json, "status.resourceRules"))).toContain('"configmaps"')
    expect(JSON.stringify(at(json, "status.nonResourceRules"))).toContain('"/apis/*"')
    expect(JSON.stringify(at((await ask("kube-system")).json, "status.resourceRules"))).not.toContain(
      "configmaps",
    )
    expect((await ask("")).status).toBe(400)
  }),
)

test(
  "who asks who they are is told",
  withServer(async (world) => {
    const { status, json } = await world.post(`${authentication}/selfsubjectreviews`, {}, { user: jane })
    const userInfo = {
      username: "jane",
      uid: "7",
      groups: ["readers", "system:authenticated"],
      extra: { team: ["a"] },
    }
    expect([status, json.kind, json.status]).toEqual([201, "SelfSubjectReview", { userInfo }])
  }),
)

test(
  "a token is looked up for those who may ask",
  withServer(
    async (world) => {
      const ask = (token: string, user?: UserInfo) =>
        world.post(`${authentication}/tokenreviews`, { spec: { token } }, user === undefined ? {} : { user })
      expect((await ask("t")).json.status).toEqual({
        authenticated: true,
        user: { username: "joe", groups: ["g", "system:authenticated"] },
      })
      expect(at((await ask("wrong")).json, "status.authenticated")).toBe(false)
      expect((await ask("")).status).toBe(400)
      expect((await ask("t", jane)).status).toBe(403)
    },
    { authenticate: [tokenAuthenticator({ t: { name: "joe", groups: ["g"] } })] },
  ),
)

test(
  "an answer that a client sends along is no part of the question",
  withServer(async (world) => {
    const status = { allowed: true, resourceRules: null, nonResourceRules: null, incomplete: false }
    for (const [kind, spec] of [
      ["selfsubjectaccessreviews", { resourceAttributes: list }],
      ["selfsubjectrulesreviews", { namespace: "default" }],
    ] as const) {
      const body = { metadata: { creationTimestamp: null }, spec, status }
      const answer = await world.post(`${authorization}/${kind}`, body, { user: jane })
      expect([answer.status, at(answer.json, "status.allowed") ?? false]).toEqual([201, false])
    }
  }),
)

const kinds = [
  `${authorization}/selfsubjectaccessreviews`,
  `${authorization}/subjectaccessreviews`,
  `${authorization}/namespaces/default/localsubjectaccessreviews`,
  `${authorization}/selfsubjectrulesreviews`,
  `${authentication}/selfsubjectreviews`,
  `${authentication}/tokenreviews`,
]

test.each(kinds)("%s is created only, never read, never a Table", (path) =>
  withServer(async (world) => {
    const spec = { user: "joe", namespace: "default", token: "t", resourceAttributes: list }
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
    const table = await world.post(path, { spec }, { headers: { accept } })
    expect([table.status, table.json.reason]).toEqual([406, "NotAcceptable"])
    expect((await world.get(path)).status).toBe(405)
    expect((await world.get(`${path}/x`)).status).toBe(405)
    const before = (await world.get("/api/v1/namespaces")).json
    expect((await world.post(path, { spec })).status).toBe(201)
    expect(at((await world.get("/api/v1/namespaces")).json, "metadata.resourceVersion")).toBe(
      at(before, "metadata.resourceVersion"),
    )
  })(),
)
