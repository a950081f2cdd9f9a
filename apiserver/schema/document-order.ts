/** Errors in the order in which a reader of the document meets them. */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { isObject, own } from "../json/index.ts"
import type { LocatedError } from "./ajv-errors.ts"

/** The position of each step of a path among its siblings; what is absent comes last. */
const positions = (document: JsonObject, path: ReadonlyArray<string | number>): ReadonlyArray<number> => {
  let at: Json | undefined = document
  return path.map((step) => {
    if (typeof step === "number") {
      at = Array.isArray(at) ? (at as ReadonlyArray<Json>)[step] : undefined
      return step
    }
    if (!isObject(at)) return Number.MAX_SAFE_INTEGER
    const position = Object.keys(at).indexOf(step)
    at = own(at, step)
    return position < 0 ? Number.MAX_SAFE_INTEGER : position
  })
}

const compare = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Sorted, stably: errors of one field stay in the schema's order. */
export const inDocumentOrder = (
  document: JsonObject,
  errors: ReadonlyArray<LocatedError>,
): ReadonlyArray<LocatedError> => {
  if (errors.length < 2) return errors
  return errors
    .map((error) => ({ error, at: positions(document, error.path) }))
    .sort((a, b) => compare(a.at, b.at))
    .map(({ error }) => error)
}
