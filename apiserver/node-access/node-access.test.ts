import { describe, expect, test } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { type AccessRequest, type Authorizer, accessOf } from "../authorizer.ts"
import type { UserInfo } from "../exchange.ts"
import { parseRequestInfo } from "../request-info.ts"
import { type Answer, at, type World, withServer } from "../test-world.ts"
import { nodeAuthorizer } from "./node-authorizer.ts"

const node: UserInfo = { name: "system:node:a", groups: ["system:nodes", "system:authenticated"] }
const nodes = "/api/v1/nodes"
const inDefault = "/api/v1/namespaces/default"
const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
const compute = "/apis/compute.miren.dev/v1alpha1"
const sandboxes = `${compute}/namespaces/default/sandboxes`

const nothing: Authorizer = { authorize: () => ({ allowed: false, reason: "" }) }
const authorizer = nodeAuthorizer(({ name }) => ({ mine: "a", other: "b", free: "" })[name], nothing)

const may = async (method: string, url: string, user = node): Promise<boolean> => {
  const info: AccessRequest = accessOf(parseRequestInfo(method, url))
  return (await authorizer.authorize({ user, info })).allowed
}

describe("a node", () => {
  test.each([
    ["GET", `${nodes}/a`],
    ["POST", nodes],
    ["PATCH", `${nodes}/a`],
    ["PUT", `${nodes}/a/status`],
    ["GET", `${nodes}?fieldSelector=metadata.name%3Da`],
    ["GET", `${leases}/a`],
    ["POST", leases],
    ["PATCH", `${leases}/a`],
    ["DELETE", `${leases}/a`],
    ["GET", `${sandboxes}/mine`],
    ["PUT", `${sandboxes}/mine/status`],
    ["PATCH", `${sandboxes}/mine`],
    ["GET", `${compute}/sandboxes?fieldSelector=spec.nodeName%3Da`],
    ["GET", `${compute}/sandboxes?watch=1&fieldSelector=spec.nodeName%3Da,metadata.name!%3Dx`],
    ["GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Da"],
    ["GET", `${inDefault}/pods/mine`],
    ["POST", `${inDefault}/events`],
    ["GET", "/api/v1/services"],
    ["POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests"],
    ["POST", "/apis/authentication.k8s.io/v1/tokenreviews"],
    ["POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews"],
  ])("may %s %s", async (method, url) => {
    expect(await may(method, url)).toBe(true)
    expect(await may(method, url, { name: "system:node:a", groups: ["system:authenticated"] })).toBe(false)
    expect(await may(method, url, { name: "a", groups: ["system:nodes"] })).toBe(false)
  })

  test.each([
    ["GET", `${nodes}/b`],
    ["GET", nodes],
    ["PATCH", `${nodes}/b/status`],
    ["DELETE", `${nodes}/a`],
    ["GET", `${nodes}/a/proxy`],
    ["GET", leases],
    ["DELETE", leases],
    ["PATCH", `${leases}/b`],
    ["PATCH", `${leases.replace("kube-node-lease", "kube-system")}/a`],
    ["GET", `${sandboxes}/other`],
    ["GET", `${sandboxes}/free`],
    ["GET", `${sandboxes}/missing`],
    ["PUT", `${sandboxes}/other/status`],
    ["GET", sandboxes],
    ["GET", `${compute}/sandboxes?fieldSelector=spec.nodeName%3Db`],
    ["GET", `${compute}/sandboxes?fieldSelector=spec.nodeName!%3Da`],
    ["GET", `${compute}/sandboxes?fieldSelector=%3D%3D%3D`],
    ["POST", sandboxes],
    ["DELETE", `${sandboxes}/mine`],
    ["DELETE", `${sandboxes}?fieldSelector=spec.nodeName%3Da`],
    ["PATCH", `${inDefault}/pods/mine`],
    ["POST", `${inDefault}/pods/mine/exec`],
    ["GET", `${inDefault}/secrets/s`],
    ["GET", `${inDefault}/configmaps/c`],
    ["GET", "/api/v1/secrets"],
    ["POST", `${inDefault}/serviceaccounts/s/token`],
    ["GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles"],
    ["GET", "/metrics"],
  ])("may not %s %s", async (method, url) => {
    expect(await may(method, url)).toBe(false)
  })

  test("is told what it is refused for, beside what roles say", async () => {
    const info = accessOf(parseRequestInfo("GET", `${sandboxes}/other`))
    const decision = await nodeAuthorizer(() => "b", {
      authorize: () => ({ allowed: false, reason: "RBAC: x" }),
    }).authorize({ user: node, info })
    expect(decision).toEqual({
      allowed: false,
      reason: 'node: no relationship found between node "a" and this object, RBAC: x',
    })
  })

  test("without a name is no node", async () => {
    expect(await may("POST", nodes, { name: "system:node:", groups: ["system:nodes"] })).toBe(false)
  })
})

