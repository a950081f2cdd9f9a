/** The deletecollection verb: each selected object is deleted as by itself; not atomic. */
import { StatusError } from "../status-error.ts"
import type { CachedObject } from "../watch-cache/cached-object.ts"
import type { Operation } from "./context.ts"
import { type Deleted, deleteObject } from "./delete.ts"
import { type DeleteOptions, parseDeleteOptions } from "./delete-options.ts"
import { type Listed, list } from "./list.ts"

const isGone = (error: unknown): boolean => error instanceof StatusError && error.reason === "NotFound"

/** Answers with what was selected. Fails with the first refusal. */
export const deleteCollection = async (
  operation: Operation,
  remove: (one: Operation, options: DeleteOptions) => Promise<Deleted> = (one, options) =>
    deleteObject(one, options),
): Promise<Listed> => {
  const options = parseDeleteOptions(operation.call)
  const selected = await list(operation)
  const deleted: CachedObject[] = []
  for (const object of selected.items) {
    const target = { ...operation.target, namespace: object.namespace, name: object.name }
    try {
      await remove({ ...operation, target }, options)
      deleted.push(object)
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }
  return { ...selected, items: deleted }
}
