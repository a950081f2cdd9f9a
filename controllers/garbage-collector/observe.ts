/** Reading the truth about one object and its owners. The graph saves reads; it is never the ground for a deletion. */
import { Effect } from "effect"
import { type ApiError, Client, isReason } from "../../client/index.ts"
import type { Kind, OwnerReference } from "../../schemas/index.ts"
import { type Graph, type GraphNode, isOrphaning, isWaitingForDependents, nodeOf } from "./graph.ts"
import type { Observed, OwnerState } from "./plan.ts"
import type { Resources } from "./resources.ts"

export interface CollectorView {
  readonly graph: Graph
  readonly resources: Resources
  /** Whether every watched resource has told all its objects. */
  readonly isComplete: () => boolean
}

/** undefined: the graph shows nothing to do for this uid. */
export const observe = Effect.fnUntraced(function* (
  uid: string,
  view: CollectorView,
): Effect.fn.Return<Observed | undefined, ApiError, Client> {
  const known = view.graph.get(uid)
  if (known === undefined || isIdle(known, view)) return undefined
  const object = yield* readLive(known.kind, known)
  if (object?.uid !== uid) return { object: undefined, owners: [], dependents: [], isComplete: true }
  const owners = yield* Effect.forEach(object.owners, (reference) =>
    Effect.map(stateOf(reference, object, view), (state) => ({ reference, state })),
  )
  return { object, owners, dependents: view.graph.dependentsOf(uid), isComplete: view.isComplete() }
})

/** Nothing to do, as far as the graph shows; when it shows more, it will ask again. */
const isIdle = (node: GraphNode, view: CollectorView): boolean =>
  !isOrphaning(node) &&
  !isWaitingForDependents(node) &&
  (node.deleting || node.owners.every((reference) => shownState(reference, node, view) === "solid"))

const shownState = (
  reference: OwnerReference,
  dependent: GraphNode,
  view: CollectorView,
): OwnerState | undefined => {
  const kind = view.resources.resolve(reference)
  if (kind === undefined) return "unknown"
  if (kind.namespaced && dependent.namespace === "") return "outOfReach"
  const shown = view.graph.get(reference.uid)
  return shown !== undefined && isMeant(reference, kind, { shown, dependent }) ? lifeOf(shown) : undefined
}

/** Whether the node is where the reference points, as seen from the dependent's namespace. */
const isMeant = (
  { name }: OwnerReference,
  kind: Kind,
  { shown, dependent }: { readonly shown: GraphNode; readonly dependent: GraphNode },
): boolean =>
  shown.name === name &&
  shown.kind.group === kind.group &&
  shown.kind.plural === kind.plural &&
  (!kind.namespaced || shown.namespace === dependent.namespace)

const lifeOf = (owner: GraphNode): OwnerState => (isWaitingForDependents(owner) ? "waiting" : "solid")

/** Asks the API where the graph does not show the owner: only it can say that one is absent. */
const stateOf = Effect.fnUntraced(function* (
  reference: OwnerReference,
  dependent: GraphNode,
  view: CollectorView,
): Effect.fn.Return<OwnerState, ApiError, Client> {
  const shown = shownState(reference, dependent, view)
  const kind = view.resources.resolve(reference)
  if (shown !== undefined || kind === undefined) return shown ?? "unknown"
  const owner = yield* readLive(kind, {
    namespace: kind.namespaced ? dependent.namespace : "",
    name: reference.name,
  })
  return owner?.uid === reference.uid ? lifeOf(owner) : "absent"
})

/** undefined: it is not there. */
export const readLive = Effect.fnUntraced(function* (
  kind: Kind,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Effect.fn.Return<GraphNode | undefined, ApiError, Client> {
  const client = yield* Client
  return yield* client.get(kind, { namespace, name }).pipe(
    Effect.map((object) => nodeOf(kind, object)),
    Effect.catchIf(isReason("NotFound"), () => Effect.succeed(undefined)),
  )
})
