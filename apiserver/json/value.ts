/**
 * JSON values as the machinery handles them: own keys only, `__proto__` a key like any other, depth bounded.
 * Start with {@link clone} and {@link equal}.
 */
import type { Json, JsonArray, JsonObject } from "../../schemas/index.ts"
import { MachineryError, type MutableJson, type MutableObject } from "../machinery.ts"
import { JSON_DEPTH_MAX } from "./limits.ts"

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const isArray = (value: unknown): value is JsonArray => Array.isArray(value)

/** The value under an own key; inherited names (`constructor`) are absent. */
export function own(object: MutableObject, key: string): MutableJson | undefined
export function own(object: JsonObject, key: string): Json | undefined
export function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** Sets an own key, `__proto__` included (plain assignment would change the prototype). */
export const put = (object: MutableObject, key: string, value: MutableJson): void => {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    object[key] = value
  }
}

/** The refusal of JSON nested deeper than {@link JSON_DEPTH_MAX}. */
export const tooDeep = (): MachineryError =>
  new MachineryError("BadRequest", `the document is nested deeper than ${JSON_DEPTH_MAX} levels: flatten it`)

/** Refuses a value nested deeper than {@link JSON_DEPTH_MAX}: for whoever takes JSON from outside. */
export const checkDepth = (value: Json): void => checkDepthAt(value, 0)

const checkDepthAt = (value: Json, depth: number): void => {
  if (typeof value !== "object" || value === null) return
  if (depth > JSON_DEPTH_MAX) throw tooDeep()
  if (isArray(value)) {
    for (const item of value) checkDepthAt(item, depth + 1)
    return
  }
  for (const key in value) checkDepthAt(value[key] ?? null, depth + 1)
}

/** A deep copy that shares nothing. Fails with BadRequest when nested too deep. */
export function clone(value: MutableObject | JsonObject): MutableObject
export function clone(value: Json): MutableJson
export function clone(value: Json): MutableJson {
  return cloneAt(value, 0)
}

const cloneAt = (value: Json, depth: number): MutableJson => {
  if (typeof value !== "object" || value === null) return value
  if (depth > JSON_DEPTH_MAX) throw tooDeep()
  if (isArray(value)) {
    const copy: MutableJson[] = []
    for (const item of value) copy.push(cloneAt(item, depth + 1))
    return copy
  }
  const copy: MutableObject = {}
  for (const key in value) {
    const item = value[key]
    if (item !== undefined && Object.hasOwn(value, key)) put(copy, key, cloneAt(item, depth + 1))
  }
  return copy
}

/** Deep equality; the order of keys does not count. Fails with BadRequest when nested too deep. */
export const equal = (a: Json | undefined, b: Json | undefined): boolean => equalAt(a, b, 0)

const equalAt = (a: Json | undefined, b: Json | undefined, depth: number): boolean => {
  if (a === b) return true
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false
  if (depth > JSON_DEPTH_MAX) throw tooDeep()
  if (isArray(a)) return isArray(b) && equalArrays(a, b, depth)
  return !isArray(b) && equalObjects(a, b, depth)
}

const equalArrays = (a: JsonArray, b: JsonArray, depth: number): boolean => {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) {
    if (!equalAt(a[index], b[index], depth + 1)) return false
  }
  return true
}

const equalObjects = (a: JsonObject, b: JsonObject, depth: number): boolean => {
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  for (const key of keys) {
    if (!Object.hasOwn(b, key) || !equalAt(a[key], b[key], depth + 1)) return false
  }
  return true
}
