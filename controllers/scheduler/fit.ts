/** Whether a Sandbox fits on a node, and if not, why: the words stand behind a count, `2 insufficient memory`. */
import type { Node } from "../../schemas/index.ts"
import { parseQuantity } from "../quantity.ts"
import { type Amounts, type HostPort, isSamePort, unitOf } from "./demand.ts"
import type { Usage } from "./ledger.ts"

/** A node with what is set aside on it. */
export interface Candidate {
  readonly node: Node
  readonly usage: Usage
}

export interface Demand {
  readonly requests: Amounts
  readonly hostPorts: ReadonlyArray<HostPort>
  readonly nodeSelector: { readonly [label: string]: string }
  /** undefined: any will do. */
  readonly handler: string | undefined
}

/** The first reason why it does not fit, or undefined where it does. */
export const misfitOf = (demand: Demand, candidate: Candidate): string | undefined =>
  misfitOfNode(demand, candidate.node) ??
  misfitOfPorts(demand, candidate) ??
  misfitOfResources(demand, candidate)

const misfitOfNode = (
  { nodeSelector, handler }: Demand,
  { metadata, spec, status }: Node,
): string | undefined => {
  if (metadata.deletionTimestamp !== undefined) return "being deleted"
  if (spec?.unschedulable === true) return "unschedulable"
  if (status?.conditions?.find(({ type }) => type === "Ready")?.status !== "True") return "not ready"
  if (spec?.taints?.some(({ effect }) => effect !== "PreferNoSchedule") === true) return "tainted"
  if (!isSelected(nodeSelector, metadata.labels ?? {})) return "does not match nodeSelector"
  const handlers = status.runtimeHandlers?.map(({ name }) => name)
  return handlers === undefined || handler === undefined || handlers.includes(handler)
    ? undefined
    : `without runtime handler ${handler}`
}

const isSelected = (
  selector: { readonly [label: string]: string },
  labels: { readonly [label: string]: string },
): boolean =>
  Object.entries(selector).every(([label, value]) => Object.hasOwn(labels, label) && labels[label] === value)

const misfitOfPorts = ({ hostPorts }: Demand, { usage }: Candidate): string | undefined => {
  if (hostPorts.length === 0) return undefined
  const taken = [...usage.hostPorts]
  const conflict = hostPorts.find((wanted) => taken.some((port) => isSamePort(wanted, port)))
  return conflict === undefined ? undefined : `host port ${conflict.port}/${conflict.protocol} in use`
}

const misfitOfResources = ({ requests }: Demand, { node, usage }: Candidate): string | undefined => {
  const allocatable = node.status?.allocatable ?? {}
  for (const [resource, wanted] of requests) {
    if (wanted === 0) continue
    const quantity = Object.hasOwn(allocatable, resource) ? allocatable[resource] : undefined
    // A node that does not count its sandboxes takes any number of them.
    if (quantity === undefined && resource === "pods") continue
    const offered = quantity === undefined ? 0 : (parseQuantity(quantity, unitOf(resource)) ?? 0)
    if ((usage.amounts.get(resource) ?? 0) + wanted > offered) return `insufficient ${resource}`
  }
  return undefined
}
