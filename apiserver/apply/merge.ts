/**
 * Merging an applied configuration into an object, and taking fields out of one.
 * Source: structured-merge-diff `typed.Merge` and `RemoveItems`. Neither changes its arguments.
 */
import type { Json, JsonArray, JsonObject } from "../../schemas/index.ts"
import { clone, equal, isArray, isObject, own, put } from "../json/index.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import type { FieldSet } from "./field-set.ts"
import { isEmpty } from "./field-set.ts"
import { fieldElement, type PathElement } from "./path-element.ts"
import { fieldShape, isGranularList, isGranularMap, itemElement, itemShape, type Shape } from "./shape.ts"

const mergeValues = (live: Json | undefined, applied: Json, shape: Shape): MutableJson => {
  if (isGranularMap(applied, shape) && isGranularMap(live, shape)) return mergeMaps(live, applied, shape)
  if (isGranularList(applied, shape) && isGranularList(live, shape)) return mergeLists(live, applied, shape)
  return clone(applied)
}

const mergeMaps = (live: JsonObject, applied: JsonObject, shape: Shape): MutableObject => {
  const merged: MutableObject = {}
  for (const key of Object.keys(live)) {
    const value = own(live, key) ?? null
    const change = own(applied, key)
    put(merged, key, change === undefined ? clone(value) : mergeValues(value, change, fieldShape(shape, key)))
  }
  for (const key of Object.keys(applied)) {
    if (!Object.hasOwn(live, key)) put(merged, key, clone(own(applied, key) ?? null))
  }
  return merged
}

/**
 * The applied items in their order; items that only the live list has stay where they were, as far as that order
 * lets them.
 */
const mergeLists = (live: JsonArray, applied: JsonArray, shape: Shape): MutableJson[] => {
  if (equal(live, applied)) return applied.map((item) => clone(item))
  const liveKeys = live.map((item) => itemElement(item, shape))
  const appliedKeys = applied.map((item) => itemElement(item, shape))
  const byKey = new Map<PathElement | undefined, Json>()
  for (const [index, key] of liveKeys.entries()) if (!byKey.has(key)) byKey.set(key, live[index] ?? null)
  const inApplied = new Set(appliedKeys)
  const shared = appliedKeys.filter((key) => byKey.has(key))
  const merged: MutableJson[] = []
  let at = 0
  let nextShared = 0
  for (const [index, key] of appliedKeys.entries()) {
    for (; at < live.length; at++) {
      const liveKey = liveKeys[at]
      if (!inApplied.has(liveKey)) merged.push(clone(live[at] ?? null))
      else if (liveKey === shared[nextShared]) break
    }
    const item = applied[index] ?? null
    merged.push(byKey.has(key) ? mergeValues(byKey.get(key), item, itemShape(shape)) : clone(item))
    if (key !== shared[nextShared]) continue
    nextShared++
    at++
  }
  for (; at < live.length; at++) if (!inApplied.has(liveKeys[at])) merged.push(clone(live[at] ?? null))
  return merged
}

/** The live object with the configuration's values over it. */
export const mergeObjects = (live: JsonObject, applied: JsonObject, root: Shape): MutableObject =>
  mergeMaps(live, applied, root)

const removeFrom = (value: MutableJson, fields: FieldSet, shape: Shape): MutableJson => {
  if (isEmpty(fields)) return value
  if (isObject(value) && isGranularMap(value, shape)) return removeFields(value, fields, shape)
  if (isArray(value) && isGranularList(value, shape)) return removeItems(value, fields, shape)
  return value
}

const removeFields = (map: MutableObject, fields: FieldSet, shape: Shape): MutableObject => {
  const kept: MutableObject = {}
  for (const key of Object.keys(map)) {
    const value = own(map, key) ?? null
    const below = fields.children.get(fieldElement(key))
    if (below === undefined) put(kept, key, value)
    else if (!below.member) put(kept, key, removeFrom(value, below, fieldShape(shape, key)))
  }
  return kept
}

const removeItems = (list: MutableJson[], fields: FieldSet, shape: Shape): MutableJson[] => {
  const kept: MutableJson[] = []
  for (const item of list) {
    const element = itemElement(item, shape)
    const below = element === undefined ? undefined : fields.children.get(element)
    if (below === undefined) kept.push(item)
    else if (!below.member) kept.push(removeFrom(item, below, itemShape(shape)))
  }
  return kept
}

/** The object without the given fields and all below them; what stays is shared with the argument. */
export const withoutFields = (object: MutableObject, fields: FieldSet, root: Shape): MutableObject =>
  isEmpty(fields) ? object : removeFields(object, fields, root)

/** The set with every field that the schema names on the way to a member made a member too. */
export const withNamedParents = (set: FieldSet, shape: Shape): FieldSet => {
  if (set.children.size === 0) return set
  const children = new Map<PathElement, FieldSet>()
  for (const [element, child] of set.children) {
    const name = element.startsWith("f:") ? element.slice(2) : undefined
    const below = withNamedParents(child, name === undefined ? itemShape(shape) : fieldShape(shape, name))
    const named = name !== undefined && shape?.properties.has(name) === true
    children.set(element, named ? { member: true, children: below.children } : below)
  }
  return { member: set.member, children }
}
