import { afterEach, expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import {
  at,
  configMap,
  configMaps,
  crds,
  type World,
  widget,
  widgets,
  widgetsCrd,
  withServer,
} from "../test-world.ts"
import {
  allow,
  deny,
  mutatingConfiguration,
  mutatingConfigurations,
  patch,
  reviewed,
  startWebhookServer,
  validatingConfiguration,
  validatingConfigurations,
  type WebhookHandler,
  type WebhookOptions,
  type WebhookServer,
  webhook,
} from "./testing/webhook-server.ts"

let open: WebhookServer[] = []
afterEach(async () => {
  await Promise.all(open.map((server) => server.close()))
  open = []
})

const start = async (
  handlers: { readonly [path: string]: WebhookHandler },
  hosts?: ReadonlyArray<string>,
) => {
  const server = await startWebhookServer(handlers, hosts)
  open.push(server)
  return server
}

type More = Omit<WebhookOptions, "server" | "path">

/** A validating webhook in force. */
const validating = async (world: World, server: WebhookServer, path: string, more: More = {}) => {
  const configuration = validatingConfiguration(`v${path.slice(1)}`, webhook({ server, path, ...more }))
  expect((await world.post(validatingConfigurations, configuration)).json.message).toBeUndefined()
}

const mutating = async (world: World, server: WebhookServer, path: string, more: More = {}) => {
  const configuration = mutatingConfiguration(`m${path.slice(1)}`, webhook({ server, path, ...more }))
  expect((await world.post(mutatingConfigurations, configuration)).json.message).toBeUndefined()
}

test(
  "a webhook is asked with the whole review",
  withServer(async (world) => {
    const server = await start({ "/ask": allow })
    await validating(world, server, "/ask")
    const query = "dryRun=All&fieldManager=me&fieldValidation=Strict"
    const made = await world.post(`${configMaps}?${query}`, configMap("a", { x: "1" }))
    expect(made.status).toBe(201)
    const [asked] = server.asked
    expect(asked?.query).toBe("timeout=10s")
    const { request, ...review } = asked?.body ?? {}
    expect(review).toEqual({ kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1" })
    const { uid, object, ...rest } = request as JsonObject
    expect(uid).toMatch(/^[0-9a-f-]{36}$/)
    expect(at(object, "data.x")).toBe("1")
    expect(at(object, "metadata.uid")).toBe(at(made.json, "metadata.uid"))
    const kind = { group: "", version: "v1", kind: "ConfigMap" }
    const resource = { group: "", version: "v1", resource: "configmaps" }
    expect(rest).toEqual({
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      name: "a",
      namespace: "default",
      operation: "CREATE",
      userInfo: { username: "admin", groups: ["system:masters", "system:authenticated"] },
      oldObject: null,
      dryRun: true,
      options: {
        kind: "CreateOptions",
        apiVersion: "meta.k8s.io/v1",
        dryRun: ["All"],
        fieldManager: "me",
        fieldValidation: "Strict",
      },
    })
  }),
)

test(
  "an update shows both objects, a deletion the old one only",
  withServer(async (world) => {
    const server = await start({ "/ask": allow })
    await validating(world, server, "/ask", { operations: ["UPDATE", "DELETE"] })
    const made = await world.post(configMaps, configMap("a", { x: "1" }))
    await world.patch(`${configMaps}/a`, "merge", { data: { x: "2" } })
    await world.delete(`${configMaps}/a`, { propagationPolicy: "Background" })
    const [update, removal] = server.asked.map(({ body }) => body.request as JsonObject)
    expect([at(update, "oldObject.data.x"), at(update, "object.data.x")]).toEqual(["1", "2"])
    const revision = at(made.json, "metadata.resourceVersion")
    expect(at(update, "object.metadata.resourceVersion")).toBe(revision)
    expect(at(update, "options.kind")).toBe("UpdateOptions")
    expect([removal?.object, at(removal, "oldObject.data.x")]).toEqual([null, "2"])
    expect(removal?.options).toEqual({
      kind: "DeleteOptions",
      apiVersion: "meta.k8s.io/v1",
      propagationPolicy: "Background",
    })
  }),
)

const message = 'admission webhook "test.example.com" denied the request'

test.each([
  ["nothing", {}, [403, "Forbidden", `${message} without explanation`]],
  ["a message", { message: "no" }, [403, "Forbidden", `${message}: no`]],
  ["a reason", { reason: "Conflict" }, [409, "Conflict", `${message}: Conflict`]],
  ["a code", { code: 400, message: "no" }, [400, undefined, `${message}: no`]],
  ["all", { code: 422, reason: "Invalid", message: "no" }, [422, "Invalid", `${message}: no`]],
  ["a success", { code: 200, status: "Success", message: "no" }, [403, "Forbidden", `${message}: no`]],
] as const)("a denial with %s is told", (_name, status, expected) =>
  withServer(async (world) => {
    const server = await start({ "/no": deny(status) })
    await validating(world, server, "/no")
    const refused = await world.post(configMaps, configMap("a"))
    expect([refused.status, refused.json.reason, refused.json.message]).toEqual(expected)
    expect(at(refused.json, "status")).toBe("Failure")
    expect((await world.get(`${configMaps}/a`)).status).toBe(404)
  })(),
)

test(
  "a patch is applied, then pruned and defaulted again, and the creator does not own it",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const server = await start({
      "/change": patch(
        { op: "add", path: "/spec/junk", value: 1 },
        { op: "remove", path: "/spec/color" },
        { op: "add", path: "/spec/replicas", value: 3 },
        { op: "add", path: "/status", value: { message: "made up" } },
        { op: "replace", path: "/metadata/uid", value: "mine" },
      ),
    })
    await mutating(world, server, "/change", { groups: ["example.com"], resources: ["widgets"] })
    const made = await world.post(widgets, widget("w", { color: "blue" }))
    expect([made.status, made.json.spec, made.json.status]).toEqual([
      201,
      { color: "red", replicas: 3 },
      undefined,
    ])
    expect(at(made.json, "metadata.uid")).not.toBe("mine")
    expect(at(made.json, "metadata.generation")).toBe(1)
    expect(at(made.json, "metadata.managedFields.0.fieldsV1.f:spec")).toEqual({ ".": {}, "f:color": {} })
  }),
)

test(
  "an invalid object after mutation is refused before validating webhooks are asked",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const server = await start({
      "/break": patch({ op: "add", path: "/spec/replicas", value: -1 }),
      "/ask": allow,
    })
    const about = { groups: ["example.com"], resources: ["widgets"] }
    await mutating(world, server, "/break", about)
    await validating(world, server, "/ask", about)
    const refused = await world.post(widgets, widget("w"))
    expect([refused.status, at(refused.json, "details.causes.0.field")]).toEqual([422, "spec.replicas"])
    expect(server.asked.map(({ path }) => path)).toEqual(["/break"])
  }),
)

