/** Whether a node is lost: a pure function of when its runner was last heard. */
import { Data, Duration } from "effect"
import type { Node, NodeStatusCondition } from "../../schemas/index.ts"
import { withConditions } from "../conditions.ts"
import { nodeLostAfter } from "../limits.ts"

const LOST_AFTER_MS = Duration.toMillis(nodeLostAfter)

export interface Observed {
  readonly node: Node
  /** How long ago a sign of life was seen, by our own clock: those of other machines do not count. */
  readonly silentForMs: number
  readonly now: number
}

export type Action = Data.TaggedEnum<{
  MarkLost: { readonly conditions: ReadonlyArray<NodeStatusCondition> }
  /** Not lost so far. */
  Wait: { readonly millis: number }
  /** Lost and marked: its runner takes the mark away, should it come back. */
  Rest: Record<never, never>
}>
export const Action = Data.taggedEnum<Action>()

export const plan = ({ node, silentForMs, now }: Observed): Action => {
  if (silentForMs <= LOST_AFTER_MS) return Action.Wait({ millis: LOST_AFTER_MS - silentForMs + 1000 })
  const before = node.status?.conditions ?? []
  const isMarked = before.some(({ type, status }) => type === "Ready" && status === "Unknown")
  if (isMarked) return Action.Rest()
  const heartbeats = new Map(before.map(({ type, lastHeartbeatTime }) => [type, lastHeartbeatTime]))
  const lost = (type: string) => ({
    type,
    status: "Unknown" as const,
    // It tells when the runner was heard, and that has not changed.
    lastHeartbeatTime: heartbeats.get(type) ?? null,
    reason: "NodeStatusUnknown",
    message: "the runner of this node has stopped renewing its lease",
  })
  return Action.MarkLost({ conditions: withConditions(before, [lost("Ready"), lost("RuntimeReady")], now) })
}
