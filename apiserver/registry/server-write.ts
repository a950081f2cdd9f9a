/** Writes of the server itself: the same verbs as a client's, by a user who may everything. */
import type { MutableObject } from "../machinery.ts"
import type { Resource } from "../resource.ts"
import { StatusError } from "../status-error.ts"
import type { RegistryContext, Target } from "./context.ts"
import { create } from "./create.ts"
import { internalOperation } from "./internal.ts"
import { updateObject } from "./update.ts"

const options = {
  dryRun: false,
  fieldValidation: "Ignore",
  fieldManager: "apiserver",
  named: true,
  force: false,
} as const

const hasReason = (error: unknown, reason: string): boolean =>
  error instanceof StatusError && error.reason === reason

/** Makes an object; one that is there already stays as it is. */
export const createByServer = async (
  context: RegistryContext,
  resource: Resource,
  object: MutableObject,
): Promise<void> => {
  const target: Target = { resource, version: resource.storage, namespace: "", name: "", subresource: "" }
  const { apiVersion } = resource.storage
  try {
    await create(internalOperation(context, target, "create", { apiVersion, kind: resource.kind, ...object }))
  } catch (error) {
    if (!hasReason(error, "AlreadyExists")) throw error
  }
}

export interface ServerChange {
  readonly resource: Resource
  readonly name: string
  readonly subresource: string
  /** Changes the object in place; called again when another writer was faster. */
  readonly change: (object: MutableObject) => void
}

/** Changes a cluster-scoped object; one that is gone is left alone. */
export const changeByServer = async (
  context: RegistryContext,
  { resource, name, subresource, change }: ServerChange,
): Promise<void> => {
  const target: Target = { resource, version: resource.storage, namespace: "", name, subresource }
  try {
    await updateObject(internalOperation(context, target, "update"), {
      options,
      next: (current) => {
        const object = current.copy()
        change(object)
        return object
      },
    })
  } catch (error) {
    if (!hasReason(error, "NotFound")) throw error
  }
}