test.each([
  ["no JSON Patch", patch({ op: "increment", path: "/data/x" })],
  ["a patch of a missing path", patch({ op: "remove", path: "/data/y" })],
  ["a patch of the kind", patch({ op: "replace", path: "/kind", value: "Secret" })],
] as const)("%s is an internal error, whatever the failurePolicy", (_name, handler) =>
  withServer(async (world) => {
    const server = await start({ "/bad": handler })
    await mutating(world, server, "/bad", { more: { failurePolicy: "Ignore" } })
    const refused = await world.post(configMaps, configMap("a", { x: "1" }))
    expect([refused.status, refused.json.reason]).toEqual([500, "InternalError"])
  })(),
)

test.each([
  [
    "an answer to another question",
    (review: JsonObject) => reviewed(review, { allowed: true, uid: "x" }),
    "expected response.uid=",
  ],
  [
    "no response",
    () => ({ kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1" }),
    "webhook response was absent",
  ],
  [
    "another version",
    (review: JsonObject) => ({
      ...reviewed(review, { allowed: true }),
      apiVersion: "admission.k8s.io/v1beta1",
    }),
    "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got admission.k8s.io/v1beta1, Kind=AdmissionReview",
  ],
  [
    "a patch without its type",
    (review: JsonObject) => reviewed(review, { allowed: true, patch: "W10=" }),
    "not response.patchType",
  ],
  ["no JSON", () => "hello", "json parse error"],
  ["an HTTP error", () => 503, "HTTP status 503"],
  ["too much", () => `"${"x".repeat(17 * 1024 * 1024)}"`, "longer than"],
] as const)("%s counts as no answer: Fail refuses, Ignore passes", (_name, handler, text) =>
  withServer(async (world) => {
    const server = await start({ "/odd": handler })
    await mutating(world, server, "/odd")
    const refused = await world.post(configMaps, configMap("a"))
    expect([refused.status, refused.json.reason]).toEqual([500, "InternalError"])
    expect(refused.json.message).toContain(
      'Internal error occurred: failed calling webhook "test.example.com": failed to call webhook: ',
    )
    expect(refused.json.message).toContain(text)
    await world.patch(`${mutatingConfigurations}/modd`, "json", [
      { op: "replace", path: "/webhooks/0/failurePolicy", value: "Ignore" },
    ])
    expect((await world.post(configMaps, configMap("a"))).status).toBe(201)
  })(),
)

test(
  "the certificate is verified against the caBundle",
  withServer(async (world) => {
    const server = await start({ "/ask": allow })
    const stranger = await start({})
    await validating(world, { ...server, caBundle: stranger.caBundle }, "/ask")
    const refused = await world.post(configMaps, configMap("a"))
    expect(refused.status).toBe(500)
    expect(refused.json.message).toContain("tls: failed to verify certificate")
    expect(server.asked).toEqual([])
  }),
)

test("a Service is found by the resolver, and its certificate must name the Service", async () => {
  const server = await start({ "/ask": allow, "/other": allow }, ["hook.default.svc"])
  await withServer(
    async (world) => {
      const service = (name: string, path: string) => ({
        clientConfig: { service: { namespace: "default", name, path }, caBundle: server.caBundle },
      })
      await validating(world, server, "/ask", { more: service("hook", "/ask") })
      expect((await world.post(configMaps, configMap("a"))).status).toBe(201)
      expect(server.asked.map(({ path }) => path)).toEqual(["/ask"])
      await validating(world, server, "/other", { more: service("other", "/other") })
      const refused = await world.post(configMaps, configMap("b"))
      expect(refused.json.message).toContain(
        'Post "https://other.default.svc:443/other?timeout=10s": tls: failed',
      )
      await world.delete(`${validatingConfigurations}/vother`)
      await validating(world, server, "/none", { more: service("none", "/none") })
      expect((await world.post(configMaps, configMap("b"))).json.message).toContain(
        'service "none" not found',
      )
    },
    {
      resolveService: ({ name }) => (name === "none" ? undefined : { host: "127.0.0.1", port: server.port }),
    },
  )()
})

test(
  "a webhook that takes too long is given up at its timeout",
  withServer(async (world) => {
    const server = await start({ "/hang": () => undefined })
    await validating(world, server, "/hang", { more: { timeoutSeconds: 5 } })
    const answer = world.post(configMaps, configMap("a"))
    await server.reached(1)
    world.ambient.advance(5_000)
    const refused = await answer
    expect(refused.status).toBe(500)
    expect(refused.json.message).toContain(`Post "${server.url}/hang?timeout=5s": context deadline exceeded`)
  }),
)

test(
  "connections are reused",
  withServer(async (world) => {
    const server = await start({ "/ask": allow })
    await validating(world, server, "/ask")
    for (const name of ["a", "b", "c"])
      expect((await world.post(configMaps, configMap(name))).status).toBe(201)
    expect([server.asked.length, server.connections()]).toEqual([3, 1])
  }),
)

test(
  "a connection that the webhook has given up is no failure",
  withServer(async (world) => {
    const server = await start({ "/ask": allow })
    await validating(world, server, "/ask")
    expect((await world.post(configMaps, configMap("a"))).status).toBe(201)
    server.cutReused()
    expect((await world.post(configMaps, configMap("b"))).json.message).toBeUndefined()
    expect([server.asked.length, server.connections()]).toEqual([2, 2])
  }),
)

test(
  "mutating webhooks are asked by the names of their configurations, each seeing what came before",
  withServer(async (world) => {
    const append =
      (word: string): WebhookHandler =>
      (review) => {
        const before = String(at(review, "request.object.data.order") ?? "")
        return patch({ op: "add", path: "/data/order", value: `${before}${word}` })(review)
      }
    const server = await start({ "/b": append("b"), "/a": append("a"), "/c": append("c") })
    await mutating(world, server, "/b")
    await mutating(world, server, "/a")
    await mutating(world, server, "/c")
    const made = await world.post(configMaps, configMap("x", { order: "" }))
    expect(at(made.json, "data.order")).toBe("abc")
  }),
)

test.each([
  ["Never", ["/a", "/b"]],
  ["IfNeeded", ["/a", "/b", "/a"]],
] as const)("with reinvocationPolicy %s a webhook is called as often as it should be", (policy, calls) =>
  withServer(async (world) => {
    const server = await start({
      "/a": patch({ op: "add", path: "/data/a", value: "1" }),
      "/b": patch({ op: "add", path: "/data/b", value: "1" }),
    })
    await mutating(world, server, "/a", { more: { reinvocationPolicy: policy } })
    await mutating(world, server, "/b", { more: { reinvocationPolicy: policy } })
    await world.post(configMaps, configMap("x", { order: "" }))
    expect(server.asked.map(({ path }) => path)).toEqual(calls)
  })(),
)

test(
  "warnings become headers",
  withServer(async (world) => {
    const server = await start({
      "/warn": (review) => reviewed(review, { allowed: true, warnings: ["old", "slow"] }),
    })
    await validating(world, server, "/warn")
    expect((await world.post(configMaps, configMap("a"))).headers.warning).toBe('299 - "old", 299 - "slow"')
  }),
)

const match = (labels: JsonObject) => ({ matchLabels: labels })

test.each([
  ["a namespace with the label", { namespaceSelector: match({ team: "a" }) }, true],
  ["a namespace without the label", { namespaceSelector: match({ team: "b" }) }, false],
  ["an object with the label", { objectSelector: match({ app: "x" }) }, true],
  ["an object without the label", { objectSelector: match({ app: "y" }) }, false],
  [
    "an object that an expression selects",
    { objectSelector: { matchExpressions: [{ key: "app", operator: "NotIn", values: ["y"] }] } },
    true,
  ],
] as const)("of %s a webhook is asked or not", (_name, more, asked) =>
  withServer(async (world) => {
    const server = await start({ "/ask": allow })
    await world.patch("/api/v1/namespaces/default", "merge", { metadata: { labels: { team: "a" } } })
    await validating(world, server, "/ask", { more: more as unknown as JsonObject })
    await world.post(configMaps, configMap("a", {}, { labels: { app: "x" } }))
    expect(server.asked.length).toBe(asked ? 1 : 0)
  })(),
)

test.each([
  ["resources *", { resources: ["*"] }, ["main"]],
  ["a subresource", { resources: ["widgets/status"] }, ["status"]],
  ["all subresources", { resources: ["widgets/*"] }, ["main", "status", "scale"]],
  ["everything", { resources: ["*/*"] }, ["main", "status", "scale"]],
  ["another group", { groups: ["apps"] }, []],
  ["cluster scope", { scope: "Cluster" }, []],
  ["namespaced scope", { scope: "Namespaced" }, ["main"]],
] as const)("rules with %s are about what they say", (_name, rule, expected) =>
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const server = await start({ "/ask": allow })
    const { groups = ["example.com"], resources = ["widgets"], scope = "*" } = { ...(rule as JsonObject) }
    const rules = [{ apiGroups: groups, apiVersions: ["*"], operations: ["UPDATE"], resources, scope }]
    await validating(world, server, "/ask", { more: { rules } as JsonObject })
    await world.post(widgets, widget("w"))
    await world.patch(`${widgets}/w`, "merge", { spec: { color: "blue" } })
    await world.patch(`${widgets}/w/status`, "merge", { status: { message: "hi" } })
    await world.patch(`${widgets}/w/scale`, "merge", { spec: { replicas: 2 } })
    expect(server.asked.map(({ body }) => at(body, "request.subResource") ?? "main")).toEqual(expected)
  })(),
)

