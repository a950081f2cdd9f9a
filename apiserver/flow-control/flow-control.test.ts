import { expect, test } from "vitest"
import type { JsonObject } from "../../schemas/index.ts"
import type { UserInfo } from "../exchange.ts"
import { parseRequestInfo } from "../request-info.ts"
import { at, configMap, configMaps, TestAmbient, type World, withServer } from "../test-world.ts"
import { Dispatcher } from "./dispatcher.ts"
import { parseFlowSchema } from "./flow-schema.ts"
import { flowLimits } from "./limits.ts"
import { parsePriorityLevel } from "./priority-level.ts"
import { isStream, seatsOf } from "./work-estimate.ts"

const flowcontrol = "/apis/flowcontrol.apiserver.k8s.io/v1"
const schemaHeader = "x-kubernetes-pf-flowschema-uid"
const levelHeader = "x-kubernetes-pf-prioritylevel-uid"

const user = (name: string): UserInfo => ({ name, groups: ["readers", "system:authenticated"] })

const giveReaders = (world: World) =>
  world.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata: { name: "readers" },
    roleRef: { kind: "ClusterRole", name: "view" },
    subjects: [{ kind: "Group", name: "readers" }],
  })

const uidOf = async (world: World, path: string) =>
  at((await world.get(`${flowcontrol}/${path}`)).json, "metadata.uid")

test.each([
  ["a master", { name: "m", groups: ["system:masters"] }, "/api/v1/nodes", "exempt", "exempt"],
  [
    "a node about its Lease",
    { name: "system:node:a", groups: ["system:nodes", "system:authenticated"] },
    "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/a",
    "system-node-high",
    "node-high",
  ],
  [
    "a node about anything else",
    { name: "system:node:a", groups: ["system:nodes", "system:authenticated"] },
    "/api/v1/pods",
    "system-nodes",
    "system",
  ],
  [
    "a ServiceAccount",
    { name: "system:serviceaccount:a:b", groups: ["system:serviceaccounts", "system:authenticated"] },
    configMaps,
    "service-accounts",
    "workload-low",
  ],
  [
    "a ServiceAccount of the system",
    {
      name: "system:serviceaccount:kube-system:b",
      groups: ["system:serviceaccounts", "system:authenticated"],
    },
    configMaps,
    "kube-system-service-accounts",
    "workload-high",
  ],
  ["anybody", user("u"), configMaps, "global-default", "global-default"],
  ["a probe", user("u"), "/readyz", "probes", "exempt"],
] as const)("%s is told which schema and level the request went by", (_name, who, path, schema, level) =>
  withServer(async (world) => {
    const { headers } = await world.get(path, { user: who })
    expect([headers[schemaHeader], headers[levelHeader]]).toEqual([
      await uidOf(world, `flowschemas/${schema}`),
      await uidOf(world, `prioritylevelconfigurations/${level}`),
    ])
  })(),
)

const limited = (name: string, limitResponse: JsonObject): JsonObject => ({
  metadata: { name },
  spec: {
    type: "Limited",
    limited: { nominalConcurrencyShares: 1, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse },
  },
})

const queuing = { type: "Queue", queuing: { queues: 32, handSize: 4, queueLengthLimit: 100 } }

const forReaders = (name: string, level: string, by: string): JsonObject => ({
  metadata: { name },
  spec: {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: 50,
    distinguisherMethod: { type: by },
    rules: [
      {
        subjects: [{ kind: "Group", group: { name: "readers" } }],
        resourceRules: [
          { verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true },
        ],
      },
    ],
  },
})

test(
  "a client that floods lists cannot starve another: its small gets wait for a few lists, however many are waiting",
  withServer(
    async (world) => {
      await giveReaders(world)
      for (let index = 0; index < 30; index++) await world.post(configMaps, configMap(`m-${index}`))
      await world.post(`${flowcontrol}/prioritylevelconfigurations`, limited("readers", queuing))
      await world.post(`${flowcontrol}/flowschemas`, forReaders("readers", "readers", "ByUser"))
      const done: string[] = []
      const flood = Array.from({ length: 300 }, async () => {
        expect((await world.get(configMaps, { user: user("flood") })).status).toBe(200)
        done.push("list")
      })
      const waits: number[] = []
      for (let index = 0; index < 10; index++) {
        const before = done.length
        expect((await world.get(`${configMaps}/m-1`, { user: user("small") })).status).toBe(200)
        waits.push(done.length - before)
      }
      const waiting = flood.length - done.length
      await Promise.all(flood)
      expect(Math.max(...waits)).toBeLessThanOrEqual(8)
      expect(waiting).toBeGreaterThan(200)
    },
    { seats: 1 },
  ),
)

