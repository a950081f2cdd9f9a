/**
 * What is next for a namespace that was deleted: a pure function of what is left in it. Start with {@link plan}.
 *
 * Source: Kubernetes' namespace controller: all objects of all namespaced resources go, then the finalizer `kubernetes`.
 */
import { Data } from "effect"
import type { Kind, Namespace, NamespaceStatusCondition, ObjectMeta } from "../../schemas/index.ts"
import { withConditions } from "../conditions.ts"

export const NAMESPACE_FINALIZER = "kubernetes"

/** What is left of one resource, as far as one list told. */
export interface Content {
  readonly kind: Kind
  readonly objects: ReadonlyArray<ObjectMeta>
  /** All of them, also those that the list did not tell. */
  readonly count: number
}

export interface Observed {
  readonly namespace: Namespace
  readonly contents: ReadonlyArray<Content>
  /** What could not be found out, or not be deleted, in sentences. */
  readonly failures: { readonly discovery: ReadonlyArray<string>; readonly content: ReadonlyArray<string> }
  readonly now: number
}

export type Action = Data.TaggedEnum<{
  DeleteContent: { readonly kind: Kind; readonly objects: ReadonlyArray<ObjectMeta> }
  RecordConditions: { readonly conditions: ReadonlyArray<NamespaceStatusCondition> }
  Finalize: Record<never, never>
  /** Others have work to do first: look again after a while. */
  Wait: Record<never, never>
}>
export const Action = Data.taggedEnum<Action>()

/** The actions, in order. [] is a namespace that is none of our business. */
export const plan = (observed: Observed): ReadonlyArray<Action> => {
  const { namespace, contents, failures } = observed
  if (!isTerminating(namespace)) return []
  const doomed = contents.flatMap(({ kind, objects }) => {
    const alive = objects.filter(({ deletionTimestamp }) => deletionTimestamp === undefined)
    return alive.length === 0 ? [] : [Action.DeleteContent({ kind, objects: alive })]
  })
  const isEmpty = contents.every(({ count }) => count === 0)
  const isKnown = failures.discovery.length === 0 && failures.content.length === 0
  if (isEmpty && isKnown) return [Action.Finalize()]
  // What one pass can delete at once is not worth a word: the next pass tells what resists.
  return doomed.length > 0 && isKnown ? doomed : [...doomed, ...record(observed), Action.Wait()]
}

export const isTerminating = ({ metadata, spec }: Namespace): boolean =>
  metadata.deletionTimestamp !== undefined && (spec?.finalizers ?? []).includes(NAMESPACE_FINALIZER)

const record = (observed: Observed): ReadonlyArray<Action> => {
  const before = observed.namespace.status?.conditions ?? []
  const conditions = withConditions(before, conditionsOf(observed), observed.now)
  return isSame(before, conditions) ? [] : [Action.RecordConditions({ conditions })]
}

const isSame = (
  before: ReadonlyArray<NamespaceStatusCondition>,
  next: ReadonlyArray<NamespaceStatusCondition>,
): boolean =>
  before.length === next.length &&
  next.every((condition, index) => {
    const former = before[index]
    return (
      former?.type === condition.type &&
      former.status === condition.status &&
      former.reason === condition.reason &&
      former.message === condition.message
    )
  })

const conditionsOf = ({ contents, failures }: Observed) => {
  const remaining = contents.filter(({ count }) => count > 0)
  return [
    condition("NamespaceDeletionDiscoveryFailure", failures.discovery, {
      reason: "DiscoveryFailed",
      fine: ["ResourcesDiscovered", "all resources were discovered"],
    }),
    condition("NamespaceDeletionContentFailure", failures.content, {
      reason: "ContentDeletionFailed",
      fine: ["ContentDeleted", "all content was deleted, or is being deleted"],
    }),
    condition("NamespaceContentRemaining", remaining.map(countOf), {
      reason: "SomeResourcesRemain",
      fine: ["ContentRemoved", "all content was removed"],
    }),
    condition("NamespaceFinalizersRemaining", finalizersIn(remaining), {
      reason: "SomeFinalizersRemain",
      fine: ["ContentHasNoFinalizers", "no finalizer holds any content"],
    }),
  ]
}

const condition = (
  type: string,
  told: ReadonlyArray<string>,
  words: { readonly reason: string; readonly fine: readonly [reason: string, message: string] },
) =>
  told.length > 0
    ? { type, status: "True" as const, reason: words.reason, message: told.join(", ") }
    : { type, status: "False" as const, reason: words.fine[0], message: words.fine[1] }

const nameOf = ({ plural, group }: Kind): string => (group === "" ? plural : `${plural}.${group}`)

const countOf = ({ kind, count }: Content): string => `${count} ${nameOf(kind)}`

const finalizersIn = (contents: ReadonlyArray<Content>): ReadonlyArray<string> => {
  const counts = new Map<string, number>()
  for (const { objects } of contents) {
    for (const finalizer of objects.flatMap(({ finalizers }) => finalizers ?? [])) {
      counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1)
    }
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([finalizer, count]) => `${finalizer} in ${count}`)
}
