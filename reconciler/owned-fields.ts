/**
 * Whether applying a configuration would change an object, told from the object alone: its values and its managedFields.
 * It errs towards yes: a needless apply is answered without a write. Source: KEP-555, FieldsV1. Plain and pure.
 */
import type { Json, JsonObject, KubeObject } from "../schemas/index.ts"

export interface Ownership {
  readonly fieldManager: string
  readonly subresource?: string
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const field = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined

const sameArrays = (a: ReadonlyArray<Json>, b: ReadonlyArray<Json>): boolean =>
  a.length === b.length && a.every((item, i) => sameJson(item, b[i]))

/** Deep equality of JSON values; the order of keys does not count. */
export const sameJson = (a: Json | undefined, b: Json | undefined): boolean => {
  if (a === b) return true
  if (Array.isArray(a)) return Array.isArray(b) && sameArrays(a, b)
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  )
}

/** Whether every desired field is there with its value. Items of lists may have more fields: the server defaults them. */
const holds = (observed: Json | undefined, desired: Json): boolean => {
  if (Array.isArray(desired)) {
    return (
      Array.isArray(observed) &&
      observed.length === desired.length &&
      desired.every((item, i) => holds(observed[i], item))
    )
  }
  if (!isObject(desired)) return observed === desired
  return (
    isObject(observed) && Object.entries(desired).every(([key, value]) => holds(field(observed, key), value))
  )
}

/** The item of a list that a `k:{...}` or `v:...` path element names. */
const itemAt = (list: ReadonlyArray<Json>, element: string): Json | undefined => {
  const wanted: Json = JSON.parse(element.slice(2))
  if (element.startsWith("v:")) return list.find((item) => sameJson(item, wanted))
  return isObject(wanted) ? list.find((item) => holds(item, wanted)) : undefined
}

/** Whether the fields owned are all among the desired: one that is not would be taken away. */
const owned = (fields: JsonObject, desired: Json): boolean =>
  Object.entries(fields).every(([element, inner]) => {
    if (element === ".") return true
    const at = element.startsWith("f:")
      ? isObject(desired)
        ? field(desired, element.slice(2))
        : undefined
      : Array.isArray(desired)
        ? itemAt(desired, element)
        : undefined
    return at !== undefined && (!isObject(inner) || owned(inner, at))
  })

/** Whether the desired fields are all owned: one that is not would become so. */
const owns = (fields: JsonObject, desired: Json): boolean => {
  if (!isObject(desired) || Object.keys(fields).length === 0) return true
  return Object.entries(desired).every(([key, value]) => {
    const inner = field(fields, `f:${key}`)
    return isObject(inner) && owns(inner, value)
  })
}

/** What is never owned: it names the object. */
const withoutIdentity = (desired: JsonObject): JsonObject => {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = desired
  if (!isObject(metadata)) return rest
  const { name: _name, namespace: _namespace, ...fields } = metadata
  return Object.keys(fields).length === 0 ? rest : { ...rest, metadata: fields }
}

/** False only when the server would find nothing to do. */
export const applyWouldChange = (observed: KubeObject, desired: object, ownership: Ownership): boolean => {
  const wanted = withoutIdentity(desired as JsonObject)
  if (!holds(observed as unknown as JsonObject, wanted)) return true
  const entry = observed.metadata.managedFields?.find(
    ({ manager, operation, subresource }) =>
      operation === "Apply" && manager === ownership.fieldManager && subresource === ownership.subresource,
  )
  return entry === undefined || !owned(entry.fieldsV1, wanted) || !owns(entry.fieldsV1, wanted)
}
