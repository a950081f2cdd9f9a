/**
 * What the collector does about one object: a pure function of what was observed. Start with {@link plan}.
 *
 * Rules are those of Kubernetes' garbage collector: an object whose owners are all absent goes; one with a solid owner
 * stays and loses the references that mean nothing any more; a deletion in the foreground waits for the dependents that
 * say `blockOwnerDeletion`; an orphaning deletion lets its dependents go first.
 */
import { Data } from "effect"
import type { OwnerReference } from "../../schemas/index.ts"
import {
  FOREGROUND_FINALIZER,
  type GraphNode,
  isOrphaning,
  isWaitingForDependents,
  ORPHAN_FINALIZER,
} from "./graph.ts"

/**
 * What an owner reference points at: `solid` lives; `absent` was asked for and is not there (another uid under the name
 * is absent too); `waiting` deletes itself in the foreground; `unknown` is of a kind that nobody serves now;
 * `outOfReach` is a namespaced owner named by a cluster-scoped object.
 */
export type OwnerState = "solid" | "absent" | "waiting" | "unknown" | "outOfReach"

interface ObservedOwner {
  readonly reference: OwnerReference
  readonly state: OwnerState
}

export interface Observed {
  /** As read live; undefined when it is gone. */
  readonly object: GraphNode | undefined
  readonly owners: ReadonlyArray<ObservedOwner>
  readonly dependents: ReadonlyArray<GraphNode>
  /** False while some resource has not told its objects yet: there may be more dependents. */
  readonly isComplete: boolean
}

type Policy = "Background" | "Foreground" | "Orphan"

export type Action = Data.TaggedEnum<{
  Delete: { readonly object: GraphNode; readonly policy: Policy }
  /** Takes owner references off an object, by the owner's uid. */
  RemoveReferences: { readonly object: GraphNode; readonly uids: ReadonlyArray<string> }
  /** Sets blockOwnerDeletion to false in all references of an object: opens a cycle. */
  UnblockReferences: { readonly object: GraphNode }
  RemoveFinalizer: { readonly object: GraphNode; readonly finalizer: string }
  /** Has these looked at: their owner is deleting. */
  Wake: { readonly uids: ReadonlyArray<string> }
  /** Nothing can be said of the object now: look again later. */
  Wait: { readonly reason: "OwnerKindUnknown" | "GraphIncomplete" }
  /** Nothing can ever be done about the reference: tell, and leave the object alone. */
  Report: { readonly object: GraphNode; readonly owner: OwnerReference }
}>
export const Action = Data.taggedEnum<Action>()

/** The actions, in order. [] is a converged object. */
export const plan = ({ object, owners, dependents, isComplete }: Observed): ReadonlyArray<Action> => {
  if (object === undefined) return []
  const isHolding = isOrphaning(object) || isWaitingForDependents(object)
  if (isHolding && !isComplete) return [Action.Wait({ reason: "GraphIncomplete" })]
  if (isOrphaning(object)) return planOrphaning(object, dependents)
  if (isWaitingForDependents(object)) return planForeground(object, dependents)
  if (object.deleting || owners.length === 0) return []
  return planOwned(object, owners, dependents)
}

const planOrphaning = (object: GraphNode, dependents: ReadonlyArray<GraphNode>): ReadonlyArray<Action> => [
  ...dependents.map((dependent) => Action.RemoveReferences({ object: dependent, uids: [object.uid] })),
  Action.RemoveFinalizer({ object, finalizer: ORPHAN_FINALIZER }),
]

const planForeground = (object: GraphNode, dependents: ReadonlyArray<GraphNode>): ReadonlyArray<Action> => {
  const alive = dependents.filter((dependent) => !dependent.deleting).map((dependent) => dependent.uid)
  const wake = alive.length === 0 ? [] : [Action.Wake({ uids: alive })]
  return dependents.some((dependent) => isBlocking(dependent, object))
    ? wake
    : [...wake, Action.RemoveFinalizer({ object, finalizer: FOREGROUND_FINALIZER })]
}

const planOwned = (
  object: GraphNode,
  owners: ReadonlyArray<ObservedOwner>,
  dependents: ReadonlyArray<GraphNode>,
): ReadonlyArray<Action> => {
  if (owners.some((owner) => owner.state === "unknown")) return [Action.Wait({ reason: "OwnerKindUnknown" })]
  const outOfReach = owners.find((owner) => owner.state === "outOfReach")
  if (outOfReach !== undefined) return [Action.Report({ object, owner: outOfReach.reference })]
  const stale = owners.filter((owner) => owner.state !== "solid")
  if (stale.length < owners.length) {
    return stale.length === 0
      ? []
      : [Action.RemoveReferences({ object, uids: stale.map((owner) => owner.reference.uid) })]
  }
  const isAwaited = owners.some((owner) => owner.state === "waiting")
  if (!isAwaited || dependents.length === 0) return [Action.Delete({ object, policy: policyOf(object) })]
  // A dependent that deletes itself in the foreground waits for us: we are in a cycle, which opens here.
  return dependents.some(isWaitingForDependents) &&
    object.owners.some((owner) => owner.blockOwnerDeletion === true)
    ? [Action.UnblockReferences({ object })]
    : [Action.Delete({ object, policy: "Foreground" })]
}

/** Whether the owner's deletion waits for this dependent. An object that names itself never waits for itself. */
const isBlocking = (dependent: GraphNode, owner: GraphNode): boolean =>
  dependent.uid !== owner.uid &&
  dependent.owners.some((reference) => reference.uid === owner.uid && reference.blockOwnerDeletion === true)

const policyOf = ({ finalizers }: GraphNode): Policy =>
  finalizers.includes(ORPHAN_FINALIZER)
    ? "Orphan"
    : finalizers.includes(FOREGROUND_FINALIZER)
      ? "Foreground"
      : "Background"
