import { expect, test } from "vitest"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { parseAuditPolicy } from "../audit/policy.ts"
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

const api = "/apis/admissionregistration.k8s.io/v1"
const policies = `${api}/validatingadmissionpolicies`
const bindings = `${api}/validatingadmissionpolicybindings`

const rule = (more: JsonObject = {}): JsonObject => ({
  apiGroups: [""],
  apiVersions: ["v1"],
  operations: ["CREATE", "UPDATE"],
  resources: ["configmaps"],
  ...more,
})

const policy = (spec: JsonObject, rules: ReadonlyArray<Json> = [rule()]): JsonObject => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicy",
  metadata: { name: "p" },
  spec: { matchConstraints: { resourceRules: rules }, ...spec },
})

const binding = (spec: JsonObject = {}, name = "b"): JsonObject => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: { name },
  spec: { policyName: "p", validationActions: ["Deny"], ...spec },
})

const many = (count: number, make: (index: number) => Json): ReadonlyArray<Json> =>
  Array.from({ length: count }, (_, index) => make(index))

const enforce = async (world: World, spec: JsonObject, bound: JsonObject = {}): Promise<void> => {
  const made = await world.post(policies, policy(spec))
  expect(made.json.message).toBeUndefined()
  expect((await world.post(bindings, binding(bound))).json.message).toBeUndefined()
}

const denied =
  "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: "

test.each([
  ["its expression", { expression: "object.data.x == 'y'" }, "failed expression: object.data.x == 'y'"],
  ["its message", { expression: "false", message: " said so " }, "said so"],
  ["its messageExpression", { expression: "false", messageExpression: "'x is ' + object.data.x" }, "x is 1"],
  [
    "its message, where the messageExpression fails",
    { expression: "false", message: "m", messageExpression: "object.data.z" },
    "m",
  ],
] as const)("a rule that is false refuses with %s", (_name, validation, message) =>
  withServer(async (world) => {
    await enforce(world, { validations: [validation] })
    const refused = await world.post(configMaps, configMap("a", { x: "1" }))
    expect([refused.status, refused.json.reason]).toEqual([422, "Invalid"])
    expect(refused.json.message).toBe(`${denied}${message}`)
    expect(at(refused.json, "details")).toMatchObject({ name: "a", kind: "configmaps" })
  })(),
)

test.each([
  ["Forbidden", 403],
  ["RequestEntityTooLarge", 413],
  ["Invalid", 422],
] as const)("the reason %s is told with its code", (reason, code) =>
  withServer(async (world) => {
    await enforce(world, { validations: [{ expression: "false", reason }] })
    const refused = await world.post(configMaps, configMap("a"))
    expect([refused.status, refused.json.reason]).toEqual([code, reason])
  })(),
)

test(
  "a policy is in force only where a binding says so, and no longer when that is gone",
  withServer(async (world) => {
    await world.post(policies, policy({ validations: [{ expression: "false" }] }))
    expect((await world.post(configMaps, configMap("a"))).status).toBe(201)
    await world.post(
      bindings,
      binding({ matchResources: { resourceRules: [rule({ operations: ["UPDATE"] })] } }),
    )
    expect((await world.post(configMaps, configMap("b"))).status).toBe(201)
    expect((await world.patch(`${configMaps}/b`, "merge", { data: { x: "1" } })).status).toBe(422)
    await world.delete(`${bindings}/b`)
    expect((await world.patch(`${configMaps}/b`, "merge", { data: { x: "1" } })).status).toBe(200)
  }),
)

test(
  "expressions know the object, the old one, the request, the namespace, variables and the authorizer",
  withServer(async (world) => {
    await world.patch("/api/v1/namespaces/default", "merge", { metadata: { labels: { env: "test" } } })
    await enforce(world, {
      variables: [
        { name: "before", expression: "oldObject == null ? 0 : int(oldObject.data.n)" },
        { name: "next", expression: "variables.before + 1" },
      ],
      validations: [
        { expression: "int(object.data.n) == variables.next" },
        { expression: "request.operation in ['CREATE', 'UPDATE'] && request.userInfo.username == 'admin'" },
        { expression: "namespaceObject.metadata.labels.env == 'test'" },
        {
          expression: "authorizer.group('').resource('pods').namespace('default').check('create').allowed()",
        },
        { expression: "authorizer.requestResource.check('delete').allowed()" },
      ],
    })
    const made = await world.post(configMaps, configMap("a", { n: "1" }))
    expect(made.json.message).toBeUndefined()
    expect((await world.patch(`${configMaps}/a`, "merge", { data: { n: "2" } })).status).toBe(200)
    const refused = await world.patch(`${configMaps}/a`, "merge", { data: { n: "4" } })
    expect(refused.json.message).toBe(`${denied}failed expression: int(object.data.n) == variables.next`)
  }),
)

