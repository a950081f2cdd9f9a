/**
 * What of an object changes, leaf by leaf. Times are left out, and what only says who wrote: a heartbeat is no change.
 */
import type { Json, KubeObject } from "../schemas/index.ts"

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d/

/** Parts of the metadata that say what is wanted of the object or what it is; the rest says who wrote, and when. */
const metadataParts = ["labels", "annotations", "finalizers", "ownerReferences"] as const

const note = (leaves: Map<string, string>, path: string, value: unknown): void => {
  if (typeof value === "string") {
    if (!time.test(value)) leaves.set(path, value)
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) note(leaves, `${path}[${nameOf(item) ?? index}]`, item)
  } else if (typeof value === "object" && value !== null) {
    for (const [name, part] of Object.entries(value)) note(leaves, `${path}.${name}`, part)
  } else if (value !== undefined) leaves.set(path, JSON.stringify(value))
}

/** Conditions, containers and the like are known by their name, not by their place. */
const nameOf = (item: unknown): string | undefined => {
  if (typeof item !== "object" || item === null) return undefined
  const { type, name }: { readonly type?: Json; readonly name?: Json } = item
  if (typeof type === "string") return type
  return typeof name === "string" ? name : undefined
}

/** Each leaf of the object by its path, but for times. */
export const leavesOf = (object: KubeObject | undefined): ReadonlyMap<string, string> => {
  const leaves = new Map<string, string>()
  if (object === undefined) return leaves
  const { apiVersion: _a, kind: _k, metadata, ...rest } = object
  for (const part of metadataParts) note(leaves, `metadata.${part}`, metadata[part])
  leaves.set("metadata.isBeingDeleted", String(metadata.deletionTimestamp !== undefined))
  for (const [name, value] of Object.entries(rest)) note(leaves, name, value)
  return leaves
}

/** Paths at which the two differ. */
export const changedLeaves = (
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): ReadonlyArray<string> => {
  const changed: Array<string> = []
  for (const [path, value] of after) if (before.get(path) !== value) changed.push(path)
  for (const path of before.keys()) if (!after.has(path)) changed.push(path)
  return changed
}

export const nameOfObject = ({ kind, metadata }: KubeObject): string => {
  const { namespace = "", name } = metadata
  return namespace === "" ? `${kind} ${name}` : `${kind} ${namespace}/${name}`
}
