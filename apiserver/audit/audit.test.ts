import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import type { UserInfo } from "../exchange.ts"
import { parseRequestInfo } from "../request-info.ts"
import { at, configMap, configMaps, type World, withServer } from "../test-world.ts"
import { openAuditFile } from "./audit-file.ts"
import { AuditPolicyError, decideAudit, parseAuditPolicy } from "./policy.ts"

const policyOf = (rules: ReadonlyArray<object>, more: object = {}) =>
  parseAuditPolicy(JSON.stringify({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules, ...more }))

const jane: UserInfo = { name: "jane", groups: ["dev", "system:authenticated"] }
const secrets = "/api/v1/namespaces/default/secrets"

const decide = (rules: ReadonlyArray<object>, [method, url]: readonly [string, string]) =>
  decideAudit(policyOf(rules), jane, parseRequestInfo(method, url))?.level

const get = ["GET", `${configMaps}/a`] as const

test.each([
  ["nothing that is not named", [{ level: "Request", verbs: ["list"] }], get, undefined],
  ["the first rule, not the best", [{ level: "None" }, { level: "Request" }], get, undefined],
  ["a rule for everything", [{ level: "Metadata" }], get, "Metadata"],
  [
    "a user",
    [
      { level: "None", users: ["joe"] },
      { level: "Request", users: ["jane"] },
    ],
    get,
    "Request",
  ],
  [
    "a group",
    [
      { level: "None", userGroups: ["ops"] },
      { level: "Request", userGroups: ["dev"] },
    ],
    get,
    "Request",
  ],
  [
    "a namespace",
    [
      { level: "None", namespaces: ["kube-system"] },
      { level: "Request", namespaces: ["default"] },
    ],
    get,
    "Request",
  ],
  [
    "a resource of the group",
    [
      { level: "None", resources: [{ group: "apps" }] },
      { level: "Request", resources: [{ group: "" }] },
    ],
    get,
    "Request",
  ],
  [
    "a name",
    [{ level: "Request", resources: [{ group: "", resources: ["configmaps"], resourceNames: ["b"] }] }],
    get,
    undefined,
  ],
  [
    "a subresource by its own name",
    [{ level: "Request", resources: [{ group: "", resources: ["pods"] }] }],
    ["GET", "/api/v1/namespaces/default/pods/p/log"],
    undefined,
  ],
  ["a path", [{ level: "Request", nonResourceURLs: ["/healthz*"] }], ["GET", "/healthz/ping"], "Request"],
  ["no resource by paths", [{ level: "Request", nonResourceURLs: ["*"] }], get, undefined],
  ["Secrets no more than by name", [{ level: "RequestResponse" }], ["GET", `${secrets}/s`], "Metadata"],
  [
    "Secrets no more than by name, with a star",
    [{ level: "Request", resources: [{ group: "", resources: ["*"] }] }],
    ["POST", secrets],
    "Metadata",
  ],
  [
    "Secrets where they are named",
    [{ level: "Request", resources: [{ group: "", resources: ["secrets"] }] }],
    ["POST", secrets],
    "Request",
  ],
  [
    "tokens no more than by name",
    [{ level: "Request" }],
    ["POST", "/api/v1/namespaces/default/serviceaccounts/a/token"],
    "Metadata",
  ],
  [
    "tokens that are asked about no more than by name",
    [{ level: "Request" }],
    ["POST", "/apis/authentication.k8s.io/v1/tokenreviews"],
    "Metadata",
  ],
] as const)("a policy writes %s", (_name, rules, request, level) => {
  expect(decide(rules, request)).toBe(level)
})

test.each([
  ["another kind", { apiVersion: "v1", kind: "ConfigMap", rules: [{ level: "None" }] }],
  ["no rules", { apiVersion: "audit.k8s.io/v1", kind: "Policy" }],
  ["an unknown level", { apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [{ level: "All" }] }],
  [
    "an unknown stage",
    { apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [{ level: "None" }], omitStages: ["End"] },
  ],
  [
    "a rule for both sorts",
    {
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      rules: [{ level: "None", resources: [{}], nonResourceURLs: ["/"] }],
    },
  ],
  [
    "a list of users that is none",
    { apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [{ level: "None", users: "me" }] },
  ],
])("a policy with %s is refused", (_name, policy) => {
  expect(() => parseAuditPolicy(JSON.stringify(policy))).toThrow(AuditPolicyError)
})

