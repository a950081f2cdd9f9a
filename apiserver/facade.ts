/**
 * A resource that is another one under other names: nothing is stored for it, its objects are views.
 *
 * Guarantees: a view has the uid and the resourceVersion of what it is a view of, so lists, watches and preconditions of
 * either mean the same moments.
 */
import type { MutableObject } from "./machinery.ts"
import type { Operation } from "./registry/context.ts"
import type { Deleted } from "./registry/delete.ts"
import type { DeleteOptions } from "./registry/delete-options.ts"
import type { Listed } from "./registry/list.ts"
import type { PatchResult, Written } from "./registry/written.ts"
import type { Resource } from "./resource.ts"

/** The verbs that write, as the registry has them: what they answer is in the words of the resource asked for. */
export interface Writes {
  readonly create: (operation: Operation) => Promise<Written>
  readonly put: (operation: Operation) => Promise<Written>
  readonly patch: (operation: Operation) => Promise<PatchResult>
  readonly deleteObject: (operation: Operation, options: DeleteOptions) => Promise<Deleted>
  readonly deleteCollection: (operation: Operation) => Promise<Listed>
}

export interface Facade {
  /** The resource that is stored. */
  readonly of: Resource
  /** A stored object, which it may change, as the facade shows it. Total. */
  readonly view: (stored: MutableObject) => MutableObject
  readonly writes: Writes
  /** Cells of a Table that no jsonPath gives, by the index of their column behind Name. `now` is in epoch milliseconds. */
  readonly cells: (view: MutableObject, now: number) => { readonly [column: number]: string }
}
