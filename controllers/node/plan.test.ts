import { describe, expect, test } from "vitest"
import type { Node, Sandbox } from "../../schemas/index.ts"
import { SANDBOX_FINALIZER } from "../finalizers.ts"
import { type Action, type Observed, plan } from "./plan.ts"

const NOW = Date.parse("2026-01-01T00:00:00Z")
const BEFORE = "2025-01-01T00:00:00Z"

const node = (ready: "True" | "False" | "Unknown" | undefined): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "n1" },
  status: {
    conditions: [
      { type: "DiskPressure", status: "False" },
      ...(ready === undefined
        ? []
        : [{ type: "Ready", status: ready, lastTransitionTime: BEFORE, lastHeartbeatTime: BEFORE }]),
    ],
  },
})

const sandbox = (
  name: string,
  more: Partial<Sandbox["metadata"]> & { readonly status?: Sandbox["status"] } = {},
): Sandbox => {
  const { status, ...metadata } = more
  return {
    apiVersion: "compute.miren.dev/v1alpha1",
    kind: "Sandbox",
    metadata: { name, namespace: "default", finalizers: [SANDBOX_FINALIZER], ...metadata },
    spec: { nodeName: "n1", containers: [{ name: "main", image: "x" }] },
    ...(status === undefined ? {} : { status }),
  }
}
const running = sandbox("running")
const deleted = sandbox("deleted", { deletionTimestamp: BEFORE })
const ended = sandbox("ended", {
  status: { containerStatuses: [{ name: "main", state: { terminated: { exitCode: 0 } } }] },
})
const told = (reason: string): Sandbox =>
  sandbox("told", {
    status: {
      conditions: [{ type: "Ready", status: "Unknown", reason, message: "", lastTransitionTime: BEFORE }],
    },
  })

const tell = (action: Action): string => {
  switch (action._tag) {
    case "MarkNode":
      return "MarkNode"
    case "Wait":
      return `Wait ${action.millis}`
    case "ReleaseSandbox":
      return `Release ${action.sandbox.metadata.name}`
    case "MarkSandbox":
      return `Mark ${action.sandbox.metadata.name} ${action.conditions.find(({ type }) => type === "Ready")?.reason}`
  }
}

const LOST = 40_001
const base = { nodeName: "n1", node: node("True"), silentForMs: LOST, bound: [], now: NOW }

describe("a node", () => {
  test.each<[string, Partial<Observed>, ReadonlyArray<string>]>([
    ["that was heard just now is looked at when that is long ago", { silentForMs: 0 }, ["Wait 41000"]],
    ["has forty seconds", { silentForMs: 40_000, bound: [running] }, ["Wait 1000"]],
    ["whose runner is silent is lost", {}, ["MarkNode"]],
    ["that said it was not ready is lost too", { node: node("False") }, ["MarkNode"]],
    ["that never said anything is lost too", { node: node(undefined) }, ["MarkNode"]],
    ["that is marked is not marked again", { node: node("Unknown") }, []],
    ["that is not there and has nothing is nothing", { node: undefined }, []],
  ])("%s", (_name, observed, want) => {
    expect(plan({ ...base, ...observed }).map(tell)).toEqual(want)
  })

  test("keeps what others say of it, and when it was heard", () => {
    const [action] = plan(base)
    if (action?._tag !== "MarkNode") throw new Error("expected a mark")
    expect(action.conditions.map(({ type, status }) => `${type}=${status}`)).toEqual([
      "DiskPressure=False",
      "Ready=Unknown",
      "RuntimeReady=Unknown",
    ])
    expect(action.conditions[1]).toMatchObject({
      lastTransitionTime: "2026-01-01T00:00:00Z",
      lastHeartbeatTime: BEFORE,
    })
  })
})

describe("the sandboxes of a node", () => {
  test.each<[string, Partial<Observed>, ReadonlyArray<string>]>([
    ["that is lost say so", { bound: [running] }, ["MarkNode", "Mark running NodeLost"]],
    [
      "that is lost say so, though it was marked before",
      { node: node("Unknown"), bound: [running] },
      ["Mark running NodeLost"],
    ],
    ["that is lost say so once", { node: node("Unknown"), bound: [told("NodeLost")] }, []],
    [
      "that is lost are not let go: they may run",
      { node: node("Unknown"), bound: [deleted] },
      ["Mark deleted NodeLost"],
    ],
    ["that is not there say so", { node: undefined, bound: [running] }, ["Mark running NodeNotFound"]],
    [
      "that was lost and is not there any more say that",
      { node: undefined, bound: [told("NodeLost")] },
      ["Mark told NodeNotFound"],
    ],
    [
      "that is not there are let go when they are deleted",
      { node: undefined, bound: [deleted] },
      ["Release deleted"],
    ],
    [
      "that is not there get time: it may be registered again",
      { node: undefined, bound: [deleted], silentForMs: 10_000 },
      ["Wait 31000"],
    ],
    ["that have ended have ended", { bound: [ended] }, ["MarkNode"]],
  ])("%s", (_name, observed, want) => {
    expect(plan({ ...base, ...observed }).map(tell)).toEqual(want)
  })
})
