/**
 * The owner graph: what the watches last said of every object that could own or be owned. Plain and synchronous.
 *
 * It may be behind the truth; nothing is deleted on its word alone. Start with {@link Graph}.
 */
import type { Kind, KubeObject, OwnerReference } from "../../schemas/index.ts"

export const FOREGROUND_FINALIZER = "foregroundDeletion"
export const ORPHAN_FINALIZER = "orphan"

/** What the collector keeps of an object: its place in the graph, never its content. */
export interface GraphNode {
  readonly kind: Kind
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly owners: ReadonlyArray<OwnerReference>
  readonly finalizers: ReadonlyArray<string>
  readonly deleting: boolean
}

/** The node of an object, or undefined where the server gave it no uid. */
export const nodeOf = (kind: Kind, { metadata }: KubeObject): GraphNode | undefined =>
  metadata.uid === undefined
    ? undefined
    : {
        kind,
        namespace: metadata.namespace ?? "",
        name: metadata.name,
        uid: metadata.uid,
        resourceVersion: metadata.resourceVersion ?? "",
        owners: metadata.ownerReferences ?? [],
        finalizers: metadata.finalizers ?? [],
        deleting: metadata.deletionTimestamp !== undefined,
      }

/** True while the object's deletion waits for its blocking dependents. */
export const isWaitingForDependents = (node: GraphNode): boolean =>
  node.deleting && node.finalizers.includes(FOREGROUND_FINALIZER)

/** True while the object's deletion waits for its dependents to be let go. */
export const isOrphaning = (node: GraphNode): boolean =>
  node.deleting && node.finalizers.includes(ORPHAN_FINALIZER)

/** Nodes by uid, and who names whom as an owner. Guarantees: both indexes agree after every call. */
export class Graph {
  readonly #nodes = new Map<string, GraphNode>()
  readonly #dependents = new Map<string, Set<string>>()

  get size(): number {
    return this.#nodes.size
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid)
  }

  /** Those which name this uid as an owner; the owner itself need not be known. */
  dependentsOf(uid: string): ReadonlyArray<GraphNode> {
    const found: GraphNode[] = []
    for (const dependent of this.#dependents.get(uid) ?? []) {
      const node = this.#nodes.get(dependent)
      if (node !== undefined) found.push(node)
    }
    return found
  }

  /** Takes the node in; returns the uids that may have work to do because of it. */
  put(node: GraphNode): ReadonlyArray<string> {
    const before = this.#nodes.get(node.uid)
    this.#nodes.set(node.uid, node)
    if (before !== undefined) this.#unlink(before)
    for (const owner of node.owners) this.#link(owner.uid, node.uid)
    const woken = new Set<string>()
    if (node.owners.length > 0 || isOrphaning(node) || isWaitingForDependents(node)) woken.add(node.uid)
    for (const owner of [...node.owners, ...(before?.owners ?? [])]) this.#wakeIfDeleting(owner.uid, woken)
    return [...woken]
  }

  /** Forgets the uid; returns its dependents and those owners whose deletion may have waited for it. */
  remove(uid: string): ReadonlyArray<string> {
    const node = this.#nodes.get(uid)
    if (node === undefined) return []
    this.#nodes.delete(uid)
    this.#unlink(node)
    const woken = new Set(this.#dependents.get(uid) ?? [])
    for (const owner of node.owners) this.#wakeIfDeleting(owner.uid, woken)
    return [...woken]
  }

  /** Forgets a whole resource: nobody serves it any more. Returns the uids that may have work to do. */
  drop(kind: Kind): ReadonlyArray<string> {
    const woken = new Set<string>()
    for (const node of [...this.#nodes.values()]) {
      if (node.kind.group !== kind.group || node.kind.plural !== kind.plural) continue
      for (const uid of this.remove(node.uid)) woken.add(uid)
    }
    return [...woken]
  }

  #wakeIfDeleting(uid: string, woken: Set<string>): void {
    const owner = this.#nodes.get(uid)
    if (owner !== undefined && (isWaitingForDependents(owner) || isOrphaning(owner))) woken.add(uid)
  }

  #link(owner: string, dependent: string): void {
    const known = this.#dependents.get(owner)
    if (known === undefined) this.#dependents.set(owner, new Set([dependent]))
    else known.add(dependent)
  }

  #unlink(node: GraphNode): void {
    for (const { uid } of node.owners) {
      const known = this.#dependents.get(uid)
      known?.delete(node.uid)
      if (known?.size === 0) this.#dependents.delete(uid)
    }
  }
}
