/** JSON Merge Patch (RFC 7386). */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { clone, isObject, JSON_DEPTH_MAX, own, put, tooDeep } from "../json/index.ts"
import { MachineryError, type MutableJson, type MutableObject } from "../machinery.ts"

const merged = (target: Json | undefined, patch: JsonObject, depth: number): MutableObject => {
  if (depth > JSON_DEPTH_MAX) throw tooDeep()
  const result: MutableObject = {}
  if (isObject(target)) {
    for (const key of Object.keys(target)) {
      const value = own(target, key)
      if (value !== undefined && !Object.hasOwn(patch, key)) put(result, key, clone(value))
      else if (value !== undefined) keep(result, key, mergedValue(value, own(patch, key), depth))
    }
  }
  for (const key of Object.keys(patch)) {
    if (isObject(target) && Object.hasOwn(target, key)) continue
    keep(result, key, mergedValue(undefined, own(patch, key), depth))
  }
  return result
}

const keep = (result: MutableObject, key: string, value: MutableJson | undefined): void => {
  if (value !== undefined) put(result, key, value)
}

/** What becomes of one value; undefined when it goes. */
const mergedValue = (
  value: Json | undefined,
  patch: Json | undefined,
  depth: number,
): MutableJson | undefined => {
  if (patch === null || patch === undefined) return undefined
  return isObject(patch) ? merged(value, patch, depth + 1) : clone(patch)
}

/**
 * The document with the patch merged in: null deletes, objects merge, all else replaces. Keys keep their order;
 * neither argument is changed and nothing is shared with the result.
 *
 * Fails with: BadRequest when the patch is not an object.
 */
export const applyMergePatch = (document: JsonObject, patch: unknown): MutableObject => {
  if (!isObject(patch)) throw new MachineryError("BadRequest", "the merge patch must be a JSON object")
  return merged(document, patch, 0)
}
