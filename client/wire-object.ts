/** Objects and lists as they come off the wire, checked as far as every caller rests on them: TypeMeta, metadata, name. */
import {
  apiVersionOf,
  type JsonObject,
  type Kind,
  type KubeObject,
  type ObjectList,
} from "../schemas/index.ts"
import { isJsonObject, noAnswer } from "./response.ts"

/**
 * The document as an object of the kind. Its schema was checked by the server that stored it; a name it must have.
 * apiVersion and kind are filled in: servers leave them out of the items of a typed list.
 */
export const asObject = <T extends KubeObject>(kind: Kind<T>, value: unknown, operation: string): T => {
  if (!isJsonObject(value)) throw noAnswer(operation, "the server sent something that is not an object")
  const metadata = value.metadata
  if (!isJsonObject(metadata) || typeof metadata.name !== "string") {
    throw noAnswer(operation, `the server sent a ${kind.kind} without a name`)
  }
  const typed =
    value.kind === undefined ? { apiVersion: apiVersionOf(kind), kind: kind.kind, ...value } : value
  return typed as unknown as T
}

export const asObjectList = <T extends KubeObject>(
  kind: Kind<T>,
  value: JsonObject,
  operation: string,
): ObjectList<T> => {
  const { metadata, items } = value
  // Servers written in Go send null for an empty list.
  const list = items ?? []
  if (!Array.isArray(list)) throw noAnswer(operation, "the server sent a list without items")
  const { resourceVersion, continue: token, remainingItemCount } = isJsonObject(metadata) ? metadata : {}
  return {
    apiVersion: apiVersionOf(kind),
    kind: `${kind.kind}List`,
    metadata: {
      ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
      ...(typeof token === "string" && token !== "" ? { continue: token } : {}),
      ...(typeof remainingItemCount === "number" ? { remainingItemCount } : {}),
    },
    items: list.map((item: unknown) => asObject(kind, item, operation)),
  }
}

/** An object as the JSON that it is: its type says less than JSON allows, never more. */
export const asDocument = (object: object): JsonObject => object as JsonObject
