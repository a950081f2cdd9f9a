/** What the informers show of the nodes, and the ledger of what is set aside on them. Reads nothing remote. */
import type { Lister } from "../../reconciler/index.ts"
import type { Node, Sandbox } from "../../schemas/index.ts"
import type { Ledger } from "./ledger.ts"
import type { Observed } from "./plan.ts"

/** The index of Sandboxes that wait for a node. */
export const WAITING_INDEX = "scheduler/waiting"

export const waitingIndex = ({ spec }: Sandbox): ReadonlyArray<string> =>
  spec.nodeName === undefined || spec.nodeName === "" ? [""] : []

export interface SchedulerView {
  readonly nodes: Lister<Node>
  readonly sandboxes: Lister<Sandbox>
  readonly ledger: Ledger
}

export const observe = (sandbox: Sandbox, { nodes, ledger }: SchedulerView): Observed => ({
  sandbox,
  candidates: nodes.list().map((node) => ({ node, usage: ledger.of(node.metadata.name) })),
})
