import { expect, test } from "vitest"
import type { UserInfo } from "./exchange.ts"
import { at, type World, withServer } from "./test-world.ts"

const rbac = "/apis/rbac.authorization.k8s.io/v1"
const whoami = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
const jane: UserInfo = { name: "jane", groups: ["system:authenticated"] }

const ask = (world: World, headers: { readonly [name: string]: string }, user?: UserInfo) =>
  world.post(whoami, {}, user === undefined ? { headers } : { headers, user })

test.each([
  ["a user", { "impersonate-user": "joe" }, { username: "joe", groups: ["system:authenticated"] }],
  [
    "a user in groups",
    { "impersonate-user": "joe", "impersonate-group": "a, b" },
    { username: "joe", groups: ["a", "b", "system:authenticated"] },
  ],
  [
    "a ServiceAccount, which has groups by its name",
    { "impersonate-user": "system:serviceaccount:ns:sa" },
    {
      username: "system:serviceaccount:ns:sa",
      groups: ["system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"],
    },
  ],
  [
    "a uid and extra values",
    { "impersonate-user": "joe", "impersonate-uid": "7", "impersonate-extra-acme.com%2fteam": "x,y" },
    { username: "joe", uid: "7", groups: ["system:authenticated"], extra: { "acme.com/team": ["x", "y"] } },
  ],
] as const)("a master acts as %s", (_name, headers, userInfo) =>
  withServer(async (world) => {
    expect(at((await ask(world, headers)).json, "status.userInfo")).toEqual(userInfo)
  })(),
)

test(
  "each part of the other identity needs leave of its own",
  withServer(async (world) => {
    const rules: Array<{
      verbs: string[]
      apiGroups: string[]
      resources: string[]
      resourceNames: string[]
    }> = []
    await world.post(`${rbac}/clusterroles`, { metadata: { name: "as" }, rules: [] })
    await world.post(`${rbac}/clusterrolebindings`, {
      metadata: { name: "as" },
      roleRef: { kind: "ClusterRole", name: "as" },
      subjects: [{ kind: "User", name: "jane" }],
    })
    const headers = {
      "impersonate-user": "joe",
      "impersonate-group": "g",
      "impersonate-uid": "7",
      "impersonate-extra-team": "x",
    }
    const needed = [
      [
        "",
        "users",
        "joe",
        'users "joe" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
      ],
      [
        "",
        "groups",
        "g",
        'groups "g" is forbidden: User "jane" cannot impersonate resource "groups" in API group "" at the cluster scope',
      ],
      [
        "authentication.k8s.io",
        "uids",
        "7",
        'uids.authentication.k8s.io "7" is forbidden: User "jane" cannot impersonate resource "uids" in API group "authentication.k8s.io" at the cluster scope',
      ],
      [
        "authentication.k8s.io",
        "userextras/team",
        "x",
        'userextras.authentication.k8s.io "x" is forbidden: User "jane" cannot impersonate resource "userextras/team" in API group "authentication.k8s.io" at the cluster scope',
      ],
    ] as const
    for (const [group, resource, name, message] of needed) {
      const { status, json } = await ask(world, headers, jane)
      expect([status, json.message]).toEqual([403, message])
      rules.push({ verbs: ["impersonate"], apiGroups: [group], resources: [resource], resourceNames: [name] })
      await world.patch(`${rbac}/clusterroles/as`, "merge", { rules })
    }
    expect((await ask(world, headers, jane)).status).toBe(201)
    expect((await ask(world, { ...headers, "impersonate-group": "system:masters" }, jane)).status).toBe(403)
  }),
)

test(
  "who acts as another has their rights, not more",
  withServer(async (world) => {
    const answer = await world.get("/api/v1/secrets", { headers: { "impersonate-user": "joe" } })
    expect(answer.json.message).toContain('User "joe" cannot list resource "secrets"')
  }),
)

test.each([
  ["groups without a user", { "impersonate-group": "g" }, 400],
  ["a key that is not URL-encoded", { "impersonate-user": "joe", "impersonate-extra-%zz": "x" }, 400],
  ["a key that is no key", { "impersonate-user": "joe", "impersonate-extra-__proto__": "x" }, 400],
  [
    "parts without end",
    { "impersonate-user": "joe", "impersonate-group": Array.from({ length: 500 }, (_, n) => n).join() },
    400,
  ],
] as const)("%s are refused", (_name, headers, code) =>
  withServer(async (world) => {
    expect((await ask(world, headers)).status).toBe(code)
  })(),
)