test(
  "without another flow's queue, the same flood holds a small get up: the fairness is what helps",
  withServer(
    async (world) => {
      await giveReaders(world)
      await world.post(configMaps, configMap("m"))
      await world.post(`${flowcontrol}/prioritylevelconfigurations`, limited("readers", queuing))
      await world.post(`${flowcontrol}/flowschemas`, forReaders("readers", "readers", "ByNamespace"))
      let done = 0
      const flood = Array.from({ length: 100 }, async () => {
        await world.get(configMaps, { user: user("flood") })
        done++
      })
      await world.get(`${configMaps}/m`, { user: user("small") })
      expect(done).toBeGreaterThan(50)
      await Promise.all(flood)
    },
    { seats: 1 },
  ),
)

test(
  "who finds no seat and no queue is told to come back",
  withServer(
    async (world) => {
      await giveReaders(world)
      await world.post(`${flowcontrol}/prioritylevelconfigurations`, limited("readers", { type: "Reject" }))
      await world.post(`${flowcontrol}/flowschemas`, forReaders("readers", "readers", "ByUser"))
      const answers = await Promise.all([1, 2, 3].map(() => world.get(configMaps, { user: user("u") })))
      const refused = answers.find(({ status }) => status === 429)
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 429, 429])
      expect(refused?.json).toMatchObject({
        reason: "TooManyRequests",
        message: "too many requests, please try again later.",
        details: { retryAfterSeconds: 1 },
      })
      expect(refused?.headers["retry-after"]).toBe("1")
      const metrics = (await world.get("/metrics")).text
      const labels = 'flow_schema="readers",priority_level="readers"'
      expect(metrics).toContain(`apiserver_flowcontrol_dispatched_requests_total{${labels}} 1\n`)
      expect(metrics).toContain(
        `apiserver_flowcontrol_rejected_requests_total{${labels},reason="concurrency-limit"} 2\n`,
      )
      expect(metrics).toContain('apiserver_flowcontrol_current_executing_seats{priority_level="readers"} 0\n')
      expect(refused?.headers[levelHeader]).toBe(await uidOf(world, "prioritylevelconfigurations/readers"))
    },
    { seats: 1 },
  ),
)

test(
  "an open watch holds no seat",
  withServer(
    async (world) => {
      await world.post(`${flowcontrol}/prioritylevelconfigurations`, limited("readers", { type: "Reject" }))
      await world.post(`${flowcontrol}/flowschemas`, forReaders("readers", "readers", "ByUser"))
      await giveReaders(world)
      const abort = new AbortController()
      const transport = world.server.inProcess(user("watcher"))
      const path = `${configMaps}?watch=1`
      const watch = await transport.request({ method: "GET", path, headers: {}, signal: abort.signal })
      expect(watch.status).toBe(200)
      await world.post(configMaps, configMap("a"))
      for await (const _ of watch.body) break
      expect((await world.get(configMaps, { user: user("u") })).status).toBe(200)
      abort.abort()
    },
    { seats: 1 },
  ),
)

test(
  "a schema says whether its level is there",
  withServer(async (world) => {
    const dangling = async () => {
      const { json } = await world.get(`${flowcontrol}/flowschemas/s`)
      return at(json, "status.conditions.0.status")
    }
    const until = async (status: string) => {
      const watch = await world.watch(`${flowcontrol}/flowschemas?watch=1&fieldSelector=metadata.name%3Ds`)
      for (;;) if (at((await watch.next())?.object, "status.conditions.0.status") === status) break
      watch.close()
    }
    await world.post(`${flowcontrol}/flowschemas`, forReaders("s", "later", "ByUser"))
    await until("True")
    await world.post(`${flowcontrol}/prioritylevelconfigurations`, limited("later", { type: "Reject" }))
    await until("False")
    expect(await dangling()).toBe("False")
  }),
)

test(
  "what is needed holds even while somebody has deleted it, and comes back at the next start",
  withServer(async (world) => {
    for (const name of ["exempt", "catch-all", "global-default"]) {
      await world.delete(`${flowcontrol}/flowschemas/${name}`)
      await world.delete(`${flowcontrol}/prioritylevelconfigurations/${name}`)
    }
    expect((await world.get(configMaps)).status).toBe(200)
    expect((await world.get("/apis", { user: user("u") })).status).toBe(200)
    await withServer(async (again) => expect(await uidOf(again, "flowschemas/exempt")).toBeDefined(), {
      store: world.store,
    })()
  }),
)

