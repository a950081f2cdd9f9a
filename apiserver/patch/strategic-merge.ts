/**
 * Strategic merge patch: a merge patch that knows which lists are maps, with directives for the rest.
 * Source: apimachinery `util/strategicpatch`. Start with {@link strategicMerge}.
 */
import type { Json, JsonArray, JsonObject } from "../../schemas/index.ts"
import { checkDepth, clone, isArray, isObject, own, put } from "../json/index.ts"
import { MachineryError, type MutableJson, type MutableObject } from "../machinery.ts"
import { objectMetaSchema } from "../schema/index.ts"
import { itemIdentity, type ListStrategy, listStrategy, ordered } from "./list-merge.ts"

type Schema = JsonObject | undefined

const PATCH = "$patch"
const RETAIN_KEYS = "$retainKeys"
const ELEMENT_ORDER = "$setElementOrder/"
const DELETE_FROM_LIST = "$deleteFromPrimitiveList/"

const malformed = (problem: string): MachineryError =>
  new MachineryError("BadRequest", `the strategic merge patch is malformed: ${problem}`)

const schemaUnder = (schema: Schema, key: string): Schema => {
  if (schema === undefined) return undefined
  const properties = own(schema, "properties")
  const property = isObject(properties) ? own(properties, key) : undefined
  const found = property ?? own(schema, "additionalProperties")
  return isObject(found) ? found : undefined
}

const directive = (patch: JsonObject): "merge" | "replace" | "delete" => {
  const value = own(patch, PATCH) ?? "merge"
  if (value === "merge" || value === "replace" || value === "delete") return value
  throw malformed(`unknown patch type ${JSON.stringify(value)}`)
}

const without = (patch: JsonObject, key: string): MutableObject => {
  const rest = clone(patch)
  delete rest[key]
  return rest
}

const isDirective = (key: string): boolean =>
  key === PATCH || key === RETAIN_KEYS || key.startsWith(ELEMENT_ORDER) || key.startsWith(DELETE_FROM_LIST)

/** What the current object keeps under `$retainKeys`. */
const retained = (current: JsonObject, patch: JsonObject): JsonObject => {
  const listed = own(patch, RETAIN_KEYS)
  if (listed === undefined) return current
  if (!isArray(listed)) throw malformed(`${RETAIN_KEYS} must be a list`)
  const keys = new Set<Json>(listed)
  const stray = Object.keys(patch).find(
    (key) => !isDirective(key) && own(patch, key) !== null && !keys.has(key),
  )
  if (stray !== undefined)
    throw malformed(`${RETAIN_KEYS} does not list ${JSON.stringify(stray)}, which the patch sets`)
  return Object.fromEntries(Object.entries(current).filter(([key]) => keys.has(key)))
}

const listUnder = (patch: JsonObject, prefix: string, key: string): JsonArray | undefined => {
  const list = own(patch, `${prefix}${key}`)
  if (list === undefined || isArray(list)) return list
  throw malformed(`${prefix}${key} must be a list`)
}

const mergeMap = (current: JsonObject, patch: JsonObject, schema: Schema): MutableObject => {
  const how = directive(patch)
  if (how === "replace") return without(patch, PATCH)
  if (how === "delete") return {}
  const base = retained(current, patch)
  const result: MutableObject = {}
  const touched = touchedKeys(patch)
  for (const key of new Set([...Object.keys(base), ...touched])) {
    const value = own(base, key)
    if (touched.has(key)) {
      const merged = mergeField(value, patch, { key, schema: schemaUnder(schema, key) })
      if (merged !== undefined) put(result, key, merged)
    } else if (value !== undefined) {
      put(result, key, clone(value))
    }
  }
  return result
}

/** The fields that a patch speaks of, by themselves or by a directive. */
const touchedKeys = (patch: JsonObject): ReadonlySet<string> => {
  const keys = new Set<string>()
  for (const key of Object.keys(patch)) {
    if (!isDirective(key)) keys.add(key)
    else if (key.startsWith(ELEMENT_ORDER)) keys.add(key.slice(ELEMENT_ORDER.length))
    else if (key.startsWith(DELETE_FROM_LIST)) keys.add(key.slice(DELETE_FROM_LIST.length))
  }
  return keys
}