test(
  "the scale subresource is reviewed, and mutated, as a Scale",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const server = await start({ "/more": patch({ op: "replace", path: "/spec/replicas", value: 5 }) })
    await mutating(world, server, "/more", {
      groups: ["example.com"],
      resources: ["widgets/scale"],
      operations: ["UPDATE"],
    })
    await world.post(widgets, widget("w", { replicas: 1 }))
    await world.patch(`${widgets}/w/scale`, "merge", { spec: { replicas: 2 } })
    expect(at((await world.get(`${widgets}/w`)).json, "spec.replicas")).toBe(5)
    expect(at(server.asked[0]?.body, "request.kind")).toEqual({
      group: "autoscaling",
      version: "v1",
      kind: "Scale",
    })
    expect(at(server.asked[0]?.body, "request.oldObject.spec.replicas")).toBe(1)
  }),
)

test(
  "matchPolicy Equivalent shows the object in the version of the rule, Exact only speaks of its own",
  withServer(async (world) => {
    const crd = widgetsCrd()
    const [v1] = (crd.spec as JsonObject).versions as ReadonlyArray<JsonObject>
    await world.post(crds, widgetsCrd({ versions: [v1 ?? {}, { ...v1, name: "v2", storage: false }] }))
    const server = await start({
      "/equivalent": patch({ op: "replace", path: "/spec/color", value: "green" }),
      "/exact": allow,
    })
    const about = { groups: ["example.com"], resources: ["widgets"] }
    await mutating(world, server, "/equivalent", about)
    await mutating(world, server, "/exact", { ...about, more: { matchPolicy: "Exact" } })
    const made = await world.post(widgets.replace("v1", "v2"), {
      ...widget("w"),
      apiVersion: "example.com/v2",
    })
    expect([made.status, made.json.apiVersion, at(made.json, "spec.color")]).toEqual([
      201,
      "example.com/v2",
      "green",
    ])
    expect(server.asked.map(({ path }) => path)).toEqual(["/equivalent"])
    const { request } = server.asked[0]?.body ?? {}
    expect([
      at(request, "object.apiVersion"),
      at(request, "kind.version"),
      at(request, "requestKind.version"),
    ]).toEqual(["example.com/v1", "v1", "v2"])
  }),
)

