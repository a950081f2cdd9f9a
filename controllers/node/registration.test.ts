import { describe, expect, test } from "vitest"
import type { RuntimeInfo } from "../../runtime-shim/index.ts"
import type { Machine } from "./machine.ts"
import {
  isStatusDue,
  labelsOf,
  missingLabels,
  newNode,
  nextNodeStatus,
  type RunnerFacts,
} from "./registration.ts"

const NOW = Date.parse("2026-01-01T00:00:00Z")
const machine: Machine = {
  hostname: "host",
  architecture: "amd64",
  operatingSystem: "linux",
  cores: 2,
  memoryBytes: 1000,
  kernelVersion: "6.1",
  osImage: "Debian",
  machineID: "m",
  systemUUID: "s",
  bootID: "b",
}
const info: RuntimeInfo = {
  name: "containerd",
  containerdVersion: "1.6.20",
  handlers: [{ handler: "gvisor", version: "20221219", platform: "ptrace", network: "netstack" }],
  cgroup: "v1",
}
const facts: RunnerFacts = {
  options: { nodeName: "n1", port: 10250, version: "0.1.0", labels: { zone: "a" } },
  machine,
  runtime: { info },
  now: NOW,
}
const readyOf = (given: RunnerFacts): string | undefined =>
  nextNodeStatus(given, undefined).conditions?.find(({ type }) => type === "Ready")?.status

describe("a runner's node", () => {
  test("carries the labels that clients select by", () => {
    expect(labelsOf(facts)).toEqual({
      zone: "a",
      "kubernetes.io/hostname": "n1",
      "kubernetes.io/arch": "amd64",
      "kubernetes.io/os": "linux",
      "miren.dev/runtime": "containerd",
      "miren.dev/runtime-gvisor": "true",
    })
  })

  test("gets back the labels that somebody took or changed, and keeps those of others", () => {
    const node = newNode(facts)
    const labels = { ...node.metadata.labels, zone: "b", other: "x" }
    expect(missingLabels(facts, { ...node, metadata: { name: "n1", labels } })).toEqual({ zone: "a" })
    expect(missingLabels(facts, node)).toBeUndefined()
  })

  test("offers what the machine has, less what is kept for the host", () => {
    const options = { ...facts.options, reserved: { cpuMillis: 500, memoryBytes: 100 }, sandboxes: 9 }
    const status = nextNodeStatus({ ...facts, options }, undefined)
    expect(status.capacity).toEqual({ cpu: "2000m", memory: "1000", pods: "9" })
    expect(status.allocatable).toEqual({ cpu: "1500m", memory: "900", pods: "9" })
  })

  test("is ready as long as the runtime answers", () => {
    expect(readyOf(facts)).toBe("True")
    expect(readyOf({ ...facts, runtime: { failure: "containerd does not answer" } })).toBe("False")
  })
})

describe("a write of the status", () => {
  const status = nextNodeStatus(facts, undefined)
  const later = (minutes: number): RunnerFacts => ({ ...facts, now: NOW + minutes * 60_000 })
  test.each<[string, RunnerFacts, boolean]>([
    ["is not due for a heartbeat a minute later", later(1), false],
    ["is due for a heartbeat five minutes later", later(5), true],
    ["is due when the runtime is lost", { ...later(1), runtime: { failure: "gone" } }, true],
    ["is due when the port has changed", { ...later(1), options: { ...facts.options, port: 1 } }, true],
  ])("%s", (_name, given, want) => {
    expect(isStatusDue(status, nextNodeStatus(given, status), given.now)).toBe(want)
  })

  test("is due where the server has none, and not for fields in another order", () => {
    expect(isStatusDue(undefined, status, NOW)).toBe(true)
    const reordered = Object.fromEntries(Object.entries(status).reverse())
    expect(isStatusDue(reordered, status, NOW)).toBe(false)
  })

  test("is due after somebody else has called the node lost", () => {
    const conditions = [
      { type: "Ready", status: "Unknown" as const, lastHeartbeatTime: "2026-01-01T00:00:00Z" },
    ]
    const lost = { ...status, conditions }
    expect(isStatusDue(lost, nextNodeStatus(later(1), lost), NOW + 60_000)).toBe(true)
  })
})
