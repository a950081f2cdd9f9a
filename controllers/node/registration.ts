/** The Node object as a runner wants it to read: a pure function of the machine, the runtime and the object so far. */

import { Duration } from "effect"
import { rfc3339 } from "../../reconciler/index.ts"
import type { RuntimeInfo } from "../../runtime-shim/index.ts"
import type { Node, NodeStatus, NodeStatusCondition } from "../../schemas/index.ts"
import { withConditions } from "../conditions.ts"
import { nodeHeartbeatEvery, nodeSandboxesDefault } from "../limits.ts"
import type { Machine } from "./machine.ts"

export interface RunnerOptions {
  readonly nodeName: string
  /** Where the node is reached. Default 127.0.0.1. */
  readonly address?: string
  /** Where the node server listens, at that address. */
  readonly port: number
  /** Of this program. */
  readonly version: string
  readonly labels?: { readonly [label: string]: string }
  /** What is kept for the host and not given to sandboxes. */
  readonly reserved?: { readonly cpuMillis?: number; readonly memoryBytes?: number }
  /** Sandboxes at most. Default 250. */
  readonly sandboxes?: number
  /** What the machine is; read off it by default. */
  readonly machine?: Machine
}

export interface RunnerFacts {
  readonly options: RunnerOptions
  readonly machine: Machine
  /** What the runtime says of itself, or why it says nothing. */
  readonly runtime: { readonly info: RuntimeInfo } | { readonly failure: string }
  readonly now: number
}

export const labelsOf = ({
  options,
  machine,
  runtime,
}: RunnerFacts): { readonly [label: string]: string } => ({
  ...options.labels,
  "kubernetes.io/hostname": options.nodeName,
  "kubernetes.io/arch": machine.architecture,
  "kubernetes.io/os": machine.operatingSystem,
  ...("info" in runtime
    ? {
        "miren.dev/runtime": runtime.info.name,
        ...Object.fromEntries(
          runtime.info.handlers.map(({ handler }) => [`miren.dev/runtime-${handler}`, "true"]),
        ),
      }
    : {}),
})

export const newNode = (facts: RunnerFacts): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: facts.options.nodeName, labels: labelsOf(facts) },
  spec: {},
})

/** The labels that the node lacks, or has with another value; undefined where it has them all. Others' labels stay. */
export const missingLabels = (
  facts: RunnerFacts,
  { metadata }: Node,
): { readonly [label: string]: string } | undefined => {
  const has = metadata.labels ?? {}
  const missing = Object.entries(labelsOf(facts)).filter(
    ([label, value]) => !Object.hasOwn(has, label) || has[label] !== value,
  )
  return missing.length === 0 ? undefined : Object.fromEntries(missing)
}

/** What the status should say; conditions of others stay. */
export const nextNodeStatus = (facts: RunnerFacts, before: NodeStatus | undefined): NodeStatus => {
  const { options, machine, runtime, now } = facts
  const capacity = capacityOf(facts)
  return {
    ...before,
    capacity,
    allocatable: allocatableOf(facts),
    conditions: withConditions<NodeStatusCondition, Omit<NodeStatusCondition, "lastTransitionTime">>(
      before?.conditions ?? [],
      conditionsOf(facts).map((condition) => ({ ...condition, lastHeartbeatTime: rfc3339(now) })),
      now,
    ),
    addresses: [
      { type: "InternalIP", address: options.address ?? "127.0.0.1" },
      { type: "Hostname", address: machine.hostname },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: options.port } },
    nodeInfo: nodeInfoOf(facts),
    ...("info" in runtime
      ? {
          runtimeHandlers: runtime.info.handlers.map(({ handler, ...probed }) => ({
            name: handler,
            ...probed,
          })),
        }
      : {}),
  }
}

const amountsOf = (cpuMillis: number, memoryBytes: number, sandboxes: number) => ({
  cpu: `${cpuMillis}m`,
  memory: String(memoryBytes),
  pods: String(sandboxes),
})

const capacityOf = ({ options, machine }: RunnerFacts) =>
  amountsOf(machine.cores * 1000, machine.memoryBytes, options.sandboxes ?? nodeSandboxesDefault)

const allocatableOf = ({ options, machine }: RunnerFacts) =>
  amountsOf(
    Math.max(0, machine.cores * 1000 - (options.reserved?.cpuMillis ?? 0)),
    Math.max(0, machine.memoryBytes - (options.reserved?.memoryBytes ?? 0)),
    options.sandboxes ?? nodeSandboxesDefault,
  )

const nodeInfoOf = ({ options, machine, runtime }: RunnerFacts): NonNullable<NodeStatus["nodeInfo"]> => ({
  machineID: machine.machineID,
  systemUUID: machine.systemUUID,
  bootID: machine.bootID,
  kernelVersion: machine.kernelVersion,
  osImage: machine.osImage,
  operatingSystem: machine.operatingSystem,
  architecture: machine.architecture,
  kubeletVersion: options.version,
  kubeProxyVersion: "",
  ...("info" in runtime
    ? { containerRuntimeVersion: `${runtime.info.name}://${runtime.info.containerdVersion}` }
    : {}),
})

const conditionsOf = ({ runtime }: RunnerFacts) =>
  "info" in runtime
    ? [
        {
          type: "RuntimeReady",
          status: "True" as const,
          reason: "RuntimeReady",
          message: handlersOf(runtime.info),
        },
        {
          type: "Ready",
          status: "True" as const,
          reason: "RunnerReady",
          message: "the runner takes sandboxes",
        },
      ]
    : [
        { type: "RuntimeReady", status: "False" as const, reason: "RuntimeFailed", message: runtime.failure },
        {
          type: "Ready",
          status: "False" as const,
          reason: "RuntimeFailed",
          message: "the runtime does not answer",
        },
      ]

/** `gvisor 20221219 on ptrace, network netstack; runc 1.1.5` */
const handlersOf = ({ handlers }: RuntimeInfo): string =>
  handlers
    .map(({ handler, version, platform, network }) =>
      handler === "gvisor" ? `gvisor ${version} on ${platform}, network ${network}` : `${handler} ${version}`,
    )
    .join("; ")

/** Whether the status needs a write: it says something new, or its heartbeat is old. */
export const isStatusDue = (before: NodeStatus | undefined, next: NodeStatus, now: number): boolean => {
  if (before === undefined || withoutHeartbeat(before) !== withoutHeartbeat(next)) return true
  const heard = before.conditions?.find(({ type }) => type === "Ready")?.lastHeartbeatTime
  return (
    heard === undefined || heard === null || now - Date.parse(heard) >= Duration.toMillis(nodeHeartbeatEvery)
  )
}

/** By content and not by order: a server may keep fields in its own. */
const withoutHeartbeat = ({ conditions, ...rest }: NodeStatus): string =>
  JSON.stringify(
    {
      ...rest,
      conditions: (conditions ?? []).map(({ lastHeartbeatTime: _, ...condition }) => condition),
    },
    (_key, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
  )
