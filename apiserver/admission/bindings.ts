/** The variables that expressions of admission know of a request: `object`, `oldObject`, `request`, `namespaceObject`. */
import type { Json } from "../../schemas/index.ts"
import type { MutableObject } from "../machinery.ts"
import { objectIn } from "../open-fields.ts"
import type { Attributes, VersionedObjects } from "./attributes.ts"
import type { Bindings } from "./expression.ts"
import { admissionRequest } from "./review.ts"

/** What of a Namespace expressions may see: nothing that its deletion or its owners need. */
const shownNamespace = (namespace: MutableObject): Json => {
  const { managedFields: _, ownerReferences: __, ...metadata } = objectIn(namespace, "metadata") ?? {}
  return {
    metadata,
    spec: objectIn(namespace, "spec") ?? {},
    status: objectIn(namespace, "status") ?? {},
  }
}

const memo = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Made as they are asked for; absent objects are null. */
export const requestBindings = (attributes: Attributes, objects: VersionedObjects): Bindings => {
  const request = memo(() => admissionRequest(attributes, objects, ""))
  const namespaceObject = memo(() => {
    const found = attributes.namespaceObject()
    return found === undefined ? null : shownNamespace(found)
  })
  return (name) => {
    switch (name) {
      case "object":
        return objects.object ?? null
      case "oldObject":
        return objects.oldObject ?? null
      case "request":
        return request()
      case "namespaceObject":
        return namespaceObject()
      default:
        return undefined
    }
  }
}
