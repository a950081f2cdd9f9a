/** Metadata as a client may write it, brought into a shape that can be read: an object, without nulls. */
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import { badRequest } from "../status-error.ts"

/** In place: absent metadata becomes an object, null fields are dropped, null labels and annotations are "". */
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
}