/** The end of a request is written just after its answer has gone. */
const written = () => new Promise((resolve) => setImmediate(resolve))

/** A server whose audit events are kept. */
const audited = (
  policy: ReturnType<typeof policyOf>,
  body: (world: World, events: ReadonlyArray<JsonObject>) => Promise<void>,
) => {
  const events: JsonObject[] = []
  const write = (line: string): void => {
    events.push(JSON.parse(line))
  }
  return withServer((world) => body(world, events), { audit: { policy, write } })
}

test(
  "a request is written when it comes and when it has been answered, under one id",
  audited(policyOf([{ level: "Metadata" }]), async (world, events) => {
    const { headers } = await world.post(configMaps, configMap("a", { k: "v" }), {
      headers: { "user-agent": "test/1" },
    })
    await written()
    expect(events.map(({ stage }) => stage)).toEqual(["RequestReceived", "ResponseComplete"])
    expect(events[1]).toEqual({
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: "Metadata",
      auditID: headers["audit-id"],
      stage: "ResponseComplete",
      requestURI: configMaps,
      verb: "create",
      user: { username: "admin", groups: ["system:masters", "system:authenticated"] },
      userAgent: "test/1",
      objectRef: { resource: "configmaps", namespace: "default", apiVersion: "v1" },
      responseStatus: { metadata: {}, code: 201 },
      requestReceivedTimestamp: "2030-01-01T00:00:00.000000Z",
      stageTimestamp: "2030-01-01T00:00:00.000000Z",
      annotations: { "authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "" },
    })
  }),
)

test.each([
  ["Metadata", undefined, undefined],
  ["Request", "v", undefined],
  ["RequestResponse", "v", "v"],
] as const)("at level %s, bodies are written as far as it says", (level, sent, answered) =>
  audited(policyOf([{ level, omitStages: ["RequestReceived"] }]), async (world, events) => {
    await world.post(configMaps, configMap("a", { k: "v" }))
    await written()
    expect(events).toHaveLength(1)
    expect([at(events[0], "requestObject.data.k"), at(events[0], "responseObject.data.k")]).toEqual([
      sent,
      answered,
    ])
  })(),
)

test(
  "managedFields are left out where the policy says so, of objects and of lists",
  audited(policyOf([{ level: "RequestResponse" }], { omitManagedFields: true }), async (world, events) => {
    await world.post(configMaps, configMap("a", { k: "v" }))
    await world.get(configMaps)
    await written()
    expect(at(events.at(-1), "responseObject.items.0.metadata.name")).toBe("a")
    expect(JSON.stringify(events)).not.toContain("managedFields")
    expect((await world.get(configMaps)).text).toContain("managedFields")
  }),
)

test(
  "nothing of a Secret is written, unless the policy names Secrets",
  audited(policyOf([{ level: "RequestResponse" }]), async (world, events) => {
    await world.post(secrets, { metadata: { name: "s" }, stringData: { password: "hunter2" } })
    await world.get(`${secrets}/s`)
    await written()
    const text = JSON.stringify(events)
    expect(text).not.toContain("hunter2")
    expect(text).not.toContain(Buffer.from("hunter2").toString("base64"))
    expect(events).toHaveLength(4)
  }),
)

test(
  "a watch is written when it begins",
  audited(policyOf([{ level: "RequestResponse" }]), async (world, events) => {
    const watch = await world.watch(`${configMaps}?watch=1&timeoutSeconds=5`)
    await world.post(configMaps, configMap("a"))
    await watch.next()
    const ofWatch = () => events.filter(({ verb }) => verb === "watch").map(({ stage }) => stage)
    expect(ofWatch()).toEqual(["RequestReceived", "ResponseStarted"])
    world.ambient.advance(6_000)
    expect(await watch.next()).toBeUndefined()
    await written()
    expect(ofWatch()).toEqual(["RequestReceived", "ResponseStarted", "ResponseComplete"])
  }),
)

test(
  "who acts as whom, and what was refused, is written",
  audited(policyOf([{ level: "Metadata" }]), async (world, events) => {
    await world.get(configMaps, { headers: { "impersonate-user": "joe" } })
    await written()
    const last = events.at(-1)
    expect([at(last, "user.username"), at(last, "impersonatedUser.username")]).toEqual(["admin", "joe"])
    expect([at(last, "responseStatus.code"), last?.annotations]).toEqual([
      403,
      { "authorization.k8s.io/decision": "forbid", "authorization.k8s.io/reason": "" },
    ])
  }),
)

test("a defect of the server is written as a panic", () => {
  const events: JsonObject[] = []
  const write = (line: string): void => {
    events.push(JSON.parse(line))
  }
  const authorize = {
    authorize: () => {
      throw new Error("a defect")
    },
  }
  return withServer(
    async (world) => {
      expect((await world.get(configMaps, { user: jane })).status).toBe(500)
      await written()
      expect(events.map(({ stage }) => stage)).toEqual(["RequestReceived", "Panic", "ResponseComplete"])
    },
    { authorize, audit: { policy: policyOf([{ level: "Metadata" }]), write } },
  )()
})

test(
  "a body too large for the log is left out, and the event says so",
  audited(policyOf([{ level: "Request" }]), async (world, events) => {
    const big = Object.fromEntries(["a", "b", "c"].map((key) => [key, "x".repeat(400_000)]))
    await world.post(configMaps, configMap("a", big))
    await written()
    const last = events.at(-1)
    expect([last?.requestObject, at(last?.annotations, "audit.k8s.io/truncated")]).toEqual([
      undefined,
      undefined,
    ])
    expect(last?.annotations).toMatchObject({ "audit.k8s.io/truncated": "true" })
  }),
)

const inDirectory = async (body: (path: string) => Promise<void>): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), "miren-audit-"))
  try {
    await body(directory)
  } finally {
    await rm(directory, { recursive: true })
  }
}

