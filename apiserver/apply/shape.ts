/**
 * How ownership sees values: as one field (leaf), field by field (map) or item by item (list).
 * Source: structured-merge-diff `typed`; what no schema describes is a granular map, an atomic list or a scalar.
 */
import type { Json, JsonArray, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject } from "../json/index.ts"
import { itemKey, objectMetaNode, type SchemaNode, schemaNode } from "../schema/index.ts"
import { keyElement, type PathElement, valueElement } from "./path-element.ts"

/** A schema node, or undefined where none describes the value. */
export type Shape = SchemaNode | undefined

const stringNode = schemaNode({ type: "string" })
const resources = new WeakMap<SchemaNode, SchemaNode>()
const roots = new WeakMap<JsonObject, SchemaNode>()

/** The node with what every resource has: apiVersion, kind and ObjectMeta. */
const asResource = (node: SchemaNode): SchemaNode => {
  const known = resources.get(node)
  if (known !== undefined) return known
  const properties = new Map(node.properties)
  properties.set("apiVersion", stringNode).set("kind", stringNode).set("metadata", objectMetaNode)
  const resource = { ...node, properties }
  resources.set(node, resource)
  return resource
}

/** The shape of whole objects of a schema; made once per schema. */
export const rootShape = (schema: JsonObject): SchemaNode => {
  const known = roots.get(schema)
  if (known !== undefined) return known
  const root = asResource(schemaNode(schema))
  roots.set(schema, root)
  return root
}

const resolved = (node: SchemaNode): SchemaNode => (node.embedded ? asResource(node) : node)

/** Whether the schema names the key, as it does a struct's field and not a map's key. */
export const isNamed = (shape: Shape, key: string): boolean => shape?.properties.has(key) === true

export const fieldShape = (shape: Shape, key: string): Shape => {
  if (shape === undefined) return undefined
  const declared = shape.properties.get(key)
  if (declared !== undefined) return resolved(declared)
  return typeof shape.additional === "object" ? resolved(shape.additional) : undefined
}

export const itemShape = (shape: Shape): Shape =>
  shape?.items === undefined ? undefined : resolved(shape.items)

/** Whether a key may be there at all. */
export const allows = (shape: Shape, key: string): boolean =>
  shape === undefined || shape.preserveUnknown || shape.additional !== false || shape.properties.has(key)

export const isGranularMap = (value: Json | undefined, shape: Shape): value is JsonObject =>
  isObject(value) &&
  (shape === undefined || ((shape.type === "object" || shape.type === "") && !shape.atomicMap))

/** A list with a shape whose items are owned one by one. */
export const isGranularList = (value: Json | undefined, shape: Shape): value is JsonArray =>
  isArray(value) && (shape?.listType === "set" || shape?.listType === "map")

/** The path element of an item of a granular list; undefined for an item without its keys. */
export const itemElement = (item: Json, list: Shape): PathElement | undefined => {
  if (list?.listType !== "map") return valueElement(item)
  if (!isObject(item)) return undefined
  const key = itemKey(item, list)
  return Object.keys(key).length === list.listMapKeys.length ? keyElement(key) : undefined
}
