import { expect, test } from "vitest"
import { at, withServer } from "../test-world.ts"

const authorization = "/apis/authorization.k8s.io/v1"
const jane = { name: "jane", uid: "7", groups: ["dev", "system:authenticated"] }

const access = (spec: object) =>
  ({ apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec }) as never

test(
  "a user is told who it is",
  withServer(async (world) => {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview", metadata: {} }
    const { status, json } = await world.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", body, {
      user: jane,
    })
    expect([status, at(json, "status.userInfo")]).toEqual([
      201,
      { username: "jane", uid: "7", groups: ["dev", "system:authenticated"] },
    ])
  }),
)

test(
  "a user is told whether it may do one thing",
  withServer(async (world) => {
    const path = `${authorization}/selfsubjectaccessreviews`
    const list = { resourceAttributes: { verb: "list", resource: "configmaps", namespace: "default" } }
    expect(at((await world.post(path, access(list))).json, "status.allowed")).toBe(true)
    expect(at((await world.post(path, access(list), { user: jane })).json, "status.allowed")).toBe(false)
    const apis = { nonResourceAttributes: { verb: "get", path: "/apis" } }
    expect(at((await world.post(path, access(apis), { user: jane })).json, "status.allowed")).toBe(true)
    expect((await world.post(path, access({}))).json.reason).toBe("BadRequest")
  }),
)

test(
  "a user is told the rules that it has",
  withServer(async (world) => {
    const body = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectRulesReview",
      spec: { namespace: "default" },
    }
    const path = `${authorization}/selfsubjectrulesreviews`
    const { json } = await world.post(path, body)
    expect(at(json, "status.resourceRules")).toEqual([{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }])
    const of = await world.post(path, body, { user: jane })
    expect([at(of.json, "status.resourceRules.0.resources"), at(of.json, "status.incomplete")]).toEqual([
      ["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"],
      false,
    ])
  }),
)

test(
  "a review is never stored, has no other verb and no Table",
  withServer(async (world) => {
    const path = `${authorization}/selfsubjectaccessreviews`
    expect((await world.get(path)).status).toBe(405)
    const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" }
    expect(
      (await world.post(path, access({ nonResourceAttributes: { verb: "get", path: "/" } }), { headers }))
        .status,
    ).toBe(406)
    expect(at((await world.get(authorization)).json, "resources.0.verbs")).toEqual(["create"])
  }),
)