const sandbox = (name: string, nodeName?: string): JsonObject => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: { name },
  spec: { containers: [{ name: "c", image: "i" }], ...(nodeName === undefined ? {} : { nodeName }) },
})

/** What a node sends. */
const asNode = (world: World) => ({
  post: (path: string, body: JsonObject) => world.post(path, body, { user: node }),
  put: (path: string, body: JsonObject) => world.put(path, body, { user: node }),
  merge: (path: string, body: JsonObject) =>
    world.send("PATCH", path, {
      body,
      user: node,
      headers: { "content-type": "application/merge-patch+json" },
    }),
  get: (path: string) => world.get(path, { user: node }),
})

const refused = ({ status, json }: Answer): readonly [number, Json | undefined] => [status, json.message]

describe("a server", () => {
  test(
    "takes a node's own Node, lease and reports, and gives it no Secret",
    withServer(async (world) => {
      const { post, put, merge, get } = asNode(world)
      const labels = { "kubernetes.io/hostname": "a", "miren.dev/runtime": "runsc" }
      const made = await post(nodes, { metadata: { name: "a", labels } })
      expect([made.status, made.text]).toEqual([201, expect.any(String)])
      expect((await post(leases, { metadata: { name: "a" }, spec: { holderIdentity: "a" } })).status).toBe(
        201,
      )
      expect((await put(`${nodes}/a/status`, { ...made.json, status: {} })).status).toBe(200)
      const bound = await world.post(sandboxes, sandbox("mine", "a"))
      const listed = await get(`${compute}/sandboxes?fieldSelector=spec.nodeName%3Da`)
      expect(at(listed.json, "items.0.metadata.name")).toBe("mine")
      const reported = await put(`${sandboxes}/mine/status`, {
        ...bound.json,
        status: { sandboxIP: "10.1.2.3" },
      })
      expect([reported.status, at(reported.json, "status.sandboxIP")]).toEqual([200, "10.1.2.3"])
      const held = await merge(`${sandboxes}/mine`, { metadata: { finalizers: ["miren.dev/runner"] } })
      expect(held.status).toBe(200)
      await world.post(`${inDefault}/secrets`, { metadata: { name: "s" } })
      expect((await get(`${inDefault}/secrets/s`)).status).toBe(403)
    }),
  )

  test(
    "refuses what a node would write of others, or of what is not its to say",
    withServer(async (world) => {
      const { post, merge } = asNode(world)
      await world.post(nodes, { metadata: { name: "a" } })
      await world.post(sandboxes, sandbox("mine", "a"))
      const texts: ReadonlyArray<readonly [Promise<Answer>, string]> = [
        [
          post(nodes, { metadata: { name: "b" } }),
          'nodes "b" is forbidden: node "a" is not allowed to modify node "b"',
        ],
        [
          merge(`${nodes}/a`, { spec: { taints: [{ key: "k", effect: "NoSchedule" }] } }),
          'nodes "a" is forbidden: node "a" is not allowed to modify taints',
        ],
        [
          merge(`${nodes}/a`, {
            metadata: { labels: { "node-restriction.kubernetes.io/x": "1", mine: "1" } },
          }),
          'nodes "a" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/x',
        ],
        [
          post(leases, { metadata: { name: "b" } }),
          'leases.coordination.k8s.io "b" is forbidden: can only access node lease with the same name as the requesting node',
        ],
        [
          merge(`${sandboxes}/mine`, { spec: { hostname: "x" } }),
          'sandboxes.compute.miren.dev "mine" is forbidden: node "a" can not change the spec of a sandbox',
        ],
        [
          merge(`${sandboxes}/mine`, { metadata: { labels: { app: "other" } } }),
          'sandboxes.compute.miren.dev "mine" is forbidden: node "a" can not change the labels of a sandbox',
        ],
      ]
      for (const [answer, text] of texts) expect(refused(await answer)).toEqual([403, text])
    }),
  )

  test(
    "holds a node to that whatever roles it has",
    withServer(async (world) => {
      await world.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
        metadata: { name: "too-much" },
        roleRef: { kind: "ClusterRole", name: "cluster-admin" },
        subjects: [{ kind: "Group", name: "system:nodes" }],
      })
      await world.post(sandboxes, sandbox("other", "b"))
      const { post, merge } = asNode(world)
      expect((await merge(`${sandboxes}/other/status`, { status: {} })).status).toBe(403)
      expect((await post(sandboxes, sandbox("new"))).status).toBe(403)
      const deleted = await world.send("DELETE", `${sandboxes}/other`, { user: node })
      expect(deleted.status).toBe(403)
    }),
  )
})