const writeLines = (
  path: string,
  lines: ReadonlyArray<string>,
  more: { fileBytesMax: number; filesMax: number },
) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const write = yield* openAuditFile({ path, onFault: () => {}, ...more })
        for (const line of lines) void write(line)
      }),
    ),
  )

test("the file is rotated by size, keeps lines whole and in order, and as many files as it may", () =>
  inDirectory(async (directory) => {
    const path = join(directory, "audit.log")
    const lines = Array.from({ length: 20 }, (_, index) => `line-${String(index).padStart(2, "0")}`)
    await writeLines(path, lines, { fileBytesMax: 24, filesMax: 2 })
    expect((await readdir(directory)).sort()).toEqual(["audit.log", "audit.log.1", "audit.log.2"])
    const texts = await Promise.all(
      ["audit.log.2", "audit.log.1", "audit.log"].map((name) => readFile(join(directory, name), "utf8")),
    )
    expect(texts.join("").trim().split("\n")).toEqual(lines.slice(-8))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  }))

test("a file that is there already is gone on with", () =>
  inDirectory(async (directory) => {
    const path = join(directory, "audit.log")
    for (const line of ["one", "two"]) await writeLines(path, [line], { fileBytesMax: 1_000, filesMax: 1 })
    expect(await readFile(path, "utf8")).toBe("one\ntwo\n")
  }))

test("a file that cannot be opened is an error that names it", () =>
  inDirectory(async (directory) => {
    const failed = await Effect.runPromise(
      Effect.scoped(
        Effect.flip(openAuditFile({ path: join(directory, "none", "audit.log"), onFault: () => {} })),
      ),
    )
    expect(failed.reason).toBe("Unwritable")
  }))
