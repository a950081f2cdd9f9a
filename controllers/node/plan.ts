/**
 * Whether a node is lost, and what becomes of the Sandboxes bound to it: a pure function of when its runner was last heard.
 *
 * Of a lost node nothing is known: its Sandboxes say so, and are left as they are, since they may well run. Where the Node object
 * itself is gone nobody is left to let its Sandboxes go: that is done here. A runner that comes back sweeps what it finds.
 */
import { Data, Duration } from "effect"
import { conditionOf } from "../../reconciler/index.ts"
import type { Condition, Node, NodeStatusCondition, Sandbox } from "../../schemas/index.ts"
import { withConditions } from "../conditions.ts"
import { SANDBOX_FINALIZER } from "../finalizers.ts"
import { nodeLostAfter } from "../limits.ts"

const LOST_AFTER_MS = Duration.toMillis(nodeLostAfter)

export interface Observed {
  readonly nodeName: string
  /** undefined: there is no such Node. */
  readonly node: Node | undefined
  /** How long ago a sign of life was seen, or how long the Node is not there. */
  readonly silentForMs: number
  readonly bound: ReadonlyArray<Sandbox>
  readonly now: number
}

export type Action = Data.TaggedEnum<{
  MarkNode: { readonly node: Node; readonly conditions: ReadonlyArray<NodeStatusCondition> }
  MarkSandbox: { readonly sandbox: Sandbox; readonly conditions: ReadonlyArray<Condition> }
  /** Takes the runner's finalizer off: there is no runner. */
  ReleaseSandbox: { readonly sandbox: Sandbox }
  /** Not lost so far. */
  Wait: { readonly millis: number }
}>
export const Action = Data.taggedEnum<Action>()

/** [] is a lost node of which all is said: its runner takes it back, should it come again. */
export const plan = (observed: Observed): ReadonlyArray<Action> => {
  const { node, silentForMs, bound } = observed
  if (node === undefined && bound.length === 0) return []
  if (silentForMs <= LOST_AFTER_MS) return [Action.Wait({ millis: LOST_AFTER_MS - silentForMs + 1000 })]
  return [
    ...(node === undefined ? [] : markNode(node, observed.now)),
    ...bound.flatMap((sandbox) =>
      isToRelease(observed, sandbox) ? [Action.ReleaseSandbox({ sandbox })] : markSandbox(observed, sandbox),
    ),
  ]
}

const markNode = (node: Node, now: number): ReadonlyArray<Action> => {
  const before = node.status?.conditions ?? []
  if (conditionOf(before, "Ready")?.status === "Unknown") return []
  const lost = (type: string) => ({
    type,
    status: "Unknown" as const,
    // It tells when the runner was heard, and that has not changed.
    lastHeartbeatTime: conditionOf(before, type)?.lastHeartbeatTime ?? null,
    reason: "NodeStatusUnknown",
    message: "the runner of this node has stopped renewing its lease",
  })
  const conditions = withConditions(before, [lost("Ready"), lost("RuntimeReady")], now)
  return [Action.MarkNode({ node, conditions })]
}

const isToRelease = ({ node }: Observed, { metadata }: Sandbox): boolean =>
  node === undefined &&
  metadata.deletionTimestamp !== undefined &&
  (metadata.finalizers?.includes(SANDBOX_FINALIZER) ?? false)

const markSandbox = ({ node, nodeName, now }: Observed, sandbox: Sandbox): ReadonlyArray<Action> => {
  const before = sandbox.status?.conditions ?? []
  const [reason, message] =
    node === undefined
      ? ["NodeNotFound", `there is no node ${nodeName}: whether the container runs is not known`]
      : ["NodeLost", `node ${nodeName} is not heard of: whether the container runs is not known`]
  const former = conditionOf(before, "Ready")
  // What has ended for good has ended, wherever its node is.
  const isOver = sandbox.status?.containerStatuses?.[0]?.state?.terminated !== undefined
  if (isOver || (former?.status === "Unknown" && former.reason === reason)) return []
  const observedGeneration = sandbox.metadata.generation ?? 0
  const ready = { type: "Ready", status: "Unknown" as const, reason, message, observedGeneration }
  return [Action.MarkSandbox({ sandbox, conditions: withConditions(before, [ready], now) })]
}