test(
  "a deleted or changed configuration is no longer in force when that is answered",
  withServer(async (world) => {
    const server = await start({ "/no": deny() })
    await validating(world, server, "/no")
    expect((await world.post(configMaps, configMap("a"))).status).toBe(403)
    await world.patch(`${validatingConfigurations}/vno`, "json", [
      { op: "replace", path: "/webhooks/0/rules/0/operations", value: ["UPDATE"] },
    ])
    expect((await world.post(configMaps, configMap("a"))).status).toBe(201)
    expect((await world.patch(`${configMaps}/a`, "merge", { data: { x: "1" } })).status).toBe(403)
    await world.delete(`${validatingConfigurations}/vno`)
    expect((await world.patch(`${configMaps}/a`, "merge", { data: { x: "1" } })).status).toBe(200)
  }),
)

test(
  "a collection is deleted object by object past the webhooks",
  withServer(async (world) => {
    const server = await start({ "/ask": allow })
    await validating(world, server, "/ask", { operations: ["DELETE"] })
    for (const name of ["a", "b"]) await world.post(configMaps, configMap(name))
    expect((await world.delete(configMaps)).status).toBe(200)
    expect(server.asked.map(({ body }) => at(body, "request.name"))).toEqual(["a", "b"])
  }),
)

const rbac = "/apis/rbac.authorization.k8s.io/v1"

