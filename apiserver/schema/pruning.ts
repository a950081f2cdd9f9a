/**
 * Pruning: what a structural schema does not declare is dropped.
 * Source: apiextensions `schema/pruning`.
 */
import { isArray, isObject, JSON_DEPTH_MAX, tooDeep } from "../json/index.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import { fieldPathText } from "./field-path.ts"
import { PRUNED_NAMED_MAX } from "./limits.ts"
import type { SchemaNode } from "./node.ts"
import { objectMetaNode } from "./object-meta-schema.ts"

interface Walk {
  readonly path: (string | number)[]
  readonly pruned: string[]
}

const typeMeta = (key: string): boolean => key === "apiVersion" || key === "kind"

const pruneValue = (value: MutableJson, node: SchemaNode | undefined, walk: Walk): void => {
  if (typeof value !== "object" || value === null) return
  if (walk.path.length > JSON_DEPTH_MAX) throw tooDeep()
  if (isArray(value)) pruneItems(value, node, walk)
  else if (node === undefined) dropAll(value, walk)
  else pruneObject(value, node, node.embedded, walk)
}

const pruneItems = (items: MutableJson[], node: SchemaNode | undefined, walk: Walk): void => {
  if (node?.preserveUnknown === true && node.items === undefined) return
  for (let index = 0; index < items.length; index++) {
    const item = items[index]
    if (typeof item !== "object" || item === null) continue
    walk.path.push(index)
    pruneValue(item, node?.items, walk)
    walk.path.pop()
  }
}

const dropAll = (object: MutableObject, walk: Walk): void => {
  for (const key of Object.keys(object)) drop(object, key, walk)
}

const drop = (object: MutableObject, key: string, walk: Walk): void => {
  delete object[key]
  if (walk.pruned.length < PRUNED_NAMED_MAX) walk.pruned.push(fieldPathText([...walk.path, key]))
}

const pruneObject = (object: MutableObject, node: SchemaNode, resource: boolean, walk: Walk): void => {
  for (const key in object) {
    if (resource && typeMeta(key)) continue
    const child =
      resource && key === "metadata" ? objectMetaNode : (node.properties.get(key) ?? node.additional)
    if (child === true) continue
    if (child === false) {
      if (!node.preserveUnknown) drop(object, key, walk)
      continue
    }
    const value = object[key]
    if (typeof value !== "object" || value === null) continue
    walk.path.push(key)
    pruneValue(value, child, walk)
    walk.path.pop()
  }
}

/**
 * Drops undeclared fields in place and returns their paths (the first thousand), in document order. At the root apiVersion, kind and
 * the fields of ObjectMeta are declared always.
 */
export const prune = (object: MutableObject, root: SchemaNode): ReadonlyArray<string> => {
  const walk: Walk = { path: [], pruned: [] }
  pruneObject(object, root, true, walk)
  return walk.pruned
}

/** As {@link prune} for a value that is no whole object, as a default is. */
export const pruneUnder = (value: MutableJson, node: SchemaNode): ReadonlyArray<string> => {
  const walk: Walk = { path: [], pruned: [] }
  if (isObject(value) || isArray(value)) pruneValue(value, node, walk)
  return walk.pruned
}