test.each([
  ["Fail", 422],
  ["Ignore", 201],
] as const)("an expression that cannot be evaluated, with failurePolicy %s", (failurePolicy, status) =>
  withServer(async (world) => {
    await enforce(world, { failurePolicy, validations: [{ expression: "object.data.missing == 'x'" }] })
    const answer = await world.post(configMaps, configMap("a", { x: "1" }))
    expect(answer.status).toBe(status)
    if (status === 422)
      expect(answer.json.message).toBe(
        `${denied}expression 'object.data.missing == 'x'' resulted in error: no such key: missing`,
      )
  })(),
)

test(
  "matchConditions narrow a policy",
  withServer(async (world) => {
    await enforce(world, {
      matchConditions: [{ name: "not-mine", expression: "object.metadata.name != 'mine'" }],
      validations: [{ expression: "false" }],
    })
    expect((await world.post(configMaps, configMap("mine"))).status).toBe(201)
    expect((await world.post(configMaps, configMap("a"))).status).toBe(422)
  }),
)

test(
  "Warn warns, and lets pass",
  withServer(async (world) => {
    await enforce(
      world,
      { validations: [{ expression: "false", message: "m" }] },
      { validationActions: ["Warn"] },
    )
    const made = await world.post(configMaps, configMap("a"))
    expect([made.status, made.headers.warning]).toEqual([
      201,
      "299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': m\"",
    ])
  }),
)

test("Audit and auditAnnotations are noted in the audit event of the request", () => {
  const lines: string[] = []
  const all = JSON.stringify({
    apiVersion: "audit.k8s.io/v1",
    kind: "Policy",
    omitStages: ["RequestReceived"],
    rules: [{ level: "Metadata" }],
  })
  const audit = {
    policy: parseAuditPolicy(all),
    write: (line: string) => {
      lines.push(line)
    },
  }
  return withServer(
    async (world) => {
      const auditAnnotations = [
        { key: "x", valueExpression: "'x=' + object.data.x" },
        { key: "none", valueExpression: "null" },
      ]
      const validations = [{ expression: "false", message: "m" }]
      await enforce(world, { validations, auditAnnotations }, { validationActions: ["Audit"] })
      expect((await world.post(configMaps, configMap("a", { x: "1" }))).status).toBe(201)
      await new Promise(setImmediate)
      const events = lines.map((line) => JSON.parse(line))
      const { annotations } = events.find(({ requestURI }) => requestURI === configMaps)
      const failure = "validation.policy.admission.k8s.io/validation_failure"
      expect(Object.keys(annotations)).toEqual(expect.arrayContaining(["p/x", failure]))
      expect(annotations["p/none"]).toBeUndefined()
      expect(annotations["p/x"]).toBe("x=1")
      expect(JSON.parse(annotations[failure])).toEqual([
        { message: "m", policy: "p", binding: "b", expressionIndex: 0, validationActions: ["Audit"] },
      ])
    },
    { audit },
  )()
})

const limited = { paramKind: { apiVersion: "v1", kind: "ConfigMap" } }
const withLimit = {
  ...limited,
  matchConditions: [{ name: "no-params", expression: "!object.metadata.name.startsWith('limit')" }],
  validations: [
    { expression: "object.data.x == params.data.x", messageExpression: "'must be ' + params.data.x" },
  ],
}

