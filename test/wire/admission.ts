/** Statements 2.11.128 to 2.11.132: what webhooks and policies see, refuse and change, and when. */
import { describe, expect } from "vitest"
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
} from "../../apiserver/admission/testing/webhook-server.ts"
import type { Json, JsonObject } from "../../schemas/index.ts"
import {
  at,
  causesOf,
  configMap,
  configMaps,
  defineWidgets,
  refusal,
  type World,
  widget,
  widgets,
} from "./documents.ts"
import { type Suite, statementsOf } from "./suite.ts"

const api = "/apis/admissionregistration.k8s.io/v1"
const policies = `${api}/validatingadmissionpolicies`
const bindings = `${api}/validatingadmissionpolicybindings`
const namespaces = "/api/v1/namespaces"

/** A test body beside a webhook, which is closed after it. */
export const withWebhook =
  (
    handlers: { readonly [path: string]: WebhookHandler },
    body: (world: World, server: WebhookServer) => Promise<void>,
  ) =>
  async (world: World): Promise<void> => {
    const server = await startWebhookServer(handlers)
    try {
      await body(world, server)
    } finally {
      await server.close()
    }
  }

const inForce = async (world: World, path: string, configuration: JsonObject): Promise<void> => {
  const { status, text } = await world.post(path, configuration)
  if (status !== 201) throw new Error(text)
}

const validating = (world: World, name: string, options: WebhookOptions) =>
  inForce(world, validatingConfigurations, validatingConfiguration(name, webhook(options)))
const mutating = (world: World, name: string, options: WebhookOptions) =>
  inForce(world, mutatingConfigurations, mutatingConfiguration(name, webhook(options)))

const ofWidgets = { groups: ["example.com"], resources: ["widgets"] }

