/**
 * The managers of an object: who owns which fields, as metadata.managedFields records it.
 * Source: apimachinery `util/managedfields`.
 */
import type { Json, JsonObject, ManagedFieldsEntry } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"
import { difference, type FieldSet, isEmpty, setOf, union } from "./field-set.ts"
import { fieldsV1Of, parseFieldsV1 } from "./fields-v1.ts"
import { UPDATE_MANAGERS_MAX } from "./limits.ts"

export interface Manager {
  readonly name: string
  readonly operation: "Apply" | "Update"
  readonly apiVersion: string
  readonly subresource: string
  readonly time: string | undefined
  readonly set: FieldSet
  /** The set as it was read, while it is unchanged: it need not be written out again. */
  readonly source?: { readonly set: FieldSet; readonly fieldsV1: JsonObject }
}

/** Managers by identity: what makes two entries one. */
export type Managers = ReadonlyMap<string, Manager>

/** An applier is the same one whatever version it speaks; an updater is not. */
export const identityOf = (manager: Omit<Manager, "set" | "source" | "time">): string =>
  JSON.stringify([
    manager.name,
    manager.operation,
    manager.operation === "Apply" ? "" : manager.apiVersion,
    manager.subresource,
  ])

const text = (entry: JsonObject, key: string): string => {
  const value = own(entry, key)
  return typeof value === "string" ? value : ""
}

const managerOf = (entry: Json): Manager | undefined => {
  if (!isObject(entry)) return undefined
  const operation = own(entry, "operation")
  const fields = own(entry, "fieldsV1")
  const time = own(entry, "time")
  const set = isObject(fields) ? parseFieldsV1(fields) : undefined
  if ((operation !== "Apply" && operation !== "Update") || set === undefined) return undefined
  if (!isObject(fields) || own(entry, "fieldsType") !== "FieldsV1" || text(entry, "apiVersion") === "")
    return undefined
  return {
    name: text(entry, "manager"),
    operation,
    apiVersion: text(entry, "apiVersion"),
    subresource: text(entry, "subresource"),
    time: typeof time === "string" ? time : undefined,
    set,
    source: { set, fieldsV1: fields },
  }
}

/** The managers that entries name; undefined when any entry is malformed. */
export const parseManagers = (entries: Json | undefined): Managers | undefined => {
  const managers = new Map<string, Manager>()
  if (entries === undefined || entries === null) return managers
  if (!isArray(entries)) return undefined
  for (const entry of entries) {
    const manager = managerOf(entry)
    if (manager === undefined) return undefined
    const identity = identityOf(manager)
    const same = managers.get(identity)
    managers.set(identity, same === undefined ? manager : { ...manager, set: union(same.set, manager.set) })
  }
  return managers
}

/** `[]` and `[{}]` in an update say: forget all ownership. */
export const isReset = (entries: Json | undefined): boolean => {
  if (!isArray(entries)) return false
  const [only, ...more] = entries
  return only === undefined || (more.length === 0 && isObject(only) && Object.keys(only).length === 0)
}

const metadataFields = [
  "name",
  "namespace",
  "creationTimestamp",
  "selfLink",
  "uid",
  "generation",
  "managedFields",
  "resourceVersion",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
]

/** What nobody owns: it is the object's identity, or the server's. */
const unowned = setOf(
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ...metadataFields.map((name) => ["f:metadata", `f:${name}`]),
)

const entryOf = (manager: Manager): ManagedFieldsEntry => ({
  manager: manager.name,
  operation: manager.operation,
  apiVersion: manager.apiVersion,
  ...(manager.time === undefined ? {} : { time: manager.time }),
  fieldsType: "FieldsV1",
  fieldsV1: manager.source?.set === manager.set ? manager.source.fieldsV1 : fieldsV1Of(manager.set),
  ...(manager.subresource === "" ? {} : { subresource: manager.subresource }),
})

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const compareManagers = (a: Manager, b: Manager): number =>
  compareTexts(a.operation, b.operation) ||
  compareTexts(a.time ?? "", b.time ?? "") ||
  compareTexts(a.name, b.name) ||
  compareTexts(a.apiVersion, b.apiVersion) ||
  compareTexts(a.subresource, b.subresource)

/** Managers without what nobody owns, and without those that then own nothing. */
export const ownersOnly = (managers: Managers): Managers => {
  const owners = new Map<string, Manager>()
  for (const [identity, manager] of managers) {
    const set = difference(manager.set, unowned)
    if (!isEmpty(set)) owners.set(identity, set === manager.set ? manager : { ...manager, set })
  }
  return owners
}

/** What all of them hold: in halves, so that many small sets do not grow into a large one over and over. */
const unionOf = (sets: ReadonlyArray<FieldSet>): FieldSet => {
  const [first, second] = sets
  if (first === undefined) return setOf()
  if (second === undefined) return first
  const middle = sets.length >> 1
  return union(unionOf(sets.slice(0, middle)), unionOf(sets.slice(middle)))
}

const ancientOf = (joined: ReadonlyArray<Manager>, apiVersion: string): Manager => ({
  name: "ancient-changes",
  operation: "Update",
  apiVersion,
  subresource: "",
  time: joined.at(-1)?.time,
  set: unionOf(joined.map(({ set }) => set)),
})

/** The oldest updaters of each version become one, `ancient-changes`, until there are few enough. */
export const capped = (managers: Managers): Managers => {
  const updaters = [...managers.values()].filter(({ operation }) => operation === "Update")
  let excess = updaters.length - UPDATE_MANAGERS_MAX
  if (excess <= 0) return managers
  const oldest = new Map<string, Manager[]>()
  for (const manager of updaters.sort(compareManagers)) {
    const joined = oldest.get(manager.apiVersion)
    if (joined === undefined) oldest.set(manager.apiVersion, [manager])
    else {
      joined.push(manager)
      if (--excess <= 0) break
    }
  }
  const result = new Map(managers)
  for (const [apiVersion, joined] of oldest) {
    if (joined.length < 2) continue
    for (const manager of joined) result.delete(identityOf(manager))
    const merged = ancientOf(joined, apiVersion)
    result.set(identityOf(merged), merged)
  }
  return result
}

/** metadata.managedFields, in a fixed order: equal managers, equal bytes. */
export const managedFieldsOf = (managers: Managers): ReadonlyArray<ManagedFieldsEntry> =>
  [...managers.values()].sort(compareManagers).map(entryOf)
