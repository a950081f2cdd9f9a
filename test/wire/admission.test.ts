/**
 * What SIG API Machinery's conformance tests ask of admission (webhook.go, validatingadmissionpolicy.go), as statements
 * about this server: webhooks are real HTTPS servers, the API server is in process.
 */
import { PassThrough } from "node:stream"
import { afterEach, describe, expect, test } from "vitest"
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
} from "../../apiserver/admission/testing/webhook-server.ts"
import {
  admin,
  at,
  configMap,
  configMaps,
  crds,
  type World,
  widget,
  widgets,
  widgetsCrd,
  widgetVersion,
  withServer,
} from "../../apiserver/test-world.ts"
import type { Json, JsonObject } from "../../schemas/index.ts"

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

const items = (list: JsonObject): ReadonlyArray<JsonObject> =>
  list.items as unknown as ReadonlyArray<JsonObject>

const aboutWidgets = { groups: ["example.com"], resources: ["widgets"] }

const addData = patch({ op: "add", path: "/data/mutation-start", value: "yes" })

const dataOf = async (world: World, name: string): Promise<Json | undefined> =>
  at((await world.post(configMaps, configMap(name, { x: "1" }))).json, "data.mutation-start")

/** What a raw upgrade request is answered with. */
const upgrade = async (world: World, url: string): Promise<string> => {
  const socket = new PassThrough()
  const chunks: Uint8Array[] = []
  socket.on("data", (chunk: Uint8Array) => chunks.push(chunk))
  const request = {
    method: "POST",
    url,
    headers: { connection: "Upgrade", upgrade: "websocket" },
    body: new Uint8Array(),
    user: admin,
    signal: new AbortController().signal,
  }
  await world.server.upgrade(request, { socket, head: new Uint8Array() })
  return Buffer.concat(chunks).toString("utf8")
}

