/** Reading the open-keyed parts of a document: total, never throwing, nothing trusted to have its declared type. */

import type { ManagedFieldsEntry } from "../../schemas/index.ts"
import { isObject } from "../body-object.ts"
import { clone } from "../json/index.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"

/** The metadata of an object, made when absent. */
export const metadataOf = (object: MutableObject): MutableObject => {
  const { metadata } = object
  if (isObject(metadata)) return metadata
  const made: MutableObject = {}
  object.metadata = made
  return made
}

/** The string under a key of a map; "" when absent or of another type. */
export const stringOf = (map: MutableObject, key: string): string => {
  const value = Object.hasOwn(map, key) ? map[key] : undefined
  return typeof value === "string" ? value : ""
}

export const nameOf = (object: MutableObject): string => stringOf(metadataOf(object), "name")

export const finalizersOf = (object: MutableObject): ReadonlyArray<string> => {
  const { finalizers } = metadataOf(object)
  return Array.isArray(finalizers) ? finalizers.filter((item) => typeof item === "string") : []
}

export const isDeleting = (object: MutableObject): boolean =>
  stringOf(metadataOf(object), "deletionTimestamp") !== ""

/** The labels of an object; undefined when there are none. */
export const labelsOf = (object: MutableObject): { readonly [key: string]: string } | undefined => {
  const { labels } = metadataOf(object)
  if (!isObject(labels)) return undefined
  const found: Record<string, string> = Object.create(null)
  let any = false
  for (const key of Object.keys(labels)) {
    const value = labels[key]
    if (typeof value !== "string") continue
    found[key] = value
    any = true
  }
  return any ? found : undefined
}

/** The value at `spec.color` (plain keys joined by dots). */
export const valueAt = (object: MutableObject, path: ReadonlyArray<string>): MutableJson | undefined => {
  let value: MutableJson | undefined = object
  for (const key of path) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}

/** A scalar as a field selector sees it; absent is "". */
export const fieldText = (value: MutableJson | undefined): string =>
  typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : ""

/** Sets metadata.managedFields; absent when there are none. */
export const setManagedFields = (object: MutableObject, entries: ReadonlyArray<ManagedFieldsEntry>): void => {
  const metadata = metadataOf(object)
  if (entries.length === 0) delete metadata.managedFields
  else metadata.managedFields = entries.map(cloneEntry)
}

const cloneEntry = ({ fieldsV1, ...entry }: ManagedFieldsEntry): MutableObject => ({
  ...entry,
  fieldsV1: clone(fieldsV1),
})
