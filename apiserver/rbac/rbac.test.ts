import { expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import type { UserInfo } from "../exchange.ts"
import { at, configMap, configMaps, type World, withServer } from "../test-world.ts"

const rbac = "/apis/rbac.authorization.k8s.io/v1"
const inDefault = `${rbac}/namespaces/default`

const user = (name: string, ...groups: ReadonlyArray<string>): UserInfo => ({
  name,
  groups: [...groups, "system:authenticated"],
})
const jane = user("jane")

const role = (name: string, rules: ReadonlyArray<JsonObject>, more: JsonObject = {}): JsonObject => ({
  metadata: { name, ...more },
  rules,
})
const maps = (verbs: ReadonlyArray<string>, more: JsonObject = {}): JsonObject => ({
  verbs,
  apiGroups: [""],
  resources: ["configmaps"],
  ...more,
})
const binding = (
  name: string,
  kind: string,
  subjects: ReadonlyArray<JsonObject>,
  more: JsonObject = {},
): JsonObject => ({
  metadata: { name },
  roleRef: { kind, name },
  subjects,
  ...more,
})
const toJane = [{ kind: "User", name: "jane" }]

/** Gives jane a Role in the namespace default. */
const give = async (world: World, name: string, rules: ReadonlyArray<JsonObject>): Promise<void> => {
  expect((await world.post(`${inDefault}/roles`, role(name, rules))).status).toBe(201)
  expect((await world.post(`${inDefault}/rolebindings`, binding(name, "Role", toJane))).status).toBe(201)
}

test(
  "nobody may anything until a binding says so, and the refusal says what was missing",
  withServer(async (world) => {
    await world.post(configMaps, configMap("a"))
    const texts = [
      [
        `${configMaps}/a`,
        'configmaps "a" is forbidden: User "jane" cannot get resource "configmaps" in API group "" in the namespace "default"',
      ],
      [
        "/api/v1/configmaps",
        'configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" at the cluster scope',
      ],
      [
        "/apis/coordination.k8s.io/v1/namespaces/default/leases/x",
        'leases.coordination.k8s.io "x" is forbidden: User "jane" cannot get resource "leases" in API group "coordination.k8s.io" in the namespace "default"',
      ],
      [
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x/status",
        'customresourcedefinitions.apiextensions.k8s.io "x" is forbidden: User "jane" cannot get resource "customresourcedefinitions/status" in API group "apiextensions.k8s.io" at the cluster scope',
      ],
      ["/metrics", 'forbidden: User "jane" cannot get path "/metrics"'],
    ] as const
    for (const [path, message] of texts) {
      const { status, json } = await world.get(path, { user: jane })
      expect([status, json.reason, json.message]).toEqual([403, "Forbidden", message])
    }
    expect((await world.get("/apis", { user: jane })).status).toBe(200)
    await give(world, "read", [maps(["get", "list"])])
    expect((await world.get(`${configMaps}/a`, { user: jane })).status).toBe(200)
    expect((await world.get("/api/v1/configmaps", { user: jane })).status).toBe(403)
    await world.delete(`${inDefault}/rolebindings/read`)
    expect((await world.get(`${configMaps}/a`, { user: jane })).status).toBe(403)
  }),
)

test(
  "a binding whose role is missing gives nothing, and is named",
  withServer(async (world) => {
    await give(world, "read", [maps(["get"])])
    await world.delete(`${inDefault}/roles/read`)
    const { json } = await world.get(`${configMaps}/a`, { user: jane })
    expect(json.message).toMatch(/: RBAC: role\.rbac\.authorization\.k8s\.io "read" not found$/)
  }),
)

test.each([
  ["a user", { kind: "User", name: "u" }, user("u")],
  ["a group", { kind: "Group", name: "g" }, user("u", "g")],
  [
    "a ServiceAccount",
    { kind: "ServiceAccount", name: "s", namespace: "default" },
    user("system:serviceaccount:default:s"),
  ],
] as const)("a ClusterRole is given to %s, in one namespace or in all", (_name, subject, who) =>
  withServer(async (world) => {
    await world.post(`${rbac}/clusterroles`, role("maps", [maps(["list"])]))
    await world.post(`${inDefault}/rolebindings`, binding("maps", "ClusterRole", [subject]))
    const codes = async () => [
      (await world.get(configMaps, { user: who })).status,
      (await world.get("/api/v1/configmaps", { user: who })).status,
      (await world.get(configMaps, { user: user("other") })).status,
    ]
    expect(await codes()).toEqual([200, 403, 403])
    await world.post(`${rbac}/clusterrolebindings`, binding("maps", "ClusterRole", [subject]))
    expect(await codes()).toEqual([200, 200, 403])
  })(),
)

test(
  "a list by metadata.name is about that name",
  withServer(async (world) => {
    await give(world, "one", [maps(["list", "watch"], { resourceNames: ["a"] })])
    const codes = []
    for (const query of ["", "?fieldSelector=metadata.name%3Da", "?fieldSelector=metadata.name%3Db"]) {
      codes.push((await world.get(`${configMaps}${query}`, { user: jane })).status)
    }
    expect(codes).toEqual([403, 200, 403])
  }),
)

test(
  "an apply that makes an object needs leave to create",
  withServer(async (world) => {
    const apply = (name: string) =>
      world.send("PATCH", `${configMaps}/${name}?fieldManager=m`, {
        user: jane,
        body: configMap(name),
        headers: { "content-type": "application/apply-patch+yaml" },
      })
    await give(world, "patch", [maps(["patch"])])
    const refused = await apply("a")
    expect([refused.status, refused.json.message]).toEqual([
      403,
      'configmaps "a" is forbidden: User "jane" cannot create resource "configmaps" in API group "" in the namespace "default"',
    ])
    await world.post(configMaps, configMap("b"))
    expect((await apply("b")).status).toBe(200)
    await give(world, "create", [maps(["create"])])
    expect((await apply("a")).status).toBe(201)
  }),
)

const roles = { apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles", "rolebindings"] }

test(
  "nobody writes a role with more than they have, unless they may escalate",
  withServer(async (world) => {
    await give(world, "own", [maps(["get"]), { ...roles, verbs: ["create", "update", "patch"] }])
    const write = (name: string, rules: ReadonlyArray<JsonObject>) =>
      world.post(`${inDefault}/roles`, role(name, rules), { user: jane })
    expect((await write("less", [maps(["get"], { resourceNames: ["a"] })])).status).toBe(201)
    const refused = await write("more", [maps(["get", "delete"])])
    expect([refused.status, refused.json.message]).toEqual([
      403,
      'roles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["system:authenticated"]) is attempting ' +
        'to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["configmaps"], Verbs:["delete"]}',
    ])
    const patched = await world.send("PATCH", `${inDefault}/roles/less`, {
      user: jane,
      body: { rules: [maps(["*"])] },
      headers: { "content-type": "application/merge-patch+json" },
    })
    expect(patched.status).toBe(403)
    await give(world, "escalate", [{ ...roles, verbs: ["escalate"] }])
    expect((await write("more", [maps(["get", "delete"])])).status).toBe(201)
  }),
)

test(
  "nobody binds a role with more than they have, unless they may bind it",
  withServer(async (world) => {
    await give(world, "own", [maps(["get"]), { ...roles, verbs: ["create"] }])
    await world.post(`${inDefault}/roles`, role("get", [maps(["get"])]))
    await world.post(`${inDefault}/roles`, role("delete", [maps(["delete"])]))
    const bind = (name: string) =>
      world.post(`${inDefault}/rolebindings`, binding(name, "Role", [{ kind: "User", name: "joe" }]), {
        user: jane,
      })
    expect((await bind("get")).status).toBe(201)
    expect((await bind("delete")).json.reason).toBe("Forbidden")
    expect((await bind("none")).json.reason).toBe("NotFound")
    await give(world, "bind", [{ ...roles, verbs: ["bind"], resourceNames: ["delete"] }])
    expect((await bind("delete")).status).toBe(201)
  }),
)

test(
  "only who has everything writes an aggregationRule",
  withServer(async (world) => {
    const clusterRoles = { ...roles, resources: ["clusterroles"], verbs: ["create"] }
    await world.post(`${rbac}/clusterroles`, role("writer", [clusterRoles]))
    await world.post(`${rbac}/clusterrolebindings`, binding("writer", "ClusterRole", toJane))
    const body = {
      metadata: { name: "a" },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: "b" } }] },
    }
    expect((await world.post(`${rbac}/clusterroles`, body, { user: jane })).status).toBe(403)
    expect((await world.post(`${rbac}/clusterroles`, body)).status).toBe(201)
  }),
)

