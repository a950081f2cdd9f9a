/** The steps that updates and applies share, in one version of a kind or across several. */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { clone, isObject, own } from "../json/index.ts"
import { MachineryError, type MutableJson, type MutableObject } from "../machinery.ts"
import type { Comparison } from "./comparison.ts"
import { configurationOf } from "./configuration.ts"
import type { Conflict } from "./conflict.ts"
import { difference, emptySet, type FieldSet, intersection, isEmpty, only, union } from "./field-set.ts"
import { capped, type Manager, type Managers, managedFieldsOf, ownersOnly } from "./managers.ts"
import type { Shape } from "./shape.ts"

export const nobody: Managers = new Map()

export const metadataOf = (object: JsonObject | undefined): JsonObject => {
  const metadata = object === undefined ? undefined : own(object, "metadata")
  return isObject(metadata) ? metadata : {}
}

export const entriesOf = (object: JsonObject | undefined): Json | undefined =>
  own(metadataOf(object), "managedFields")

export const withoutEntries = (object: JsonObject | undefined): JsonObject => {
  if (object === undefined) return {}
  if (entriesOf(object) === undefined) return object
  const { managedFields: _, ...metadata } = metadataOf(object)
  return { ...object, metadata }
}

export const text = (object: JsonObject, key: string): string => {
  const value = own(object, key)
  return typeof value === "string" ? value : ""
}

/** What an endpoint lets a writer own: status through /status, all through any other. */
export const ownable = (set: FieldSet, subresource: string): FieldSet =>
  subresource === "status" ? only(set, "f:status") : set

/** What changed, in the version that a manager speaks. */
export type ComparisonIn = (apiVersion: string) => Comparison

/** The other managers without the fields that changed under them. */
export const dispossessed = (managers: Managers, comparisonIn: ComparisonIn): Map<string, Manager> => {
  const result = new Map<string, Manager>()
  for (const [identity, manager] of managers) {
    const { added, modified, removed } = comparisonIn(manager.apiVersion)
    const gone = union(union(added, modified), removed)
    const set = difference(manager.set, gone)
    if (set === manager.set) result.set(identity, manager)
    else if (!isEmpty(set)) result.set(identity, { ...manager, set })
  }
  return result
}

/** `NS/NAME; G/V, Kind=K`, as the refusals name an object. */
export const objectText = (applied: JsonObject): string => {
  const metadata = metadataOf(applied)
  const namespace = text(metadata, "namespace")
  const name = text(metadata, "name")
  const place = namespace === "" ? name : `${namespace}/${name}`
  return `${place}; ${text(applied, "apiVersion")}, Kind=${text(applied, "kind")}`
}

export const declaredFields = (applied: JsonObject, root: Shape): FieldSet => {
  if (entriesOf(applied) !== undefined)
    throw new MachineryError("BadRequest", "metadata.managedFields must be nil")
  const { set, errors } = configurationOf(applied, root)
  const [first, ...more] = errors
  if (first === undefined) return set
  const said = more.length === 0 ? first : `errors:\n${errors.map((error) => `  ${error}`).join("\n")}`
  throw new MachineryError("Invalid", `failed to create typed patch object (${objectText(applied)}): ${said}`)
}

export const allFields = (managers: Iterable<Manager>): FieldSet => {
  let all = emptySet
  for (const { set } of managers) all = union(all, set)
  return all
}

/** What others own and the apply would change. */
export const conflictsOf = (others: Managers, comparisonIn: ComparisonIn): ReadonlyArray<Conflict> => {
  const conflicts: Conflict[] = []
  for (const manager of others.values()) {
    const { added, modified } = comparisonIn(manager.apiVersion)
    const changed = union(added, modified)
    const fields = intersection(manager.set, changed)
    if (!isEmpty(fields)) conflicts.push({ manager, fields })
  }
  return conflicts
}

export const withManagers = (object: MutableObject, managers: Managers): MutableObject => {
  const entries = managedFieldsOf(capped(ownersOnly(managers)))
  if (entries.length === 0) return object
  const metadata = own(object, "metadata")
  const managedFields = entries.map((entry): MutableJson => clone({ ...entry }))
  return { ...object, metadata: { ...(isObject(metadata) ? metadata : {}), managedFields } }
}