test(
  "parameters by name are those of the request's namespace, or of the one that is named",
  withServer(async (world) => {
    await world.post("/api/v1/namespaces", { metadata: { name: "other" } })
    await world.post(configMaps, configMap("limit", { x: "1" }))
    await world.post(configMaps.replace("default", "other"), configMap("limit", { x: "2" }))
    const paramRef = { name: "limit", parameterNotFoundAction: "Deny" }
    await enforce(world, withLimit, { paramRef })
    const make = (namespace: string, x: string) =>
      world.post(`${configMaps.replace("default", namespace)}?dryRun=All`, configMap("a", { x }))
    expect((await make("default", "1")).status).toBe(201)
    expect((await make("default", "2")).json.message).toBe(`${denied}must be 1`)
    expect((await make("other", "2")).status).toBe(201)
    await world.patch(`${bindings}/b`, "merge", { spec: { paramRef: { ...paramRef, namespace: "other" } } })
    expect((await make("default", "2")).status).toBe(201)
  }),
)

test(
  "parameters by labels are each evaluated by themselves",
  withServer(async (world) => {
    for (const [name, x] of [
      ["limit-a", "1"],
      ["limit-b", "2"],
    ] as const)
      await world.post(configMaps, configMap(name, { x }, { labels: { limit: "yes" } }))
    await enforce(world, withLimit, {
      paramRef: { selector: { matchLabels: { limit: "yes" } }, parameterNotFoundAction: "Deny" },
    })
    expect((await world.post(configMaps, configMap("a", { x: "1" }))).json.message).toBe(`${denied}must be 2`)
    await world.delete(`${configMaps}/limit-b`)
    expect((await world.post(configMaps, configMap("a", { x: "1" }))).status).toBe(201)
  }),
)