describe("AdmissionWebhook", () => {
  test(
    "listing mutating webhooks should work",
    withServer(async (world) => {
      const server = await start({ "/add": addData })
      for (let index = 0; index < 10; index++) {
        const configuration = mutatingConfiguration(
          `c${index}`,
          webhook({ server, path: "/add", name: `c${index}.example.com` }),
        )
        const metadata = { name: `c${index}`, labels: { set: "a" } }
        expect((await world.post(mutatingConfigurations, { ...configuration, metadata })).status).toBe(201)
      }
      const selected = `${mutatingConfigurations}?labelSelector=set%3Da`
      expect(items((await world.get(selected)).json)).toHaveLength(10)
      expect(await dataOf(world, "a")).toBe("yes")
      expect((await world.delete(selected)).status).toBe(200)
      expect(items((await world.get(selected)).json)).toHaveLength(0)
      expect(await dataOf(world, "b")).toBeUndefined()
    }),
  )

  test(
    "listing validating webhooks should work",
    withServer(async (world) => {
      const server = await start({ "/no": deny({ message: "no" }) })
      for (let index = 0; index < 10; index++) {
        const hook = webhook({ server, path: "/no", name: `c${index}.example.com` })
        const configuration = validatingConfiguration(`c${index}`, hook)
        const metadata = { name: `c${index}`, labels: { set: "a" } }
        expect((await world.post(validatingConfigurations, { ...configuration, metadata })).status).toBe(201)
      }
      const selected = `${validatingConfigurations}?labelSelector=set%3Da`
      expect(items((await world.get(selected)).json)).toHaveLength(10)
      expect((await world.post(configMaps, configMap("a"))).status).toBe(403)
      expect((await world.delete(selected)).status).toBe(200)
      expect((await world.post(configMaps, configMap("a"))).status).toBe(201)
    }),
  )

  test(
    "patching/updating a mutating webhook should work",
    withServer(async (world) => {
      const server = await start({ "/add": addData })
      const made = await world.post(
        mutatingConfigurations,
        mutatingConfiguration("c", webhook({ server, path: "/add" })),
      )
      expect(await dataOf(world, "a")).toBe("yes")
      const hooks = made.json.webhooks as unknown as ReadonlyArray<JsonObject>
      const [rule] = (hooks[0]?.rules ?? []) as unknown as ReadonlyArray<JsonObject>
      const updated = {
        ...made.json,
        webhooks: [{ ...hooks[0], rules: [{ ...rule, operations: ["UPDATE"] }] }],
      }
      expect((await world.put(`${mutatingConfigurations}/c`, updated)).status).toBe(200)
      expect(await dataOf(world, "b")).toBeUndefined()
      const back = [{ op: "replace", path: "/webhooks/0/rules/0/operations", value: ["CREATE"] }]
      expect((await world.patch(`${mutatingConfigurations}/c`, "json", back)).status).toBe(200)
      expect(await dataOf(world, "c")).toBe("yes")
    }),
  )

  test(
    "patching/updating a validating webhook should work",
    withServer(async (world) => {
      const server = await start({ "/no": deny() })
      const configuration = validatingConfiguration("c", webhook({ server, path: "/no" }))
      await world.post(validatingConfigurations, configuration)
      const change = (operations: ReadonlyArray<string>) =>
        world.patch(`${validatingConfigurations}/c`, "json", [
          { op: "replace", path: "/webhooks/0/rules/0/operations", value: operations },
        ])
      expect((await world.post(configMaps, configMap("a"))).status).toBe(403)
      await change(["UPDATE"])
      expect((await world.post(configMaps, configMap("a"))).status).toBe(201)
      await change(["CREATE"])
      expect((await world.post(configMaps, configMap("b"))).status).toBe(403)
    }),
  )

  const conditions = [{ name: "a", expression: "request.operation == 'CREATE'" }]
  const others = [{ name: "b", expression: "object.metadata.namespace != 'kube-system'" }]
  const bare = { url: "https://127.0.0.1:1", caBundle: "" }

  test.each([
    ["mutating", mutatingConfigurations, mutatingConfiguration],
    ["validating", validatingConfigurations, validatingConfiguration],
  ] as const)(
    "should be able to create and update %s webhook configurations with match conditions",
    (_kind, path, configuration) =>
      withServer(async (world) => {
        const hook = webhook({ server: bare, path: "/x", more: { matchConditions: conditions } })
        const made = await world.post(path, configuration("c", hook))
        expect(at(made.json, "webhooks.0.matchConditions")).toEqual(conditions)
        const changed = await world.put(`${path}/c`, {
          ...made.json,
          webhooks: [{ ...(at(made.json, "webhooks.0") as JsonObject), matchConditions: others }],
        })
        expect(at(changed.json, "webhooks.0.matchConditions")).toEqual(others)
      })(),
  )

  test.each([
    ["mutating", mutatingConfigurations, mutatingConfiguration],
    ["validating", validatingConfigurations, validatingConfiguration],
  ] as const)(
    "should reject %s webhook configurations with invalid match conditions",
    (_kind, path, configuration) =>
      withServer(async (world) => {
        const matchConditions = [{ name: "invalid-expression-1", expression: "... [] bad expression" }]
        const refused = await world.post(
          path,
          configuration("c", webhook({ server: bare, path: "/x", more: { matchConditions } })),
        )
        expect(refused.status).toBe(422)
        expect(refused.json.message).toContain("compilation failed")
      })(),
  )

  test(
    "should be able to deny custom resource creation, update and deletion",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd())
      await world.post(widgets, widget("w"))
      const server = await start({ "/no": deny({ message: "the custom resource contains unwanted data" }) })
      const operations = ["CREATE", "UPDATE", "DELETE"]
      await world.post(
        validatingConfigurations,
        validatingConfiguration("c", webhook({ server, path: "/no", ...aboutWidgets, operations })),
      )
      const refused = [
        await world.post(widgets, widget("x")),
        await world.patch(`${widgets}/w`, "merge", { spec: { color: "blue" } }),
        await world.delete(`${widgets}/w`),
      ]
      for (const answer of refused) {
        expect(answer.status).toBe(403)
        expect(answer.json.message).toContain("the custom resource contains unwanted data")
      }
      await world.delete(`${validatingConfigurations}/c`)
      expect((await world.delete(`${widgets}/w`)).status).toBe(200)
    }),
  )

  test(
    "should be able to deny attaching pod",
    withServer(
      async (world) => {
        const server = await start({
          "/no": deny({ message: "attaching to pod 'to-be-attached-pod' is not allowed" }),
        })
        const hook = webhook({ server, path: "/no", resources: ["pods/attach"], operations: ["CONNECT"] })
        await world.post(validatingConfigurations, validatingConfiguration("c", hook))
        const pods = "/api/v1/namespaces/default/pods"
        const spec = { containers: [{ name: "container1", image: "i" }] }
        await world.post(pods, { metadata: { name: "to-be-attached-pod" }, spec })
        const refused = await upgrade(
          world,
          `${pods}/to-be-attached-pod/attach?container=container1&stdin=true`,
        )
        expect(refused).toMatch(/^HTTP\/1\.1 403/)
        expect(refused).toContain("attaching to pod 'to-be-attached-pod' is not allowed")
        expect(at(server.asked[0]?.body, "request.kind.kind")).toBe("PodAttachOptions")
      },
      { connect: { resources: { pods: ["attach"] }, clientTls: { cert: "", key: "", ca: "" } } },
    ),
  )

  test(
    "should be able to deny pod and configmap creation",
    withServer(async (world) => {
      const server = await start({
        "/no": (review) =>
          at(review, "request.object.data.webhook-e2e-test") === "webhook-disallow"
            ? deny({ message: "the configmap contains unwanted key and value" })(review)
            : allow(review),
        "/hang": () => undefined,
      })
      const exempt = { matchExpressions: [{ key: "skip", operator: "NotIn", values: ["yes"] }] }
      const operations = ["CREATE", "UPDATE"]
      const hook = webhook({ server, path: "/no", operations, more: { namespaceSelector: exempt } })
      await world.post(validatingConfigurations, validatingConfiguration("c", hook))
      const bad = { "webhook-e2e-test": "webhook-disallow" }
      const refused = await world.post(configMaps, configMap("a", bad))
      expect(refused.json.message).toContain("the configmap contains unwanted key and value")
      const made = await world.post(configMaps, configMap("a", { fine: "yes" }))
      expect(made.status).toBe(201)
      expect((await world.put(`${configMaps}/a`, { ...made.json, data: bad })).status).toBe(403)
      expect((await world.patch(`${configMaps}/a`, "merge", { data: bad })).status).toBe(403)
      await world.post("/api/v1/namespaces", { metadata: { name: "exempt", labels: { skip: "yes" } } })
      expect((await world.post(configMaps.replace("default", "exempt"), configMap("a", bad))).status).toBe(
        201,
      )
      const hang = webhook({ server, path: "/hang", more: { timeoutSeconds: 10 }, name: "hang.example.com" })
      await world.post(validatingConfigurations, validatingConfiguration("hang", hang))
      const asked = server.asked.length
      const hanging = world.post(configMaps, configMap("b"))
      await server.reached(asked + 2)
      world.ambient.advance(10_000)
      expect((await hanging).json.message).toContain("context deadline exceeded")
    }),
  )

  test(
    "should deny crd creation",
    withServer(async (world) => {
      const server = await start({ "/no": deny({ message: "the crd contains unwanted label" }) })
      const about = { groups: ["apiextensions.k8s.io"], resources: ["customresourcedefinitions"] }
      await world.post(
        validatingConfigurations,
        validatingConfiguration("c", webhook({ server, path: "/no", ...about })),
      )
      const refused = await world.post(crds, widgetsCrd())
      expect([refused.status, refused.json.message]).toEqual([
        403,
        'admission webhook "test.example.com" denied the request: the crd contains unwanted label',
      ])
      expect((await world.get(widgets)).status).toBe(404)
    }),
  )

  test.each([
    ["shorter than the latency, with Fail", { timeoutSeconds: 1, failurePolicy: "Fail" }, 500],
    ["shorter than the latency, with Ignore", { timeoutSeconds: 1, failurePolicy: "Ignore" }, 201],
    ["longer than the latency", { timeoutSeconds: 10, failurePolicy: "Fail" }, 201],
    ["the default of ten seconds", { failurePolicy: "Fail" }, 201],
  ] as const)("should honor timeout: %s", (_name, more, status) =>
    withServer(async (world) => {
      const server = await start({
        "/slow": (review) => {
          world.ambient.advance(5_000)
          return allow(review)
        },
      })
      await world.post(
        validatingConfigurations,
        validatingConfiguration("c", webhook({ server, path: "/slow", more: { ...more } })),
      )
      const made = await world.post(configMaps, configMap("a"))
      expect([server.asked.length, made.status]).toEqual([1, status])
    })(),
  )

  test(
    "should include webhook resources in discovery documents",
    withServer(async (world) => {
      const groups = (await world.get("/apis")).json.groups as unknown as ReadonlyArray<JsonObject>
      const group = groups.find(({ name }) => name === "admissionregistration.k8s.io")
      expect(at(group, "versions.0.groupVersion")).toBe("admissionregistration.k8s.io/v1")
      expect(
        at((await world.get("/apis/admissionregistration.k8s.io")).json, "preferredVersion.version"),
      ).toBe("v1")
      const { json } = await world.get("/apis/admissionregistration.k8s.io/v1")
      const names = (json.resources as unknown as ReadonlyArray<JsonObject>).map(({ name }) => name as Json)
      expect(names).toEqual(
        expect.arrayContaining(["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]),
      )
    }),
  )

  test(
    "should mutate configmap",
    withServer(async (world) => {
      const server = await start({
        "/one": patch({ op: "add", path: "/data/mutation-stage-1", value: "yes" }),
        "/two": (review) =>
          at(review, "request.object.data.mutation-stage-1") === "yes"
            ? patch({ op: "add", path: "/data/mutation-stage-2", value: "yes" })(review)
            : allow(review),
      })
      await world.post(
        mutatingConfigurations,
        mutatingConfiguration(
          "c",
          webhook({ server, path: "/one", name: "one.example.com" }),
          webhook({ server, path: "/two", name: "two.example.com" }),
        ),
      )
      const made = await world.post(configMaps, configMap("a", { "mutation-start": "yes" }))
      expect(made.json.data).toEqual({
        "mutation-start": "yes",
        "mutation-stage-1": "yes",
        "mutation-stage-2": "yes",
      })
    }),
  )

  test(
    "should mutate custom resource",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd())
      const server = await start({ "/change": patch({ op: "add", path: "/spec/replicas", value: 7 }) })
      await world.post(
        mutatingConfigurations,
        mutatingConfiguration("c", webhook({ server, path: "/change", ...aboutWidgets })),
      )
      expect(at((await world.post(widgets, widget("w"))).json, "spec.replicas")).toBe(7)
    }),
  )

  test(
    "should mutate custom resource with different stored version",
    withServer(async (world) => {
      const v2 = { ...widgetVersion, name: "v2", storage: false }
      await world.post(crds, widgetsCrd({ versions: [widgetVersion, v2] }))
      const server = await start({ "/change": patch({ op: "add", path: "/spec/replicas", value: 7 }) })
      const hook = webhook({ server, path: "/change", ...aboutWidgets, operations: ["CREATE", "UPDATE"] })
      await world.post(mutatingConfigurations, mutatingConfiguration("c", hook))
      await world.post(widgets, widget("w"))
      await world.patch(`${crds}/widgets.example.com`, "json", [
        { op: "replace", path: "/spec/versions/0/storage", value: false },
        { op: "replace", path: "/spec/versions/1/storage", value: true },
      ])
      const changed = await world.patch(`${widgets}/w`, "merge", { spec: { color: "blue", replicas: 1 } })
      expect([changed.status, changed.json.spec]).toEqual([200, { color: "blue", replicas: 7 }])
    }),
  )

  test(
    "should mutate custom resource with pruning",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd())
      const server = await start({
        "/change": patch(
          { op: "add", path: "/spec/replicas", value: 7 },
          { op: "add", path: "/spec/undeclared", value: "x" },
        ),
      })
      await world.post(
        mutatingConfigurations,
        mutatingConfiguration("c", webhook({ server, path: "/change", ...aboutWidgets })),
      )
      expect((await world.post(widgets, widget("w"))).json.spec).toEqual({ color: "red", replicas: 7 })
    }),
  )

  test(
    "should mutate pod and apply defaults after mutation",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd())
      const server = await start({
        "/change": patch({ op: "replace", path: "/spec", value: { replicas: 1 } }),
      })
      await world.post(
        mutatingConfigurations,
        mutatingConfiguration("c", webhook({ server, path: "/change", ...aboutWidgets })),
      )
      const made = await world.post(widgets, widget("w", { color: "blue" }))
      expect(made.json.spec).toEqual({ color: "red", replicas: 1 })
    }),
  )

  test(
    "should mutate everything except 'skip-me' configmaps",
    withServer(async (world) => {
      const server = await start({ "/add": addData })
      const matchConditions = [{ name: "skip-me", expression: "object.metadata.name != 'skip-me'" }]
      await world.post(
        mutatingConfigurations,
        mutatingConfiguration("c", webhook({ server, path: "/add", more: { matchConditions } })),
      )
      expect(await dataOf(world, "skip-me")).toBeUndefined()
      expect(await dataOf(world, "a")).toBe("yes")
    }),
  )

  test(
    "should not be able to mutate or prevent deletion of webhook configuration objects",
    withServer(async (world) => {
      const server = await start({
        "/no": deny(),
        "/change": patch({ op: "add", path: "/metadata/labels", value: { changed: "yes" } }),
      })
      const about = {
        server,
        groups: ["admissionregistration.k8s.io"],
        resources: ["*"],
        operations: ["*"],
      }
      await world.post(
        validatingConfigurations,
        validatingConfiguration("no", webhook({ ...about, path: "/no" })),
      )
      await world.post(
        mutatingConfigurations,
        mutatingConfiguration("change", webhook({ ...about, path: "/change" })),
      )
      for (const [path, configuration] of [
        [validatingConfigurations, validatingConfiguration("dummy")],
        [mutatingConfigurations, mutatingConfiguration("dummy")],
      ] as const) {
        const made = await world.post(path, configuration)
        expect([made.status, at(made.json, "metadata.labels")]).toEqual([201, undefined])
        expect((await world.delete(`${path}/dummy`)).status).toBe(200)
      }
      expect(server.asked).toEqual([])
    }),
  )

  test(
    "should unconditionally reject operations on fail closed webhook",
    withServer(async (world) => {
      const server = { url: "https://127.0.0.1:1", caBundle: "" }
      await world.post("/api/v1/namespaces", { metadata: { name: "closed", labels: { closed: "yes" } } })
      const more = { namespaceSelector: { matchLabels: { closed: "yes" } }, failurePolicy: "Fail" }
      await world.post(
        validatingConfigurations,
        validatingConfiguration("c", webhook({ server, path: "/x", name: "fail-closed.example.com", more })),
      )
      const refused = await world.post(configMaps.replace("default", "closed"), configMap("a"))
      expect([refused.status, refused.json.reason, refused.json.message]).toEqual([
        500,
        "InternalError",
        'Internal error occurred: failed calling webhook "fail-closed.example.com": failed to call webhook: Post ' +
          '"https://127.0.0.1:1/x?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused',
      ])
      expect((await world.post(configMaps, configMap("a"))).status).toBe(201)
    }),
  )
})

