/**
 * A structural schema as a tree of nodes, read once and walked often.
 * Source: KEP-1002 (structural schemas). Start with {@link schemaNode}.
 */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"
import { MachineryError } from "../machinery.ts"
import { SCHEMA_DEPTH_MAX } from "./limits.ts"

type ListType = "atomic" | "set" | "map"

export interface SchemaNode {
  /** "" when the schema names none (int-or-string, preserve-unknown-fields). */
  readonly type: string
  readonly properties: ReadonlyMap<string, SchemaNode>
  /** Those of the properties that have a default. */
  readonly defaulted: ReadonlyArray<readonly [string, SchemaNode]>
  /** The schema of undeclared keys; true takes any value, false none. */
  readonly additional: SchemaNode | boolean
  readonly items: SchemaNode | undefined
  readonly nullable: boolean
  readonly preserveUnknown: boolean
  readonly embedded: boolean
  readonly default: Json | undefined
  readonly listType: ListType | undefined
  readonly listMapKeys: ReadonlyArray<string>
  readonly atomicMap: boolean
}

const stringOf = (schema: JsonObject, key: string): string => {
  const value = own(schema, key)
  return typeof value === "string" ? value : ""
}

const childOf = (value: Json | undefined, depth: number): SchemaNode | undefined =>
  isObject(value) ? nodeAt(value, depth + 1) : undefined

const propertiesOf = (schema: JsonObject, depth: number): ReadonlyMap<string, SchemaNode> => {
  const nodes = new Map<string, SchemaNode>()
  const properties = own(schema, "properties")
  if (!isObject(properties)) return nodes
  for (const [name, property] of Object.entries(properties)) {
    if (isObject(property)) nodes.set(name, nodeAt(property, depth + 1))
  }
  return nodes
}

const listTypeOf = (schema: JsonObject): ListType | undefined => {
  const value = own(schema, "x-kubernetes-list-type")
  return value === "atomic" || value === "set" || value === "map" ? value : undefined
}

const listMapKeysOf = (schema: JsonObject): ReadonlyArray<string> => {
  const keys = own(schema, "x-kubernetes-list-map-keys")
  return isArray(keys) ? keys.filter((key) => typeof key === "string") : []
}

const nodeAt = (schema: JsonObject, depth: number): SchemaNode => {
  if (depth > SCHEMA_DEPTH_MAX) {
    throw new MachineryError("Invalid", `the schema is nested deeper than ${SCHEMA_DEPTH_MAX} levels`)
  }
  const extra = own(schema, "additionalProperties")
  const properties = propertiesOf(schema, depth)
  return {
    type: stringOf(schema, "type"),
    properties,
    defaulted: [...properties].filter(([, property]) => property.default !== undefined),
    additional: childOf(extra, depth) ?? extra === true,
    items: childOf(own(schema, "items"), depth),
    nullable: own(schema, "nullable") === true,
    preserveUnknown: own(schema, "x-kubernetes-preserve-unknown-fields") === true,
    embedded: own(schema, "x-kubernetes-embedded-resource") === true,
    default: own(schema, "default"),
    listType: listTypeOf(schema),
    listMapKeys: listMapKeysOf(schema),
    atomicMap: own(schema, "x-kubernetes-map-type") === "atomic",
  }
}

/** The tree of a schema. Fails with Invalid when nested too deep. */
export const schemaNode = (schema: JsonObject): SchemaNode => nodeAt(schema, 0)

/** The node under a key of an object: declared, or that of undeclared keys. */
export const nodeUnder = (node: SchemaNode, key: string): SchemaNode | undefined => {
  const declared = node.properties.get(key)
  if (declared !== undefined) return declared
  return typeof node.additional === "object" ? node.additional : undefined
}