test(
  "a webhook cannot give away what the writer may not give",
  withServer(async (world) => {
    const everything = { apiGroups: ["*"], resources: ["*"], verbs: ["*"] }
    const server = await start({ "/more": patch({ op: "add", path: "/rules", value: [everything] }) })
    const about = { groups: ["rbac.authorization.k8s.io"], resources: ["roles"] }
    const roles = { apiGroups: ["rbac.authorization.k8s.io"], resources: ["roles"], verbs: ["create"] }
    await world.post(`${rbac}/clusterroles`, { metadata: { name: "writer" }, rules: [roles] })
    await world.post(`${rbac}/clusterrolebindings`, {
      metadata: { name: "writer" },
      subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "jane" }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "writer" },
    })
    const user = { name: "jane", groups: ["system:authenticated"] }
    const path = `${rbac}/namespaces/default/roles`
    expect(
      (await world.post(path, { metadata: { name: "a" }, rules: [] }, { user })).json.message,
    ).toBeUndefined()
    await mutating(world, server, "/more", about)
    const refused = await world.post(path, { metadata: { name: "b" }, rules: [] }, { user })
    expect([refused.status, refused.json.reason]).toEqual([403, "Forbidden"])
    expect(refused.json.message).toContain("attempting to grant RBAC permissions not currently held")
    expect((await world.post(path, { metadata: { name: "b" }, rules: [] })).status).toBe(201)
  }),
)
