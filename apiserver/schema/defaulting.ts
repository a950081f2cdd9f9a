/**
 * Defaulting: absent fields, and nulls where null is not allowed, take the schema's default; other such nulls go.
 * Source: apiextensions `schema/defaulting`.
 */
import { clone, isArray, own, put } from "../json/index.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import { nodeUnder, type SchemaNode } from "./node.ts"
import { objectMetaNode } from "./object-meta-schema.ts"

const defaultValue = (value: MutableJson, node: SchemaNode): void => {
  if (typeof value !== "object" || value === null) return
  if (isArray(value)) defaultItems(value, node)
  else defaultObject(value, node, node.embedded)
}

const defaultItems = (items: MutableJson[], node: SchemaNode): void => {
  const { items: each } = node
  if (each === undefined) return
  for (let index = 0; index < items.length; index++) {
    const item = items[index]
    if (item === null && !each.nullable && each.default !== undefined) items[index] = clone(each.default)
    else if (typeof item === "object" && item !== null) defaultValue(item, each)
  }
}

const defaultObject = (object: MutableObject, node: SchemaNode, resource: boolean): void => {
  for (const [key, property] of node.properties) {
    if (property.default === undefined) continue
    const value = own(object, key)
    if (value === undefined || (value === null && !property.nullable))
      put(object, key, clone(property.default))
  }
  for (const key in object) {
    const value = object[key]
    const child = resource && key === "metadata" ? objectMetaNode : nodeUnder(node, key)
    if (child === undefined) continue
    if (value === null && !child.nullable) {
      if (child.default === undefined) delete object[key]
      else put(object, key, clone(child.default))
    } else if (typeof value === "object" && value !== null) {
      defaultValue(value, child)
    }
  }
}

/** Fills defaults in place, below the root's apiVersion, kind and metadata too. */
export const applyDefaults = (object: MutableObject, root: SchemaNode): void =>
  defaultObject(object, root, true)