const policy = (name: string, spec: JsonObject, more: JsonObject = {}): JsonObject => ({
  metadata: { name },
  spec: {
    matchConstraints: {
      resourceRules: [
        { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"], ...more },
      ],
    },
    ...spec,
  },
})
const binding = (name: string, policyName: string, spec: JsonObject = {}): JsonObject => ({
  metadata: { name },
  spec: { policyName, validationActions: ["Deny"], ...spec },
})
const bound = async (world: World, document: JsonObject, more: JsonObject = {}): Promise<void> => {
  await inForce(world, policies, document)
  await inForce(world, bindings, binding("b", String(at(document, "metadata.name")), more))
}

/** Appends a letter to `data.seen`. */
const seen =
  (letter: string): WebhookHandler =>
  (review) => {
    const before = at(review, "request.object.data.seen") ?? ""
    return patch({ op: "add", path: "/data/seen", value: `${before}${letter}` })(review)
  }

export const admissionSuite: Suite = (name, openServer) => {
  const statement = statementsOf(openServer)
  describe(`${name}: 2.11 admission`, () => {
    statement(
      "2.11.128 mutating webhooks come first, by the names of their configurations, then the schema, policies, validating webhooks",
      withWebhook(
        { "/a": seen("a"), "/b": seen("b"), "/v": deny({ message: "no" }) },
        async (world, server) => {
          await mutating(world, "b-second", { server, path: "/b" })
          await mutating(world, "a-first", { server, path: "/a" })
          await validating(world, "v", { server, path: "/v" })
          const validations = [{ expression: "object.data.seen != 'ab' || object.metadata.name != 'policy'" }]
          await bound(world, policy("p", { validations }))
          const invalid = await world.post(configMaps, configMap("Not-A-Name", { x: "1" }))
          expect([invalid.status, server.asked.map(({ path }) => path)]).toEqual([422, ["/a", "/b"]])
          const byPolicy = await world.post(configMaps, configMap("policy", { x: "1" }))
          expect([byPolicy.status, server.asked.length]).toEqual([422, 4])
          const byWebhook = await world.post(configMaps, configMap("webhook", { x: "1" }))
          expect(byWebhook.json.message).toContain(
            'admission webhook "test.example.com" denied the request: no',
          )
          expect(at(server.asked.at(-1)?.body, "request.object.data.seen")).toBe("ab")
        },
      ),
    )

    statement(
      "2.11.128 a webhook is asked again only when it wants that and another has changed the object",
      withWebhook({ "/a": seen("a"), "/b": seen("b") }, async (world, server) => {
        const again = { reinvocationPolicy: "IfNeeded" }
        await mutating(world, "a", { server, path: "/a", more: again })
        await mutating(world, "b", { server, path: "/b" })
        const made = await world.post(configMaps, configMap("m", { x: "1" }))
        expect(at(made.json, "data.seen")).toBe("aba")
      }),
    )

    statement(
      "2.11.128 after mutation the object is pruned and defaulted again",
      withWebhook(
        {
          "/change": patch(
            { op: "add", path: "/spec/undeclared", value: 1 },
            { op: "remove", path: "/spec/color" },
          ),
        },
        async (world, server) => {
          await defineWidgets(world)
          await mutating(world, "m", { server, path: "/change", ...ofWidgets })
          const made = await world.post(widgets, widget("w", { color: "blue" }))
          expect([made.status, made.json.spec]).toEqual([201, { color: "red" }])
        },
      ),
    )

    statement(
      "2.11.129 the answer has the uid of the question, a patch is JSON Patch in base64, warnings become headers",
      withWebhook(
        {
          "/other": (review) => ({
            ...reviewed(review, { allowed: true }),
            response: { uid: "other", allowed: true },
          }),
          "/add": (review) => ({
            ...reviewed(review, {
              allowed: true,
              warnings: ["mind the gap"],
              patchType: "JSONPatch",
              patch: Buffer.from('[{"op":"add","path":"/data/added","value":"1"}]').toString("base64"),
            }),
          }),
        },
        async (world, server) => {
          await mutating(world, "add", { server, path: "/add" })
          const made = await world.post(configMaps, configMap("a", { x: "1" }))
          expect([at(made.json, "data.added"), made.headers.warning]).toEqual(["1", '299 - "mind the gap"'])
          const [asked] = server.asked
          expect(asked?.body).toMatchObject({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" })
          expect(at(asked?.body, "request.operation")).toBe("CREATE")
          await validating(world, "other", { server, path: "/other" })
          const refused = await world.post(configMaps, configMap("b", { x: "1" }))
          expect([refused.status, refused.json.message]).toEqual([
            500,
            expect.stringContaining('failed calling webhook "test.example.com": '),
          ])
        },
      ),
    )

    statement(
      "2.11.129 a denial says who and why, with the code that it gives",
      withWebhook(
        {
          "/plain": deny(),
          "/why": deny({ message: "not today", code: 418, reason: "Forbidden" }),
        },
        async (world, server) => {
          await validating(world, "plain", { server, path: "/plain" })
          expect(refusal(await world.post(configMaps, configMap("a")))).toEqual([
            403,
            "Forbidden",
            'admission webhook "test.example.com" denied the request without explanation',
          ])
          await world.delete(`${validatingConfigurations}/plain`)
          await validating(world, "why", { server, path: "/why" })
          const refused = await world.post(configMaps, configMap("a"))
          expect([refused.status, refused.json.message]).toEqual([
            418,
            'admission webhook "test.example.com" denied the request: not today',
          ])
        },
      ),
    )

    statement(
      "2.11.129 a webhook that cannot be reached refuses or is passed over, as it says; its timeout is 1 to 30 s, 10 without a word",
      withWebhook({ "/ask": allow }, async (world, server) => {
        const nowhere = { url: "https://127.0.0.1:1", caBundle: "" }
        const aim = { server: nowhere, path: "/x" }
        await validating(world, "ignored", { ...aim, more: { failurePolicy: "Ignore" } })
        expect((await world.post(configMaps, configMap("a"))).status).toBe(201)
        await validating(world, "asked", { server, path: "/ask" })
        await world.post(configMaps, configMap("b"))
        expect(server.asked.map(({ query }) => query)).toEqual(["timeout=10s"])
        await validating(world, "needed", aim)
        expect(refusal(await world.post(configMaps, configMap("c")))).toEqual([
          500,
          "InternalError",
          expect.stringContaining('failed calling webhook "test.example.com": '),
        ])
        for (const timeoutSeconds of [0, 31]) {
          const document = validatingConfiguration("t", webhook({ ...aim, more: { timeoutSeconds } }))
          const answer = await world.post(validatingConfigurations, document)
          expect([answer.status, causesOf(answer)[0]?.field]).toEqual([422, "webhooks[0].timeoutSeconds"])
        }
      }),
    )

    statement(
      "2.11.130 namespaceSelector, objectSelector, matchConditions and rules narrow what is asked",
      withWebhook({ "/ask": allow }, async (world, server) => {
        await world.post(namespaces, { metadata: { name: "watched", labels: { watched: "yes" } } })
        const inWatched = configMaps.replace("default", "watched")
        await validating(world, "v", {
          server,
          path: "/ask",
          operations: ["CREATE"],
          more: {
            namespaceSelector: { matchLabels: { watched: "yes" } },
            objectSelector: { matchExpressions: [{ key: "skip", operator: "DoesNotExist" }] },
            matchConditions: [{ name: "not-me", expression: "object.metadata.name != 'me'" }],
          },
        })
        await world.post(configMaps, configMap("elsewhere"))
        await world.post(inWatched, configMap("skipped", {}, { labels: { skip: "1" } }))
        await world.post(inWatched, configMap("me"))
        await world.post("/api/v1/namespaces/watched/secrets", { metadata: { name: "secret" } })
        expect(server.asked).toEqual([])
        await world.post(inWatched, configMap("a"))
        await world.patch(`${inWatched}/a`, "merge", { data: { x: "1" } })
        expect(server.asked.map(({ body }) => at(body, "request.name"))).toEqual(["a"])
      }),
    )

    statement(
      "2.11.130 rules tell cluster scope from namespaces, and subresources by name",
      withWebhook({ "/ask": allow, "/status": allow }, async (world, server) => {
        await defineWidgets(world)
        const rules = [
          {
            apiGroups: ["*"],
            apiVersions: ["*"],
            operations: ["*"],
            resources: ["*"],
            scope: "Cluster",
          },
        ]
        await validating(world, "cluster", { server, path: "/ask", more: { rules } })
        await validating(world, "status", {
          server,
          path: "/status",
          groups: ["example.com"],
          resources: ["widgets/status"],
          operations: ["UPDATE"],
        })
        await world.post(widgets, widget("w"))
        await world.patch(`${widgets}/w`, "merge", { spec: { color: "blue" } })
        await world.patch(`${widgets}/w/status`, "merge", { status: { message: "m" } })
        await world.post(namespaces, { metadata: { name: "n" } })
        expect(server.asked.map(({ path, body }) => [path, at(body, "request.resource.resource")])).toEqual([
          ["/status", "widgets"],
          ["/ask", "namespaces"],
        ])
        expect(at(server.asked[0]?.body, "request.subResource")).toBe("status")
      }),
    )

    statement(
      "2.11.130 an invalid condition is refused, and configurations themselves are never asked about",
      withWebhook({ "/no": deny() }, async (world, server) => {
        const matchConditions = [{ name: "bad", expression: "object." }]
        const bad = webhook({ server, path: "/no", more: { matchConditions } })
        expect(
          refusal(await world.post(validatingConfigurations, validatingConfiguration("bad", bad))),
        ).toEqual([422, "Invalid", expect.stringContaining("compilation failed")])
        const rules = [{ apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*/*"] }]
        await validating(world, "all", { server, path: "/no", more: { rules } })
        expect((await world.post(configMaps, configMap("a"))).status).toBe(403)
        const other = validatingConfiguration("other", webhook({ server, path: "/no" }))
        expect((await world.post(validatingConfigurations, other)).status).toBe(201)
        expect((await world.delete(`${validatingConfigurations}/all`)).status).toBe(200)
      }),
    )

    statement(
      "2.11.131 a policy is in force where a binding says so, with variables and params",
      async (world) => {
        await world.post(configMaps, configMap("limits", { max: "2" }))
        const document = policy("p", {
          paramKind: { apiVersion: "v1", kind: "ConfigMap" },
          matchConditions: [{ name: "not-limits", expression: "object.metadata.name != 'limits'" }],
          variables: [{ name: "count", expression: "size(object.data)" }],
          validations: [{ expression: "variables.count <= int(params.data.max)" }],
        })
        await inForce(world, policies, document)
        const three = { a: "", b: "", c: "" }
        expect((await world.post(configMaps, configMap("before", three))).status).toBe(201)
        const paramRef = { name: "limits", parameterNotFoundAction: "Deny" }
        await inForce(world, bindings, binding("b", "p", { paramRef }))
        expect(refusal(await world.post(configMaps, configMap("after", three)))).toEqual([
          422,
          "Invalid",
          "configmaps \"after\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed expression: " +
            "variables.count <= int(params.data.max)",
        ])
        expect((await world.post(configMaps, configMap("after", { a: "" }))).status).toBe(201)
      },
    )

    statement("2.11.131 a message stands instead of the expression, a reason has its code", async (world) => {
      const validations = [{ expression: "false", message: "said so", reason: "Forbidden" }]
      await bound(world, policy("p", { validations }))
      expect(refusal(await world.post(configMaps, configMap("a")))).toEqual([
        403,
        "Forbidden",
        "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: said so",
      ])
    })

    statement("2.11.131 Warn warns instead, and type checking finds what can never be", async (world) => {
      await defineWidgets(world)
      const validations = [{ expression: "object.spec.colour == 'red'", message: "must be red" }]
      const document = policy(
        "p",
        { validations, failurePolicy: "Ignore" },
        {
          apiGroups: ["example.com"],
          resources: ["widgets"],
        },
      )
      await inForce(world, policies, document)
      const checked = (await world.get(`${policies}/p`)).json
      expect(JSON.stringify(at(checked, "status.typeChecking"))).toContain("undefined field 'colour'")
      await world.patch(`${policies}/p`, "merge", {
        spec: { validations: [{ expression: "object.spec.color == 'red'", message: "must be red" }] },
      })
      await inForce(world, bindings, binding("b", "p", { validationActions: ["Warn"] }))
      const made = await world.post(widgets, widget("w", { color: "blue" }))
      expect([made.status, made.headers.warning]).toEqual([
        201,
        "299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': must be red\"",
      ])
    })

    statement("2.11.132 nothing is created in a namespace that is missing or going", async (world) => {
      const missing = await world.post(configMaps.replace("default", "missing"), configMap("a"))
      expect(refusal(missing)).toEqual([404, "NotFound", 'namespaces "missing" not found'])
      await world.post(namespaces, { metadata: { name: "going" } })
      await world.delete(`${namespaces}/going`)
      const going = await world.post(configMaps.replace("default", "going"), configMap("a"))
      expect(refusal(going)).toEqual([
        403,
        "Forbidden",
        'configmaps "a" is forbidden: unable to create new content in namespace going because it is being terminated',
      ])
      expect(causesOf(going)).toEqual([
        {
          reason: "NamespaceTerminating",
          message: "namespace going is being terminated",
          field: "metadata.namespace",
        },
      ])
    })

    statement("2.11.132 three namespaces are never deleted", async (world) => {
      const answers: Array<readonly [number, Json | undefined, Json | undefined]> = []
      for (const kept of ["default", "kube-system", "kube-public"])
        answers.push(refusal(await world.delete(`${namespaces}/${kept}`)))
      expect(answers).toEqual(
        ["default", "kube-system", "kube-public"].map((kept) => [
          403,
          "Forbidden",
          `namespaces "${kept}" is forbidden: this namespace may not be deleted`,
        ]),
      )
    })
  })
}