const api = "/apis/admissionregistration.k8s.io/v1"

const policyOf = (name: string, spec: JsonObject): JsonObject => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicy",
  metadata: { name, labels: { set: "a" } },
  spec: {
    matchConstraints: {
      resourceRules: [
        { apiGroups: ["example.com"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["widgets"] },
      ],
    },
    ...spec,
  },
})

const bindingOf = (name: string, policyName: string): JsonObject => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: { name, labels: { set: "a" } },
  spec: { policyName, validationActions: ["Deny"] },
})

describe("ValidatingAdmissionPolicy", () => {
  test(
    "should validate against a Deployment",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd())
      const validations = [
        {
          expression: "object.spec.replicas > 1",
          messageExpression: "'wants replicas > 1, got ' + string(object.spec.replicas)",
        },
        {
          expression: "namespaceObject.metadata.name == 'default'",
          message: "Internal error! Other namespace should not be allowed.",
        },
      ]
      await world.post(`${api}/validatingadmissionpolicies`, policyOf("replicas", { validations }))
      await world.post(`${api}/validatingadmissionpolicybindings`, bindingOf("replicas-binding", "replicas"))
      expect((await world.post(widgets, widget("two", { replicas: 2 }))).status).toBe(201)
      const refused = await world.post(widgets, widget("one", { replicas: 1 }))
      expect([refused.status, refused.json.reason, refused.json.message]).toEqual([
        422,
        "Invalid",
        "widgets.example.com \"one\" is forbidden: ValidatingAdmissionPolicy 'replicas' with binding 'replicas-binding' " +
          "denied request: wants replicas > 1, got 1",
      ])
    }),
  )

  test(
    "should allow expressions to refer variables",
    withServer(async (world) => {
      await world.post(crds, widgetsCrd())
      await world.post(
        `${api}/validatingadmissionpolicies`,
        policyOf("p", {
          variables: [
            { name: "replicas", expression: "object.spec.replicas" },
            { name: "oddReplicas", expression: "variables.replicas % 2 == 1" },
          ],
          validations: [{ expression: "variables.replicas > 1" }, { expression: "variables.oddReplicas" }],
        }),
      )
      await world.post(`${api}/validatingadmissionpolicybindings`, bindingOf("b", "p"))
      expect((await world.post(widgets, widget("three", { replicas: 3 }))).status).toBe(201)
      const one = await world.post(widgets, widget("one", { replicas: 1 }))
      expect(one.json.message).toContain("failed expression: variables.replicas > 1")
      const four = await world.post(widgets, widget("four", { replicas: 4 }))
      expect(four.json.message).toContain("failed expression: variables.oddReplicas")
    }),
  )

  test.each([
    [
      "ValidatingAdmissionPolicy",
      "validatingadmissionpolicies",
      policyOf("p", { validations: [{ expression: "true" }] }),
    ],
    ["ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", bindingOf("p", "x")],
  ] as const)("should support %s API operations", (kind, plural, document) =>
    withServer(async (world) => {
      const path = `${api}/${plural}`
      const made = await world.post(path, document)
      expect([made.status, made.json.kind]).toEqual([201, kind])
      expect((await world.get(`${path}/p`)).json).toEqual(made.json)
      expect(items((await world.get(`${path}?labelSelector=set%3Da`)).json)).toHaveLength(1)
      const revision = String(at(made.json, "metadata.resourceVersion"))
      const watch = await world.watch(`${path}?watch=true&resourceVersion=${revision}`)
      const patched = await world.patch(`${path}/p`, "merge", {
        metadata: { annotations: { patched: "true" } },
      })
      expect(at(patched.json, "metadata.annotations.patched")).toBe("true")
      const updated = await world.put(`${path}/p`, {
        ...patched.json,
        metadata: {
          ...(patched.json.metadata as JsonObject),
          annotations: { patched: "true", updated: "true" },
        },
      })
      expect(at(updated.json, "metadata.annotations.updated")).toBe("true")
      const events = await watch.take(2)
      expect(events.map(({ type }) => type)).toEqual(["MODIFIED", "MODIFIED"])
      watch.close()
      expect((await world.delete(`${path}/p`)).status).toBe(200)
      expect((await world.get(`${path}/p`)).status).toBe(404)
      await world.post(path, document)
      expect((await world.delete(`${path}?labelSelector=set%3Da`)).status).toBe(200)
      expect(items((await world.get(path)).json)).toHaveLength(0)
    })(),
  )

  test(
    "should support the status of a ValidatingAdmissionPolicy",
    withServer(async (world) => {
      const path = `${api}/validatingadmissionpolicies`
      await world.post(path, policyOf("p", { validations: [{ expression: "true" }] }))
      const condition = {
        type: "StatusPatched",
        status: "True",
        reason: "Test",
        message: "set by a test",
        lastTransitionTime: "2030-01-01T00:00:00Z",
      }
      const patched = await world.patch(`${path}/p/status`, "merge", { status: { conditions: [condition] } })
      expect(at(patched.json, "status.conditions")).toEqual([condition])
      expect(at((await world.get(`${path}/p/status`)).json, "status.conditions")).toEqual([condition])
    }),
  )
})

