/** Admission of what is no document of its own: Pods, questions, what is posted to subresources. */
import { generateKeyPairSync } from "node:crypto"
import { afterEach, describe, expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import { at, type World, withServer } from "../test-world.ts"
import { signingKey } from "../tokens/index.ts"
import {
  allow,
  deny,
  mutatingConfiguration,
  mutatingConfigurations,
  patch,
  startWebhookServer,
  validatingConfiguration,
  validatingConfigurations,
  type WebhookHandler,
  type WebhookServer,
  webhook,
} from "./testing/webhook-server.ts"

let open: WebhookServer[] = []
afterEach(async () => {
  await Promise.all(open.map((server) => server.close()))
  open = []
})

const start = async (handlers: { readonly [path: string]: WebhookHandler }): Promise<WebhookServer> => {
  const server = await startWebhookServer(handlers)
  open.push(server)
  return server
}

const everything = ["CREATE", "UPDATE", "DELETE"]
const pods = "/api/v1/namespaces/default/pods"

const pod = (name: string, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, ...metadata },
  spec: { containers: [{ name: "c", image: "i" }] },
})

const asked = ({ asked: all }: WebhookServer): ReadonlyArray<ReadonlyArray<unknown>> =>
  all.map(({ body }) =>
    [
      "request.operation",
      "request.name",
      "request.kind.kind",
      "request.object.kind",
      "request.oldObject.kind",
    ].map((path) => at(body, path)),
  )

const validating = async (
  world: World,
  server: WebhookServer,
  resources: ReadonlyArray<string>,
  more: { readonly path?: string; readonly groups?: ReadonlyArray<string> } = {},
): Promise<void> => {
  const { path = "/ask", groups = [""] } = more
  const hook = webhook({ server, path, resources, groups, operations: everything })
  const { text, status } = await world.post(validatingConfigurations, validatingConfiguration("v", hook))
  expect(status, text).toBe(201)
}

const mutating = async (world: World, server: WebhookServer, resources: ReadonlyArray<string>) => {
  const hook = webhook({ server, path: "/change", resources, operations: everything })
  const { text, status } = await world.post(mutatingConfigurations, mutatingConfiguration("m", hook))
  expect(status, text).toBe(201)
}

describe("a webhook about pods", () => {
  test(
    "is asked about each of their writes, with the Pod before and after",
    withServer(async (world) => {
      const server = await start({ "/ask": allow })
      await validating(world, server, ["pods"])
      const made = await world.post(pods, pod("a"))
      await world.put(`${pods}/a`, { ...made.json, metadata: { name: "a", labels: { x: "1" } } })
      await world.patch(`${pods}/a`, "merge", { metadata: { labels: { x: "2" } } })
      await world.patch(`${pods}/a?fieldManager=me&force=true`, "apply", pod("a", { labels: { x: "3" } }))
      await world.patch(`${pods}/b?fieldManager=me`, "apply", pod("b"))
      await world.delete(`${pods}/a`)
      await world.post(pods, pod("c"))
      await world.delete(pods)
      const update = ["UPDATE", "a", "Pod", "Pod", "Pod"]
      expect(asked(server)).toEqual([
        ["CREATE", "a", "Pod", "Pod", undefined],
        update,
        update,
        update,
        ["CREATE", "b", "Pod", "Pod", undefined],
        ["DELETE", "a", "Pod", undefined, "Pod"],
        ["CREATE", "c", "Pod", "Pod", undefined],
        ["DELETE", "b", "Pod", undefined, "Pod"],
        ["DELETE", "c", "Pod", undefined, "Pod"],
      ])
      const labels = server.asked.map(({ body }) => [
        at(body, "request.oldObject.metadata.labels.x"),
        at(body, "request.object.metadata.labels.x"),
      ])
      expect(labels.slice(1, 4)).toEqual([
        [undefined, "1"],
        ["1", "2"],
        ["2", "3"],
      ])
    }),
  )

  test(
    "refuses them",
    withServer(async (world) => {
      await world.post(pods, pod("a"))
      const server = await start({ "/ask": deny({ message: "no" }) })
      await validating(world, server, ["pods"])
      const refused = [
        await world.patch(`${pods}/a`, "merge", { metadata: { labels: { x: "2" } } }),
        await world.patch(`${pods}/b?fieldManager=me`, "apply", pod("b")),
        await world.delete(`${pods}/a`),
        await world.delete(pods),
      ]
      for (const { status, json } of refused)
        expect([status, json.message]).toEqual([403, expect.stringContaining("denied the request: no")])
      expect((await world.get(`${pods}/a`)).json).not.toHaveProperty("metadata.deletionTimestamp")
      expect((await world.get(`${pods}/b`)).status).toBe(404)
    }),
  )

  test(
    "changes what a change comes to, an apply that creates included",
    withServer(async (world) => {
      await world.post(pods, pod("a"))
      const server = await start({
        "/change": patch(
          { op: "add", path: "/metadata/labels", value: { added: "yes" } },
          { op: "replace", path: "/spec/containers/0/image", value: "other" },
        ),
      })
      await mutating(world, server, ["pods"])
      const changed = [
        await world.patch(`${pods}/a`, "merge", { metadata: { annotations: { x: "2" } } }),
        await world.patch(`${pods}/b?fieldManager=me`, "apply", pod("b")),
        await world.patch(
          `${pods}/b?fieldManager=me&force=true`,
          "apply",
          pod("b", { annotations: { y: "1" } }),
        ),
      ]
      for (const { json, text } of changed) {
        expect(at(json, "metadata.labels.added"), text).toBe("yes")
        expect(at(json, "spec.containers.0.image")).toBe("other")
      }
    }),
  )

  test(
    "that changes what a Pod may not change of itself is refused",
    withServer(async (world) => {
      await world.post(pods, pod("a"))
      const server = await start({
        "/change": patch({ op: "add", path: "/spec/hostname", value: "x" }),
      })
      await mutating(world, server, ["pods"])
      const refused = [
        await world.patch(`${pods}/a`, "merge", { metadata: { labels: { x: "2" } } }),
        await world.patch(`${pods}/a?fieldManager=me&force=true`, "apply", pod("a")),
      ]
      for (const { status, json } of refused)
        expect([status, json.message]).toEqual([422, expect.stringContaining("pod updates may not change")])
    }),
  )
})