test.each([
  ["a limit of nothing", "prioritylevelconfigurations", { type: "Limited" }, "spec.limited"],
  [
    "queues of an exempt level",
    "prioritylevelconfigurations",
    { type: "Exempt", limited: {} },
    "spec.limited",
  ],
  [
    "a queue that is not described",
    "prioritylevelconfigurations",
    { type: "Limited", limited: { limitResponse: { type: "Queue" } } },
    "spec.limited.limitResponse.queuing",
  ],
  [
    "a hand larger than the queues",
    "prioritylevelconfigurations",
    { type: "Limited", limited: { limitResponse: { type: "Queue", queuing: { queues: 2, handSize: 3 } } } },
    "spec.limited.limitResponse.queuing.handSize",
  ],
  [
    "a rule without an action",
    "flowschemas",
    {
      priorityLevelConfiguration: { name: "x" },
      rules: [{ subjects: [{ kind: "User", user: { name: "u" } }] }],
    },
    "spec.rules[0]",
  ],
  [
    "a precedence out of bounds",
    "flowschemas",
    { priorityLevelConfiguration: { name: "x" }, matchingPrecedence: 10_001 },
    "spec.matchingPrecedence",
  ],
] as const)("%s is refused", (_name, plural, spec, field) =>
  withServer(async (world) => {
    const { status, json } = await world.post(`${flowcontrol}/${plural}`, {
      metadata: { name: "x" },
      spec: spec as unknown as JsonObject,
    })
    expect([status, at(json, "details.causes.0.field")]).toEqual([422, field])
  })(),
)

test.each([
  ["GET", "/api/v1/configmaps", 10],
  ["GET", "/api/v1/configmaps?limit=150", 2],
  ["GET", "/api/v1/configmaps?limit=150&labelSelector=a", 10],
  ["GET", "/api/v1/namespaces/a/configmaps/x", 1],
  ["DELETE", "/api/v1/namespaces/a/configmaps", 10],
  ["GET", "/api/v1/configmaps?watch=1", 10],
  ["GET", "/api/v1/configmaps?watch=1&resourceVersion=5", 1],
  ["GET", "/api/v1/configmaps?watch=1&resourceVersion=5&sendInitialEvents=true", 10],
  ["POST", "/api/v1/namespaces/a/configmaps", 1],
  ["GET", "/apis", 1],
] as const)("%s %s takes %d of the seats", (method, url, seats) => {
  expect(seatsOf(parseRequestInfo(method, url), () => 5_000)).toBe(seats)
})

test("streams take no seat, whatever their verb", () => {
  const pod = "/api/v1/namespaces/a/pods/p"
  expect(isStream(parseRequestInfo("GET", `${pod}/log`))).toBe(true)
  expect(isStream(parseRequestInfo("POST", `${pod}/exec`))).toBe(true)
  expect(isStream(parseRequestInfo("GET", pod))).toBe(false)
})

/** A dispatcher of one seat for the group of readers. */
const dispatcher = (ambient: TestAmbient): Dispatcher => {
  const made = new Dispatcher({ ambient, seats: 1, sizeOf: () => 1 })
  const schema = parseFlowSchema(forReaders("readers", "readers", "ByUser") as never)
  made.configure([parsePriorityLevel(limited("readers", queuing) as never)], [schema])
  return made
}

test("a request waits for a seat for a bounded time, and leaves when its client does", async () => {
  const ambient = new TestAmbient()
  const flows = dispatcher(ambient)
  const never = new AbortController()
  const ask = (signal: AbortSignal) =>
    flows.classify(user("u"), parseRequestInfo("GET", configMaps)).take(signal)
  const first = await ask(never.signal)
  const slow = Promise.resolve(ask(never.signal))
  const gone = new AbortController()
  const left = Promise.resolve(ask(gone.signal))
  gone.abort()
  await expect(left).rejects.toMatchObject({ reason: "TooManyRequests" })
  ambient.advance(flowLimits.waitMs)
  await expect(slow).rejects.toMatchObject({ reason: "TooManyRequests" })
  const last = Promise.resolve(ask(never.signal))
  first.release()
  expect((await last).release).toBeTypeOf("function")
})