const rulesOf = async (world: World, name: string): Promise<ReadonlyArray<JsonObject>> =>
  ((await world.get(`${rbac}/clusterroles/${name}`)).json.rules ?? []) as unknown as ReadonlyArray<JsonObject>

/** Waits for a ClusterRole to say something of a resource, by its watch. */
const untilRules = async (world: World, name: string, resource: string, there: boolean): Promise<void> => {
  const watch = await world.watch(`${rbac}/clusterroles?watch=1&fieldSelector=metadata.name%3D${name}`)
  for (;;) {
    const event = await watch.next()
    if (JSON.stringify(event?.object.rules ?? []).includes(`"${resource}"`) === there) break
  }
  watch.close()
}

test(
  "an aggregated role has the rules of the roles that it selects, and follows them",
  withServer(async (world) => {
    const rule = { verbs: ["get"], apiGroups: ["example.com"], resources: ["widgets"] }
    const labels = { "rbac.authorization.k8s.io/aggregate-to-view": "true" }
    expect(await rulesOf(world, "view")).not.toContainEqual(rule)
    await world.post(`${rbac}/clusterroles`, role("widgets", [rule], { labels }))
    for (const name of ["view", "edit", "admin"]) await untilRules(world, name, "widgets", true)
    expect(await rulesOf(world, "admin")).toContainEqual(rule)
    await world.delete(`${rbac}/clusterroles/widgets`)
    for (const name of ["view", "edit", "admin"]) await untilRules(world, name, "widgets", false)
  }),
)