test.each([
  ["Allow", 201, undefined],
  [
    "Deny",
    422,
    `${denied}failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
  ],
] as const)("missing parameters with %s", (parameterNotFoundAction, status, message) =>
  withServer(async (world) => {
    await enforce(world, withLimit, { paramRef: { name: "limit", parameterNotFoundAction } })
    const answer = await world.post(configMaps, configMap("a", { x: "1" }))
    expect([answer.status, answer.json.message]).toEqual([status, message])
  })(),
)

test(
  "an unknown paramKind is a mistake of the policy",
  withServer(async (world) => {
    await enforce(
      world,
      { ...withLimit, paramKind: { apiVersion: "example.com/v1", kind: "Widget" } },
      { paramRef: { name: "limit", parameterNotFoundAction: "Deny" } },
    )
    expect((await world.post(configMaps, configMap("a", { x: "1" }))).json.message).toContain(
      "ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by " +
        "paramKind: 'example.com/v1, Kind=Widget'",
    )
  }),
)

test(
  "a policy is checked against the schemas of the kinds that it names",
  withServer(async (world) => {
    await world.post(crds, widgetsCrd())
    const about = rule({ apiGroups: ["example.com"], resources: ["widgets"] })
    const spec = {
      validations: [
        { expression: "object.spec.color != ''" },
        { expression: "object.spec.colour != ''", messageExpression: "object.spec.replicas" },
      ],
    }
    const refused = await world.post(policies, policy(spec, [about]))
    expect(refused.json.message).toBeUndefined()
    expect(at(refused.json, "status.observedGeneration")).toBe(1)
    const warnings = at(
      refused.json,
      "status.typeChecking.expressionWarnings",
    ) as unknown as ReadonlyArray<JsonObject>
    expect(warnings.map(({ fieldRef }) => fieldRef)).toEqual(["spec.validations[1].expression"])
    expect(warnings[0]?.warning).toContain(
      "example.com/v1, Kind=Widget: ERROR: <input>:1:12: undefined field 'colour'",
    )
    const mended = await world.patch(`${policies}/p`, "json", [
      { op: "replace", path: "/spec/validations/1/expression", value: "true" },
    ])
    expect(mended.json.status).toEqual({ observedGeneration: 2, typeChecking: {} })
    expect(at(mended.json, "metadata.generation")).toBe(2)
    const labelled = await world.patch(`${policies}/p`, "merge", { metadata: { labels: { a: "b" } } })
    expect(at(labelled.json, "status.observedGeneration")).toBe(2)
    await world.post(bindings, binding())
    expect((await world.post(widgets, widget("w"))).status).toBe(201)
  }),
)

const bad = (spec: JsonObject): JsonObject => policy({ validations: [{ expression: "true" }], ...spec })

test.each([
  [
    "an expression that does not compile",
    policy({ validations: [{ expression: "object.x ==" }] }),
    "spec.validations[0].expression",
  ],
  [
    "an expression that is no bool",
    policy({ validations: [{ expression: "1 + 1" }] }),
    "spec.validations[0].expression",
  ],
  [
    "a messageExpression that is no string",
    policy({ validations: [{ expression: "true", messageExpression: "1" }] }),
    "spec.validations[0].messageExpression",
  ],
  ["nothing to check", policy({}), "spec.validations"],
  ["no rules", policy({ validations: [{ expression: "true" }] }, []), "spec.matchConstraints.resourceRules"],
  [
    "a rule without operations",
    bad({ matchConstraints: { resourceRules: [rule({ operations: [] })] } }),
    "spec.matchConstraints.resourceRules[0].operations",
  ],
  [
    "a condition that does not compile",
    bad({ matchConditions: [{ name: "a", expression: "nope" }] }),
    "spec.matchConditions[0].expression",
  ],
  [
    "a variable that is no identifier",
    bad({ variables: [{ name: "a-b", expression: "1" }] }),
    "spec.variables[0].name",
  ],
  [
    "a variable used before it is there",
    bad({ variables: [{ name: "a", expression: "variables.b" }] }),
    "spec.variables[0].expression",
  ],
  [
    "params without a paramKind",
    policy({ validations: [{ expression: "params.x" }] }),
    "spec.validations[0].expression",
  ],
  [
    "an unknown reason",
    policy({ validations: [{ expression: "true", reason: "Odd" }] }),
    "spec.validations[0].reason",
  ],
  [
    "a message of two lines",
    policy({ validations: [{ expression: "true", message: "a\nb" }] }),
    "spec.validations[0].message",
  ],
  [
    "a paramKind without a version",
    bad({ paramKind: { apiVersion: "a/", kind: "B" } }),
    "spec.paramKind.apiVersion",
  ],
  [
    "an annotation that is a number",
    bad({ auditAnnotations: [{ key: "a", valueExpression: "1" }] }),
    "spec.auditAnnotations[0].valueExpression",
  ],
] as const)("a policy with %s is refused", (_name, document, field) =>
  withServer(async (world) => {
    const refused = await world.post(policies, document as unknown as Json)
    expect(refused.status).toBe(422)
    const causes = at(refused.json, "details.causes") as unknown as ReadonlyArray<JsonObject>
    expect(causes.map((cause) => cause.field)).toContain(field)
  })(),
)

test.each([
  ["no policy", { policyName: "" }, "spec.policyName"],
  ["no action", { validationActions: [] }, "spec.validationActions"],
  ["both Deny and Warn", { validationActions: ["Deny", "Warn"] }, "spec.validationActions"],
  [
    "both a name and a selector",
    { paramRef: { name: "a", selector: {}, parameterNotFoundAction: "Deny" } },
    "spec.paramRef.name",
  ],
  ["neither a name nor a selector", { paramRef: { parameterNotFoundAction: "Deny" } }, "spec.paramRef"],
  ["parameters without an action", { paramRef: { name: "a" } }, "spec.paramRef.parameterNotFoundAction"],
] as const)("a binding with %s is refused", (_name, spec, field) =>
  withServer(async (world) => {
    const refused = await world.post(bindings, binding(spec as unknown as JsonObject))
    expect(refused.status).toBe(422)
    const causes = at(refused.json, "details.causes") as unknown as ReadonlyArray<JsonObject>
    expect(causes.map((cause) => cause.field)).toContain(field)
  })(),
)

test.each([
  ["spec.variables", { variables: many(201, (index) => ({ name: `v${index}`, expression: "1" })) }],
  ["spec.validations", { validations: many(501, () => ({ expression: "true" })) }],
  [
    "spec.matchConditions",
    { matchConditions: many(65, (index) => ({ name: `c${index}`, expression: "(" })) },
  ],
  ["spec.auditAnnotations", { auditAnnotations: many(21, () => ({ key: "", valueExpression: "(" })) }],
] as const)("more than are compiled are refused by their number alone: %s", (field, spec) =>
  withServer(async (world) => {
    const refused = await world.post(policies, policy({ validations: [{ expression: "true" }], ...spec }))
    expect(refused.status).toBe(422)
    expect(at(refused.json, "details.causes")).toEqual([
      expect.objectContaining({ field, message: expect.stringContaining("Too many") }),
    ])
  })(),
)