/** What becomes of one field; undefined when it goes. */
const mergeField = (
  current: Json | undefined,
  patch: JsonObject,
  field: { readonly key: string; readonly schema: Schema },
): MutableJson | undefined => {
  const value = own(patch, field.key)
  if (value === null) return undefined
  if (isObject(value)) return mergeMap(isObject(current) ? current : {}, value, field.schema)
  const order = listUnder(patch, ELEMENT_ORDER, field.key)
  const deletions = listUnder(patch, DELETE_FROM_LIST, field.key)
  if (value !== undefined && !isArray(value)) return clone(value)
  const list = isArray(current) ? current : []
  const strategy = listStrategy(field.schema)
  if (strategy.kind === "replace") return value === undefined ? current && clone(current) : clone(value)
  if (value === undefined && !isArray(current)) return current === undefined ? undefined : clone(current)
  return mergeList(list, { items: value ?? [], order, deletions, strategy })
}

interface ListPatch {
  readonly items: JsonArray
  readonly order: JsonArray | undefined
  readonly deletions: JsonArray | undefined
  readonly strategy: ListStrategy
}

const mergeList = (current: JsonArray, patch: ListPatch): MutableJson[] => {
  const { strategy, order } = patch
  const replaces = patch.items.some((item) => isObject(item) && own(item, PATCH) === "replace")
  if (replaces) {
    return patch.items
      .filter((item) => !isObject(item) || own(item, PATCH) !== "replace")
      .map((item) => clone(item))
  }
  const merged =
    strategy.kind === "map" ? mergeItems(current, patch.items, strategy) : mergeScalars(current, patch)
  const wanted = (order ?? patch.items.filter((item) => !isObject(item) || !Object.hasOwn(item, PATCH))).map(
    (item) => itemIdentity(item, strategy),
  )
  return ordered(merged, { before: current, wanted, strategy })
}

const mergeScalars = (current: JsonArray, { items, deletions = [], strategy }: ListPatch): MutableJson[] => {
  const gone = new Set(deletions.map((item) => itemIdentity(item, strategy)))
  const merged = new Map<string, MutableJson>()
  for (const item of current) {
    const identity = itemIdentity(item, strategy)
    if (!gone.has(identity)) merged.set(identity, clone(item))
  }
  for (const item of items) merged.set(itemIdentity(item, strategy), clone(item))
  return [...merged.values()]
}

const mergeItems = (
  current: JsonArray,
  items: JsonArray,
  strategy: ListStrategy & { readonly kind: "map" },
): MutableJson[] => {
  const merged = new Map<string, MutableObject>()
  for (const item of current) if (isObject(item)) merged.set(itemIdentity(item, strategy), clone(item))
  for (const item of items) {
    const identity = itemIdentity(item, strategy)
    if (!isObject(item)) continue
    if (directive(item) === "delete") merged.delete(identity)
    else merged.set(identity, mergeMap(merged.get(identity) ?? {}, item, strategy.items))
  }
  return [...merged.values()]
}

/** The schema with ObjectMeta's in the place of whatever it says of metadata. */
const withMetadata = (schema: JsonObject): JsonObject => {
  const properties = own(schema, "properties")
  return {
    ...schema,
    properties: { ...(isObject(properties) ? properties : {}), metadata: objectMetaSchema },
  }
}

/**
 * The document with the patch merged in, lists by the keys that the schema names. Neither argument is changed and
 * nothing is shared with the result.
 *
 * Fails with: BadRequest (no object, an unknown directive, an item without its merge key).
 */
export const strategicMerge = (
  document: JsonObject,
  patch: unknown,
  schemaRoot: JsonObject,
): MutableObject => {
  if (!isObject(patch)) throw malformed("it must be a JSON object")
  checkDepth(patch)
  return mergeMap(document, patch, withMetadata(schemaRoot))
}
