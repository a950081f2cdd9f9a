/** JSON of unknown shape, looked into without trust. */
import type { Json, JsonObject } from "../schemas/index.ts"

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const isArray = (value: unknown): value is ReadonlyArray<Json> => Array.isArray(value)

/** The field of an object, own fields only; undefined for anything else. */
const fieldOf = (value: unknown, name: string): Json | undefined =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined

/** The value at a path of fields. */
export const valueAt = (value: unknown, ...path: ReadonlyArray<string>): Json | undefined => {
  let found: Json | undefined
  let at: unknown = value
  for (const name of path) {
    found = fieldOf(at, name)
    at = found
  }
  return found
}

export const textAt = (value: unknown, ...path: ReadonlyArray<string>): string => {
  const found = valueAt(value, ...path)
  return typeof found === "string" ? found : ""
}

export const arrayAt = (value: unknown, ...path: ReadonlyArray<string>): ReadonlyArray<Json> => {
  const found = valueAt(value, ...path)
  return isArray(found) ? found : []
}

export const objectAt = (value: unknown, ...path: ReadonlyArray<string>): JsonObject => {
  const found = valueAt(value, ...path)
  return isObject(found) ? found : {}
}
