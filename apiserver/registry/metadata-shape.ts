/** Metadata as a client may write it, brought into a shape that can be read: an object, without nulls and empty parts. */
import { isObject } from "../body-object.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import { badRequest } from "../status-error.ts"

const isEmpty = (value: MutableJson): boolean =>
  Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0

/** Parts that are absent when they are empty (managedFields are not among them: empty, they reset tracking). */
const omittedWhenEmpty = ["labels", "annotations", "finalizers", "ownerReferences"]

/** In place: absent metadata becomes an object, null and empty fields are dropped, null labels and annotations are "". */
export const shapeMetadata = (object: MutableObject): void => {
  const given = object.metadata ?? {}
  if (!isObject(given)) throw badRequest("metadata must be an object")
  object.metadata = given
  for (const key of Object.keys(given)) if (given[key] === null) delete given[key]
  for (const key of ["labels", "annotations"]) {
    const map = given[key]
    if (!isObject(map)) continue
    for (const entry of Object.keys(map)) if (map[entry] === null) map[entry] = ""
  }
  for (const key of omittedWhenEmpty) {
    const value = given[key]
    if (value !== undefined && isEmpty(value)) delete given[key]
  }
}
