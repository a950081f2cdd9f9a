/** Where two states of an object differ, and who owns what is there. Pure. Source: KEP-555 (FieldsV1). */
import type { Json, JsonObject, KubeObject } from "../schemas/index.ts"
import { maxChangedFields } from "./limits.ts"
import { sameJson } from "./owned-fields.ts"

/** The names that lead to a field; a list is a field as a whole. */
export type FieldNames = ReadonlyArray<string>

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** What changes with every write, and says nothing by itself. */
const bookkeeping: ReadonlySet<string> = new Set([
  "metadata/resourceVersion",
  "metadata/managedFields",
  "metadata/generation",
])

const walk = (
  before: Json | undefined,
  after: Json | undefined,
  at: { readonly names: FieldNames; readonly found: Array<FieldNames> },
): void => {
  if (before === after || at.found.length >= maxChangedFields || bookkeeping.has(at.names.join("/"))) return
  if (!isObject(before) || !isObject(after)) {
    if (!sameJson(before, after)) at.found.push(at.names)
    return
  }
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const inner = (object: JsonObject) => (Object.hasOwn(object, name) ? object[name] : undefined)
    walk(inner(before), inner(after), { names: [...at.names, name], found: at.found })
  }
}

/** The fields that differ, the first few of them. */
export const changedFields = (before: KubeObject, after: KubeObject): ReadonlyArray<FieldNames> => {
  const found: Array<FieldNames> = []
  walk(before as unknown as JsonObject, after as unknown as JsonObject, { names: [], found })
  return found
}

/** As people write it: `status.lastSeen`, `metadata.labels['a.b/c']`. */
export const fieldText = (names: FieldNames): string =>
  names
    .map((name, index) => (/^[\w$-]+$/.test(name) ? `${index === 0 ? "" : "."}${name}` : `['${name}']`))
    .join("")

export const valueAt = (object: KubeObject, names: FieldNames): Json | undefined => {
  let at: Json | undefined = object as unknown as JsonObject
  for (const name of names) at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined
  return at
}

const owns = (fields: JsonObject, names: FieldNames): boolean => {
  let at: Json | undefined = fields
  for (const name of names) {
    if (!isObject(at)) return false
    // A field owned whole has nothing beneath it.
    if (Object.keys(at).length === 0) return true
    const inner: string = `f:${name}`
    at = Object.hasOwn(at, inner) ? at[inner] : undefined
  }
  return at !== undefined
}

/** Who owns the field: in the order of the object's managedFields. */
export const managersOf = (object: KubeObject, names: FieldNames): ReadonlyArray<string> => [
  ...new Set(
    (object.metadata.managedFields ?? [])
      .filter(({ fieldsV1 }) => owns(fieldsV1, names))
      .map(({ manager }) => manager),
  ),
]