test(
  "a policy about pods holds for each of their writes",
  withServer(async (world) => {
    const api = "/apis/admissionregistration.k8s.io/v1"
    await world.post(`${api}/validatingadmissionpolicies`, {
      metadata: { name: "kept" },
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: [""], apiVersions: ["v1"], operations: ["UPDATE", "DELETE"], resources: ["pods"] },
          ],
        },
        validations: [{ expression: "!('kept' in oldObject.metadata.labels)", message: "it is kept" }],
      },
    })
    await world.post(`${api}/validatingadmissionpolicybindings`, {
      metadata: { name: "kept" },
      spec: { policyName: "kept", validationActions: ["Deny"] },
    })
    for (const name of ["kept", "free"]) await world.post(pods, pod(name, { labels: { [name]: "yes" } }))
    const codes = async (name: string) => [
      (await world.patch(`${pods}/${name}`, "merge", { metadata: { annotations: { x: "1" } } })).status,
      (await world.delete(`${pods}/${name}`)).status,
    ]
    expect(await codes("kept")).toEqual([422, 422])
    expect(await codes("free")).toEqual([200, 200])
  }),
)

const accounts = "/api/v1/namespaces/default/serviceaccounts"
const tokens = {
  issuer: "https://miren.example",
  keys: [signingKey(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey)],
}

describe("a webhook", () => {
  test(
    "is asked about what is posted to subresources, by its own kind",
    withServer(
      async (world) => {
        await world.post(accounts, { metadata: { name: "robot" } })
        await world.post(pods, pod("a"))
        const server = await start({ "/ask": allow })
        await validating(world, server, ["serviceaccounts/token", "pods/eviction"])
        const token = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} }
        expect((await world.post(`${accounts}/robot/token`, token)).status).toBe(201)
        const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "a" } }
        expect((await world.post(`${pods}/a/eviction`, eviction)).status).toBe(201)
        expect(asked(server)).toEqual([
          ["CREATE", "robot", "TokenRequest", "TokenRequest", undefined],
          ["CREATE", "a", "Eviction", "Eviction", undefined],
        ])
        expect(server.asked.map(({ body }) => at(body, "request.subResource"))).toEqual(["token", "eviction"])
        expect(at(server.asked[1]?.body, "request.kind")).toEqual({
          group: "policy",
          version: "v1",
          kind: "Eviction",
        })
      },
      { tokens },
    ),
  )

  test(
    "refuses a token, and an eviction before anything is deleted",
    withServer(
      async (world) => {
        await world.post(accounts, { metadata: { name: "robot" } })
        await world.post(pods, pod("a"))
        const server = await start({ "/ask": deny() })
        await validating(world, server, ["serviceaccounts/token", "pods/eviction"])
        expect((await world.post(`${accounts}/robot/token`, { spec: {} })).status).toBe(403)
        const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "a" } }
        expect((await world.post(`${pods}/a/eviction`, eviction)).status).toBe(403)
        expect((await world.get(`${pods}/a`)).json).not.toHaveProperty("metadata.deletionTimestamp")
      },
      { tokens },
    ),
  )

  const attributes = { verb: "list", resource: "configmaps", namespace: "default" }

  test.each([
    ["authorization.k8s.io", "subjectaccessreviews", { user: "u", resourceAttributes: attributes }],
    ["authorization.k8s.io", "selfsubjectaccessreviews", { resourceAttributes: attributes }],
    ["authorization.k8s.io", "selfsubjectrulesreviews", { namespace: "default" }],
    ["authentication.k8s.io", "tokenreviews", { token: "x" }],
    ["authentication.k8s.io", "selfsubjectreviews", undefined],
  ] as const)("is asked about questions: %s %s", (group, plural, spec) =>
    withServer(async (world) => {
      const server = await start({ "/ask": allow, "/no": deny({ message: "no" }) })
      await validating(world, server, [plural], { groups: [group] })
      const path = `/apis/${group}/v1/${plural}`
      const question = spec === undefined ? {} : { spec }
      expect((await world.post(path, question as unknown as JsonObject)).status).toBe(201)
      expect(server.asked.map(({ body }) => at(body, "request.resource.resource"))).toEqual([plural])
      await world.delete(`${validatingConfigurations}/v`)
      await validating(world, server, [plural], { groups: [group], path: "/no" })
      expect((await world.post(path, question as unknown as JsonObject)).status).toBe(403)
    })(),
  )
})
