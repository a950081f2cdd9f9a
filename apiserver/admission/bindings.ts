/** The values of what expressions of admission may name, each made when it is first asked for. */
import type { Authorizer } from "../authorizer.ts"
import type { Bindings } from "../cel/index.ts"
import type { MutableObject } from "../machinery.ts"
import { objectIn } from "../open-fields.ts"
import type { Attributes, VersionedObjects } from "./attributes.ts"
import { authorizersOf } from "./expression-authorizer.ts"
import { admissionRequest } from "./review.ts"

/** What of a Namespace expressions may see: nothing that its deletion or its owners need. */
const shownNamespace = (namespace: MutableObject): MutableObject => {
  const { managedFields: _, ownerReferences: __, uid, ...metadata } = objectIn(namespace, "metadata") ?? {}
  return {
    metadata: uid === undefined ? metadata : { ...metadata, UID: uid },
    spec: objectIn(namespace, "spec") ?? {},
    status: objectIn(namespace, "status") ?? {},
  }
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Absent objects are null. */
export const requestBindings = (
  authorizer: Authorizer,
  attributes: Attributes,
  objects: VersionedObjects,
): Bindings => {
  const request = once(() => admissionRequest(attributes, objects, ""))
  const authorizers = once(() => authorizersOf(authorizer, attributes))
  const namespaceObject = once(() => {
    const found = attributes.namespaceObject()
    return found === undefined ? null : shownNamespace(found)
  })
  return {
    object: objects.object ?? null,
    oldObject: objects.oldObject ?? null,
    get request() {
      return request()
    },
    get namespaceObject() {
      return namespaceObject()
    },
    get authorizer() {
      return authorizers().authorizer
    },
    get "authorizer.requestResource"() {
      return authorizers().requestResource
    },
  }
}

/** The same bindings with more of them; none is made by that. */
export const withBindings = (bindings: Bindings, more: Bindings): Bindings =>
  Object.defineProperties<Bindings>(
    {},
    { ...Object.getOwnPropertyDescriptors(bindings), ...Object.getOwnPropertyDescriptors(more) },
  )
