/** Reading the open parts of a document: total, nothing trusted to have its declared type. Strings: `stringOf` of registry/object-meta. */
import { isObject } from "./body-object.ts"
import type { MutableObject } from "./machinery.ts"

/** The object under a key; undefined when absent or of another type. */
export const objectIn = (map: MutableObject, key: string): MutableObject | undefined => {
  const value = Object.hasOwn(map, key) ? map[key] : undefined
  return isObject(value) ? value : undefined
}

export const objectsIn = (map: MutableObject, key: string): ReadonlyArray<MutableObject> => {
  const value = Object.hasOwn(map, key) ? map[key] : undefined
  return Array.isArray(value) ? value.filter(isObject) : []
}

export const stringsIn = (map: MutableObject, key: string): ReadonlyArray<string> => {
  const value = Object.hasOwn(map, key) ? map[key] : undefined
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : []
}