test.each([
  ["no verbs", role("r", [maps([])]), "rules[0].verbs"],
  [
    "paths in a namespace",
    role("r", [{ verbs: ["get"], nonResourceURLs: ["/x"] }]),
    "rules[0].nonResourceURLs",
  ],
  ["no group", role("r", [{ verbs: ["get"], resources: ["x"] }]), "rules[0].apiGroups"],
  ["no resource", role("r", [{ verbs: ["get"], apiGroups: [""] }]), "rules[0].resources"],
] as const)("a role with %s is refused", (_name, body, field) =>
  withServer(async (world) => {
    const { status, json } = await world.post(`${inDefault}/roles`, body)
    expect([status, at(json, "details.causes.0.field")]).toEqual([422, field])
  })(),
)

test.each([
  [
    "a ClusterRoleBinding of a Role",
    `${rbac}/clusterrolebindings`,
    binding("b", "Role", toJane),
    "roleRef.kind",
  ],
  [
    "a subject of another kind",
    `${inDefault}/rolebindings`,
    binding("b", "Role", [{ kind: "Robot", name: "r" }]),
    "subjects[0].kind",
  ],
  [
    "a ServiceAccount of no namespace",
    `${inDefault}/rolebindings`,
    binding("b", "Role", [{ kind: "ServiceAccount", name: "s" }]),
    "subjects[0].namespace",
  ],
] as const)("%s is refused", (_name, path, body, field) =>
  withServer(async (world) => {
    const { status, json } = await world.post(path, body)
    expect([status, at(json, "details.causes.0.field")]).toEqual([422, field])
  })(),
)

test(
  "a roleRef cannot be changed",
  withServer(async (world) => {
    await give(world, "read", [maps(["get"])])
    const answer = await world.patch(`${inDefault}/rolebindings/read`, "merge", {
      roleRef: { name: "other" },
    })
    expect([answer.status, at(answer.json, "details.causes.0.field")]).toEqual([422, "roleRef"])
    expect(answer.json.message).toContain("cannot change roleRef")
  }),
)

test(
  "the default roles are completed at the next start, unless they are left to people",
  withServer(async (world) => {
    const left = {
      metadata: { annotations: { "rbac.authorization.kubernetes.io/autoupdate": "false" } },
      rules: [],
    }
    await world.patch(`${rbac}/clusterroles/system:discovery`, "merge", { rules: [maps(["get"])] })
    await world.patch(`${rbac}/clusterroles/system:monitoring`, "merge", left)
    await world.delete(`${rbac}/clusterrolebindings/cluster-admin`)
    await withServer(
      async (again) => {
        const discovery = JSON.stringify(await rulesOf(again, "system:discovery"))
        expect(discovery).toContain("configmaps")
        expect(discovery).toContain("/openapi/*")
        expect(await rulesOf(again, "system:monitoring")).toEqual([])
        expect((await again.get(`${rbac}/clusterrolebindings/cluster-admin`)).status).toBe(200)
      },
      { store: world.store },
    )()
  }),
)

test(
  "a server that starts again writes no default that is there",
  withServer(async (world) => {
    const before = await world.get(`${rbac}/clusterroles`)
    await withServer(
      async (again) => {
        const versions = (json: JsonObject) =>
          (json.items as unknown as ReadonlyArray<JsonObject>).map((item) =>
            at(item, "metadata.resourceVersion"),
          )
        const after = await again.get(`${rbac}/clusterroles`)
        expect(versions(after.json)).toEqual(versions(before.json))
      },
      { store: world.store },
    )()
  }),
)