describe("NamespaceLifecycle", () => {
  test(
    "nothing is created in a namespace that is missing, or going",
    withServer(async (world) => {
      const missing = await world.post(configMaps.replace("default", "missing"), configMap("a"))
      expect([missing.status, missing.json.message]).toEqual([404, 'namespaces "missing" not found'])
      await world.post("/api/v1/namespaces", { metadata: { name: "going" } })
      expect((await world.delete("/api/v1/namespaces/going")).status).toBe(200)
      const going = await world.post(configMaps.replace("default", "going"), configMap("a"))
      expect([going.status, going.json.reason, going.json.message]).toEqual([
        403,
        "Forbidden",
        'configmaps "a" is forbidden: unable to create new content in namespace going because it is being terminated',
      ])
      expect(at(going.json, "details.causes.0")).toEqual({
        reason: "NamespaceTerminating",
        message: "namespace going is being terminated",
        field: "metadata.namespace",
      })
    }),
  )

  test.each(["default", "kube-system", "kube-public"])("the namespace %s cannot be deleted", (name) =>
    withServer(async (world) => {
      const refused = await world.delete(`/api/v1/namespaces/${name}`)
      expect([refused.status, refused.json.message]).toEqual([
        403,
        `namespaces "${name}" is forbidden: this namespace may not be deleted`,
      ])
    })(),
  )
})
