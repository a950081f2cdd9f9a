/** Where one Sandbox goes: a pure function of the nodes and of what is bound to them. First fit, by the nodes' names. */
import { Data, Result } from "effect"
import type { Sandbox } from "../../schemas/index.ts"
import { hostPortsOf, requestsOf } from "./demand.ts"
import { type Candidate, type Demand, misfitOf } from "./fit.ts"

export interface Observed {
  readonly sandbox: Sandbox
  readonly candidates: ReadonlyArray<Candidate>
}

export type Action = Data.TaggedEnum<{
  Bind: { readonly nodeName: string }
  /** To be told in the conditions. */
  Refuse: { readonly reason: "Unschedulable" | "InvalidSpec"; readonly message: string }
}>
export const Action = Data.taggedEnum<Action>()

/** undefined: it is bound, or goes away, and nothing is to be done. */
export const plan = ({ sandbox, candidates }: Observed): Action | undefined => {
  const { metadata, spec } = sandbox
  if (spec.nodeName !== undefined && spec.nodeName !== "") return undefined
  if (metadata.deletionTimestamp !== undefined) return undefined
  const requests = requestsOf(sandbox)
  if (Result.isFailure(requests)) return Action.Refuse({ reason: "InvalidSpec", message: requests.failure })
  const demand: Demand = {
    requests: requests.success,
    hostPorts: hostPortsOf(sandbox),
    nodeSelector: spec.nodeSelector ?? {},
    handler: spec.runtimeHandler,
  }
  const misfits: string[] = []
  for (const candidate of [...candidates].sort(byName)) {
    const misfit = misfitOf(demand, candidate)
    if (misfit === undefined) return Action.Bind({ nodeName: candidate.node.metadata.name })
    misfits.push(misfit)
  }
  return Action.Refuse({ reason: "Unschedulable", message: sentenceOf(misfits) })
}

const byName = (a: Candidate, b: Candidate): number =>
  a.node.metadata.name < b.node.metadata.name ? -1 : a.node.metadata.name > b.node.metadata.name ? 1 : 0

/** `0 of 3 nodes fit: 2 insufficient memory, 1 not ready`. The same misfits give the same words. */
const sentenceOf = (misfits: ReadonlyArray<string>): string => {
  if (misfits.length === 0) return "there is no node"
  const counts = new Map<string, number>()
  for (const misfit of misfits) counts.set(misfit, (counts.get(misfit) ?? 0) + 1)
  const told = [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([misfit, n]) => `${n} ${misfit}`)
  return `0 of ${misfits.length} ${misfits.length === 1 ? "node fits" : "nodes fit"}: ${told.join(", ")}`
}
