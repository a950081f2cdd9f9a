/** What SIG API Machinery's conformance tests ask of priority and fairness (flowcontrol.go), under their own names. */
import { describe, expect } from "vitest"
import type { OpenWatch } from "../../apiserver/test-world.ts"
import type { JsonObject } from "../../schemas/index.ts"
import { type Answer, at, itemsOf, namesOf, versionOf, type World } from "./documents.ts"
import { memoryStore } from "./stores.ts"
import { serverOver, statementsOf } from "./suite.ts"

const conformance = statementsOf(serverOver(memoryStore))

const api = "/apis/flowcontrol.apiserver.k8s.io/v1"
const label = "special-label"

/** What discovery says of the group and the resource. */
const isDiscovered = async (world: World, plural: string): Promise<void> => {
  const groups = (await world.get("/apis")).json.groups as unknown as ReadonlyArray<JsonObject>
  const group = groups.find(({ name }) => name === "flowcontrol.apiserver.k8s.io")
  expect(at(group, "versions.0.version")).toBe("v1")
  const resources = (await world.get(api)).json.resources as unknown as ReadonlyArray<JsonObject>
  const names = resources.map(({ name }) => name)
  expect([names.includes(plural), names.includes(`${plural}/status`)]).toEqual([true, true])
}

/** The events of a watch up to one; the server itself writes statuses between them. */
const seen = async (watch: OpenWatch, last: string): Promise<ReadonlyArray<string>> => {
  const events: string[] = []
  while (!events.includes(last)) {
    const event = await watch.next()
    if (event === undefined) throw new Error(`${last} has not come: ${events.join(", ")}`)
    events.push(`${event.type} ${at(event.object, "metadata.name")}`)
  }
  return events
}

/** Updates what is there, again where the server's own write of a status came between: as upstream's test does. */
const putLive = async (world: World, path: string, change: JsonObject): Promise<Answer> => {
  for (;;) {
    const answer = await world.put(path, { ...(await world.get(path)).json, ...change })
    if (answer.status !== 409) return answer
  }
}

interface Kind {
  readonly kind: string
  readonly plural: string
  readonly spec: JsonObject
  /** A part of the spec that is changed, and what to. */
  readonly change: readonly [string, JsonObject]
}

/** Create, get, list, watch, patch, update, status, delete and deletecollection. */
const supportsAll =
  ({ kind, plural, spec, change }: Kind) =>
  async (world: World): Promise<void> => {
    await isDiscovered(world, plural)
    const path = `${api}/${plural}`
    const selected = `${path}?labelSelector=${label}%3Dyes`
    const document = (name: string): JsonObject => ({
      apiVersion: "flowcontrol.apiserver.k8s.io/v1",
      kind,
      metadata: { name, labels: { [label]: "yes" } },
      spec,
    })
    const made = await world.post(path, document("a"))
    expect([made.status, made.json.kind, versionOf(made.json)]).toEqual([
      201,
      kind,
      expect.stringMatching(/\d/),
    ])
    const found = await world.get(`${path}/a`)
    expect([found.status, at(found.json, "metadata.uid")]).toEqual([200, at(made.json, "metadata.uid")])
    await world.post(path, document("b"))
    expect(namesOf(await world.get(selected))).toEqual(["a", "b"])
    const watch = await world.watch(`${selected}&watch=true&resourceVersion=${versionOf(made.json)}`)
    await seen(watch, "ADDED b")
    const patched = await world.patch(`${path}/a`, "merge", {
      metadata: { annotations: { patched: "true" } },
    })
    expect([patched.status, at(patched.json, "metadata.annotations.patched")]).toEqual([200, "true"])
    const [field, expected] = change
    const updated = await putLive(world, `${path}/a`, { spec: { ...spec, ...expected } })
    expect([updated.status, at(updated.json, `spec.${field}`)]).toEqual([200, at(expected, field)])
    await supportsStatus(world, `${path}/a`)
    expect((await world.delete(`${path}/a`)).status).toBe(200)
    expect((await world.get(`${path}/a`)).status).toBe(404)
    expect(await seen(watch, "DELETED a")).toContain("MODIFIED a")
    watch.close()
    expect((await world.delete(selected)).status).toBe(200)
    expect(itemsOf(await world.get(selected))).toEqual([])
  }

const supportsStatus = async (world: World, path: string): Promise<void> => {
  const read = await world.get(`${path}/status`)
  expect([read.status, at(read.json, "metadata.name")]).toEqual([200, "a"])
  const condition = (reason: string): JsonObject => ({
    type: "ConformanceTest",
    status: "True",
    reason,
    message: "set by a test",
    lastTransitionTime: "2030-01-01T00:00:00Z",
  })
  const patched = await world.patch(`${path}/status`, "merge", {
    status: { conditions: [condition("Patched")] },
  })
  expect(patched.text).toContain('"reason":"Patched"')
  const updated = await putLive(world, `${path}/status`, { status: { conditions: [condition("Updated")] } })
  expect(updated.text).toContain('"reason":"Updated"')
}

describe("flowcontrol.go", () => {
  conformance(
    "API priority and fairness should support FlowSchema API operations",
    supportsAll({
      kind: "FlowSchema",
      plural: "flowschemas",
      spec: {
        matchingPrecedence: 10_000,
        priorityLevelConfiguration: { name: "global-default" },
        distinguisherMethod: { type: "ByUser" },
        rules: [
          {
            subjects: [{ kind: "User", user: { name: "example-e2e-non-existent-user" } }],
            nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
          },
        ],
      },
      change: ["matchingPrecedence", { matchingPrecedence: 9_999 }],
    }),
  )

  conformance(
    "API priority and fairness should support PriorityLevelConfiguration API operations",
    supportsAll({
      kind: "PriorityLevelConfiguration",
      plural: "prioritylevelconfigurations",
      spec: {
        type: "Limited",
        limited: { nominalConcurrencyShares: 2, limitResponse: { type: "Reject" } },
      },
      change: [
        "limited.nominalConcurrencyShares",
        { limited: { nominalConcurrencyShares: 4, limitResponse: { type: "Reject" } } },
      ],
    }),
  )
})
