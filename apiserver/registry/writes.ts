/** The verbs that write, as one value: those of the registry, or those of a facade over another resource. */
import type { Operation } from "./context.ts"
import { create } from "./create.ts"
import { type Deleted, deleteObject } from "./delete.ts"
import { deleteCollection } from "./delete-collection.ts"
import type { DeleteOptions } from "./delete-options.ts"
import type { Listed } from "./list.ts"
import { patch } from "./patch.ts"
import { put } from "./put.ts"
import type { PatchResult, Written } from "./written.ts"

/** What they answer is in the words of the resource asked for. */
export interface Writes {
  readonly create: (operation: Operation) => Promise<Written>
  readonly put: (operation: Operation) => Promise<PatchResult>
  readonly patch: (operation: Operation) => Promise<PatchResult>
  readonly deleteObject: (operation: Operation, options: DeleteOptions) => Promise<Deleted>
  readonly deleteCollection: (operation: Operation) => Promise<Listed>
}

export const registryWrites: Writes = {
  create,
  put,
  patch,
  deleteObject: (operation, options) => deleteObject(operation, options),
  deleteCollection: (operation) => deleteCollection(operation),
}
