/** A {@link Request} as a string key, and back. */
import type { ObjectKey } from "../client/index.ts"
import type { KubeObject } from "../schemas/index.ts"
import type { Request } from "./reconciler.ts"

/** `namespace/name`; the part before the slash is empty for cluster-scoped kinds. */
export const keyString = (key: ObjectKey): string => `${key.namespace}/${key.name}`

export const requestOf = (key: string): Request => {
  const slash = key.indexOf("/")
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/** An object's own key. */
export const keyOf = (object: KubeObject): Request => ({
  namespace: object.metadata.namespace ?? "",
  name: object.metadata.name,
})
