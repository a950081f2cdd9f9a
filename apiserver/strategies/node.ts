/** Cells of Nodes that no path gives. Source: kubernetes printers, printNode. */
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import { metadataOf, stringOf } from "../registry/object-meta.ts"

const rolePrefix = "node-role.kubernetes.io/"
const oldRole = "kubernetes.io/role"

const partOf = (object: MutableObject, key: string): MutableObject => {
  const value = object[key]
  return isObject(value) ? value : {}
}

const listOf = (value: unknown): ReadonlyArray<MutableObject> =>
  Array.isArray(value) ? value.filter(isObject) : []

/** `Ready`, `NotReady`, or `Unknown` where nothing has been heard of it; and whether new Pods are kept away. */
const statusOf = (node: MutableObject): string => {
  const ready = listOf(partOf(node, "status").conditions).find(
    (condition) => stringOf(condition, "type") === "Ready",
  )
  const told = ready === undefined ? "Unknown" : stringOf(ready, "status") === "True" ? "Ready" : "NotReady"
  return partOf(node, "spec").unschedulable === true ? `${told},SchedulingDisabled` : told
}

const rolesOf = (node: MutableObject): string => {
  const labels = partOf(metadataOf(node), "labels")
  const named = Object.keys(labels)
    .filter((label) => label.startsWith(rolePrefix) && label.length > rolePrefix.length)
    .map((label) => label.slice(rolePrefix.length))
  const roles = new Set([...named, stringOf(labels, oldRole)].filter((role) => role !== ""))
  return roles.size === 0 ? "<none>" : [...roles].sort().join(",")
}

const addressOf = (node: MutableObject, type: string): string => {
  const found = listOf(partOf(node, "status").addresses).find((address) => stringOf(address, "type") === type)
  return found === undefined ? "<none>" : stringOf(found, "address")
}

/** By the index of their column behind Name. */
export const nodeCells = (node: MutableObject): { readonly [column: number]: string } => ({
  0: statusOf(node),
  1: rolesOf(node),
  4: addressOf(node, "InternalIP"),
  5: addressOf(node, "ExternalIP"),
})
