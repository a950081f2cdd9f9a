/** Addresses of objects, checked before they become paths. */
import type { Kind } from "../schemas/index.ts"
import { ApiError } from "./api-error.ts"
import type { ObjectKey } from "./client.ts"

export const keyOf = (object: {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined }
}): ObjectKey => ({
  namespace: object.metadata.namespace ?? "",
  name: object.metadata.name,
})

const refusal = (kind: Kind, key: ObjectKey, field: "name" | "namespace"): ApiError =>
  new ApiError({
    reason: "BadRequest",
    message: `${kind.kind} ${key.name}: metadata.${field} is needed`,
    operation: kind.plural,
  })

/** What would only come back as a confusing 404 or 405: a namespace that is not there. */
export const refuseCollection = (kind: Kind, key: ObjectKey): ApiError | undefined =>
  kind.namespaced && key.namespace === "" ? refusal(kind, key, "namespace") : undefined

/** The same for a name. */
export const refuseKey = (kind: Kind, key: ObjectKey): ApiError | undefined =>
  key.name === "" ? refusal(kind, key, "name") : refuseCollection(kind, key)
