/** What makes items of sets and maps the same. Source: apiextensions `schema/listtype`. */
import type { Json, JsonArray, JsonObject } from "../../schemas/index.ts"
import { checkDepth, clone, isArray, isObject, own, put } from "../json/index.ts"
import type { MutableObject } from "../machinery.ts"
import type { SchemaNode } from "./node.ts"

const textOf = (value: Json): string => {
  if (isArray(value)) return `[${value.map(textOf).join(",")}]`
  if (!isObject(value)) return JSON.stringify(value)
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${textOf(own(value, key) ?? null)}`)
  return `{${members.join(",")}}`
}

/** A text that two JSON values share if and only if they are equal. */
export const canonicalText = (value: Json): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  checkDepth(value)
  return textOf(value)
}

/** The key fields of an item of a list of type map, with the defaults of its schema. */
export const itemKey = (item: JsonObject, list: SchemaNode): MutableObject => {
  const key: MutableObject = {}
  for (const name of list.listMapKeys) {
    const value = own(item, name) ?? list.items?.properties.get(name)?.default
    if (value !== undefined) put(key, name, clone(value))
  }
  return key
}

/** An item's key in a map, itself in a set; undefined for what cannot be an item. */
const identityOf = (item: Json, list: SchemaNode): Json | undefined => {
  if (list.listType !== "map") return item
  return isObject(item) ? itemKey(item, list) : undefined
}

/** The items of a list of type map by the texts of their keys. */
export const itemsByKey = (items: JsonArray, list: SchemaNode): ReadonlyMap<string, Json> => {
  const byKey = new Map<string, Json>()
  for (const item of items) {
    const identity = identityOf(item, list)
    if (identity !== undefined) byKey.set(canonicalText(identity), item)
  }
  return byKey
}

export interface Duplicate {
  readonly index: number
  readonly identity: Json
}

/** The items that repeat an earlier one, at most `limit` of them. */
export const duplicatesIn = (items: JsonArray, list: SchemaNode, limit: number): ReadonlyArray<Duplicate> => {
  const seen = new Set<string>()
  const found: Duplicate[] = []
  for (let index = 0; index < items.length && found.length < limit; index++) {
    const identity = identityOf(items[index] ?? null, list)
    if (identity === undefined) continue
    const text = canonicalText(identity)
    if (seen.has(text)) found.push({ index, identity })
    seen.add(text)
  }
  return found
}
