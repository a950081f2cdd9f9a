/** Field sets as JSON, the FieldsV1 format: a trie of path elements, `.` where a node with children is a member. */
import type { JsonObject } from "../../schemas/index.ts"
import { isObject, JSON_DEPTH_MAX, own, put } from "../json/index.ts"
import type { MutableObject } from "../machinery.ts"
import { emptySet, type FieldSet } from "./field-set.ts"
import { type PathElement, parsePathElement } from "./path-element.ts"

const kinds = "fkvi"

/** Fields first, then keys, values and indices; each in the order of their texts. */
const compareElements = (a: PathElement, b: PathElement): number => {
  const difference = kinds.indexOf(a.charAt(0)) - kinds.indexOf(b.charAt(0))
  if (difference !== 0) return difference
  return a < b ? -1 : a > b ? 1 : 0
}

/** Deterministic: equal sets, equal bytes. */
export const fieldsV1Of = (set: FieldSet): MutableObject => {
  const json: MutableObject = {}
  if (set.children.size === 0) return json
  if (set.member) json["."] = {}
  const elements = [...set.children.keys()].sort(compareElements)
  for (const element of elements) {
    put(json, element, fieldsV1Of(set.children.get(element) ?? emptySet))
  }
  return json
}

const parseAt = (json: JsonObject, depth: number): FieldSet | undefined => {
  if (depth > JSON_DEPTH_MAX) return undefined
  const children = new Map<PathElement, FieldSet>()
  const keys = Object.keys(json)
  for (const key of keys) {
    if (key === ".") continue
    const element = parsePathElement(key)
    const value = own(json, key)
    const child = isObject(value) ? parseAt(value, depth + 1) : undefined
    if (element === undefined || child === undefined) return undefined
    children.set(element, child)
  }
  return { member: depth > 0 && (keys.length === 0 || Object.hasOwn(json, ".")), children }
}

/** The set that FieldsV1 describes; undefined when malformed. */
export const parseFieldsV1 = (json: JsonObject): FieldSet | undefined => parseAt(json, 0)
