import { expect, test } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { at, configMap, configMaps, withServer } from "../test-world.ts"
import {
  mutatingConfiguration,
  mutatingConfigurations,
  validatingConfiguration,
  validatingConfigurations,
  webhook,
} from "./testing/webhook-server.ts"

const server = { url: "https://127.0.0.1:1", caBundle: "" }

const odd = (more: JsonObject): JsonObject => webhook({ server, path: "/x", more })

const oddRule = (rule: JsonObject): JsonObject =>
  odd({
    rules: [{ apiGroups: ["a"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["b"], ...rule }],
  })

test.each([
  ["a name of two parts", odd({ name: "a.b" }), "name"],
  ["neither URL nor Service", odd({ clientConfig: {} }), "clientConfig"],
  [
    "both URL and Service",
    odd({ clientConfig: { url: "https://x", service: { name: "a", namespace: "b" } } }),
    "clientConfig",
  ],
  ["a URL that is not https", odd({ clientConfig: { url: "http://x" } }), "clientConfig.url"],
  ["a URL with a query", odd({ clientConfig: { url: "https://x/?a=b" } }), "clientConfig.url"],
  ["a URL with a password", odd({ clientConfig: { url: "https://a:b@x/" } }), "clientConfig.url"],
  [
    "a path without a slash",
    odd({ clientConfig: { service: { name: "a", namespace: "b", path: "c" } } }),
    "clientConfig.service.path",
  ],
  [
    "a port out of range",
    odd({ clientConfig: { service: { name: "a", namespace: "b", port: 70_000 } } }),
    "clientConfig.service.port",
  ],
  [
    "a caBundle that is no PEM",
    odd({ clientConfig: { url: "https://x", caBundle: "aGk=" } }),
    "clientConfig.caBundle",
  ],
  ["a timeout of a minute", odd({ timeoutSeconds: 60 }), "timeoutSeconds"],
  ["side effects", odd({ sideEffects: "Some" }), "sideEffects"],
  ["a version that is not spoken", odd({ admissionReviewVersions: ["v9"] }), "admissionReviewVersions"],
  ["no versions", odd({ admissionReviewVersions: [] }), "admissionReviewVersions"],
  ["an unknown failurePolicy", odd({ failurePolicy: "Perhaps" }), "failurePolicy"],
  [
    "a selector that is none",
    odd({ objectSelector: { matchExpressions: [{ key: "a", operator: "In" }] } }),
    "objectSelector.matchExpressions[0].values",
  ],
  ["a rule with * beside others", oddRule({ operations: ["*", "CREATE"] }), "rules[0].operations"],
  ["a rule with an empty version", oddRule({ apiVersions: [""] }), "rules[0].apiVersions[0]"],
  ["a rule with resources covered twice", oddRule({ resources: ["b/*", "b/c"] }), "rules[0].resources[1]"],
  ["a rule with */* beside others", oddRule({ resources: ["*/*", "b"] }), "rules[0].resources"],
  [
    "a condition that does not compile",
    odd({ matchConditions: [{ name: "a", expression: "..." }] }),
    "matchConditions[0].expression",
  ],
  [
    "a condition that is no bool",
    odd({ matchConditions: [{ name: "a", expression: "'a'" }] }),
    "matchConditions[0].expression",
  ],
  [
    "a condition without a name",
    odd({ matchConditions: [{ name: "", expression: "true" }] }),
    "matchConditions[0].name",
  ],
  [
    "too many conditions",
    odd({ matchConditions: Array.from({ length: 65 }, (_, i) => ({ name: `c${i}`, expression: "true" })) }),
    "matchConditions",
  ],
] as const)("a configuration with %s is refused", (_name, hook, field) =>
  withServer(async (world) => {
    for (const [path, configuration] of [
      [mutatingConfigurations, mutatingConfiguration("c", hook)],
      [validatingConfigurations, validatingConfiguration("c", hook)],
    ] as const) {
      const refused = await world.post(path, configuration)
      expect(refused.status).toBe(422)
      const causes = at(refused.json, "details.causes") as unknown as ReadonlyArray<JsonObject>
      expect(causes.map((cause) => cause.field)).toContain(`webhooks[0].${field}`)
    }
  })(),
)

test(
  "what is not said is defaulted",
  withServer(async (world) => {
    const made = await world.post(
      mutatingConfigurations,
      mutatingConfiguration("c", webhook({ server, path: "/x" })),
    )
    expect(made.status).toBe(201)
    expect(at(made.json, "webhooks.0")).toMatchObject({
      failurePolicy: "Fail",
      matchPolicy: "Equivalent",
      namespaceSelector: {},
      objectSelector: {},
      reinvocationPolicy: "Never",
      timeoutSeconds: 10,
      rules: [{ scope: "*" }],
    })
    expect(at(made.json, "metadata.generation")).toBe(1)
  }),
)

test(
  "two webhooks of one name are refused",
  withServer(async (world) => {
    const hook = webhook({ server, path: "/x" })
    const refused = await world.post(validatingConfigurations, validatingConfiguration("c", hook, hook))
    expect(refused.json.message).toContain("webhooks[1]: Duplicate value")
  }),
)

test.each([
  ["true", 500],
  ["object.metadata.name == 'a'", 500],
  ["object.metadata.name != 'a'", 201],
  ["request.operation == 'CREATE' && request.resource.resource == 'configmaps'", 500],
  ["authorizer.requestResource.check('create').allowed()", 500],
] as const)("the condition %s decides whether a webhook is called", (expression, status) =>
  withServer(async (world) => {
    const hook = webhook({ server, path: "/x", more: { matchConditions: [{ name: "c", expression }] } })
    await world.post(validatingConfigurations, validatingConfiguration("c", hook))
    expect((await world.post(configMaps, configMap("a"))).status).toBe(status)
  })(),
)

test.each([
  ["Fail", 403],
  ["Ignore", 201],
] as const)("a condition that cannot be evaluated, with failurePolicy %s", (failurePolicy, status) =>
  withServer(async (world) => {
    const matchConditions = [{ name: "c", expression: "object.missing == 1" }]
    const hook = webhook({
      server,
      path: "/x",
      more: { failurePolicy, matchConditions } as unknown as JsonObject,
    })
    await world.post(validatingConfigurations, validatingConfiguration("c", hook))
    const answer = await world.post(configMaps, configMap("a"))
    expect(answer.status).toBe(status)
    if (status === 403) expect(answer.json.message).toContain("resulted in error: no such key: missing")
  })(),
)

test(
  "dry runs are refused by webhooks that may have side effects",
  withServer(async (world) => {
    const { resource, store } = { resource: validatingConfigurations, store: world.store }
    const made = await world.post(resource, validatingConfiguration("c", webhook({ server, path: "/x" })))
    const key = "/registry/admissionregistration.k8s.io/validatingwebhookconfigurations/c"
    const { kv } = await store.get(key)
    const text = Buffer.from(kv?.value ?? new Uint8Array()).toString("utf8")
    const old = text.replace('"sideEffects":"None"', '"sideEffects":"Unknown"')
    await store.put({ key, value: Buffer.from(old), expect: { modRevision: kv?.modRevision ?? 0n } })
    expect(made.status).toBe(201)
    await world.get(`${resource}/c`)
    const refused = await world.post(`${configMaps}?dryRun=All`, configMap("a"))
    expect([refused.status, refused.json.message]).toEqual([
      400,
      'admission webhook "test.example.com" does not support dry run',
    ])
  }),
)

test(
  "discovery names the kinds",
  withServer(async (world) => {
    const listed = (await world.get("/apis/admissionregistration.k8s.io/v1")).json
      .resources as unknown as ReadonlyArray<JsonObject>
    expect(listed.map(({ name }) => name as Json)).toEqual(
      expect.arrayContaining([
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicies/status",
        "validatingadmissionpolicybindings",
      ]),
    )
  }),
)

test.each([
  ["mutating", mutatingConfigurations, mutatingConfiguration],
  ["validating", validatingConfigurations, validatingConfiguration],
] as const)("a Table of %s configurations counts their webhooks", (_kind, path, configuration) =>
  withServer(async (world) => {
    const hooks = ["a.example.com", "b.example.com"].map((name) => webhook({ server, path: "/x", name }))
    await world.post(path, configuration("c", ...hooks))
    const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" }
    const { json } = await world.get(path, { headers })
    expect([at(json, "columnDefinitions.1.type"), at(json, "rows.0.cells")]).toEqual([
      "integer",
      ["c", 2, "0s"],
    ])
  })(),
)
