/** What the informers show of nodes and bindings, with the bindings that they do not show yet. Reads nothing remote. */
import type { Lister } from "../../reconciler/index.ts"
import type { Node, Sandbox } from "../../schemas/index.ts"
import type { Assumed } from "./assumed.ts"
import type { Observed } from "./plan.ts"

/** The index of Sandboxes by the node that they are bound to; "" for those that wait for one. */
export const NODE_INDEX = "scheduler/nodeName"

export const nodeIndex = ({ spec }: Sandbox): ReadonlyArray<string> => [spec.nodeName ?? ""]

export interface SchedulerView {
  readonly nodes: Lister<Node>
  readonly sandboxes: Lister<Sandbox>
  readonly assumed: Assumed
}

export const observe = (sandbox: Sandbox, { nodes, sandboxes, assumed }: SchedulerView): Observed => ({
  sandbox,
  candidates: nodes.list().map((node) => {
    const { name } = node.metadata
    const shown = sandboxes.byIndex(NODE_INDEX, name)
    const uids = new Set(shown.map(({ metadata }) => metadata.uid))
    const hidden = assumed.onNode(name).filter(({ metadata }) => !uids.has(metadata.uid))
    return { node, bound: [...shown, ...hidden] }
  }),
})
