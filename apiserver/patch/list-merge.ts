/** How the lists of a strategic merge patch find and order their items. */
import type { Json, JsonArray, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"
import { MachineryError } from "../machinery.ts"
import { canonicalText } from "../schema/index.ts"

/** A list that is replaced, a set of scalars, or a map of objects by keys. */
export type ListStrategy =
  | { readonly kind: "replace" }
  | { readonly kind: "set" }
  | { readonly kind: "map"; readonly keys: ReadonlyArray<string>; readonly items: JsonObject }

const replace: ListStrategy = { kind: "replace" }

/** What a schema says of merging its list: patch-merge-key first, list-type after it. */
export const listStrategy = (schema: JsonObject | undefined): ListStrategy => {
  if (schema === undefined) return replace
  const strategies = own(schema, "x-kubernetes-patch-strategy")
  const merges = typeof strategies === "string" && strategies.split(",").includes("merge")
  const listType = own(schema, "x-kubernetes-list-type")
  const schemaOfItems = own(schema, "items")
  const items = isObject(schemaOfItems) ? schemaOfItems : {}
  const mergeKey = own(schema, "x-kubernetes-patch-merge-key")
  if (typeof mergeKey === "string" && mergeKey !== "") return { kind: "map", keys: [mergeKey], items }
  const keys = own(schema, "x-kubernetes-list-map-keys")
  if (listType === "map" && isArray(keys)) {
    return { kind: "map", keys: keys.filter((key) => typeof key === "string"), items }
  }
  return merges || listType === "set" ? { kind: "set" } : replace
}

/** The text that two items of a list share if they are the same one. Fails with BadRequest without its merge key. */
export const itemIdentity = (item: Json, strategy: ListStrategy): string => {
  if (strategy.kind !== "map") return canonicalText(item)
  if (!isObject(item)) {
    throw new MachineryError("BadRequest", "the strategic merge patch has a list item that is not an object")
  }
  const properties = own(strategy.items, "properties")
  const values: Json[] = []
  for (const key of strategy.keys) {
    const property = isObject(properties) ? own(properties, key) : undefined
    const value = own(item, key) ?? (isObject(property) ? own(property, "default") : undefined)
    if (value === undefined && strategy.keys.length === 1) {
      throw new MachineryError(
        "BadRequest",
        `map: ${canonicalText(item)} does not contain declared merge key: ${key}`,
      )
    }
    values.push(value ?? null)
  }
  return canonicalText(values)
}

interface Ordering {
  readonly before: JsonArray
  /** Identities in the order that the patch asks for. */
  readonly wanted: ReadonlyArray<string>
  readonly strategy: ListStrategy
}

/**
 * Items in the order that the patch asks for; those that it does not speak of keep their place before what they
 * preceded.
 */
export const ordered = <T extends Json>(
  items: ReadonlyArray<T>,
  { before, wanted, strategy }: Ordering,
): T[] => {
  const rank = new Map(wanted.map((identity, index) => [identity, index]))
  const place = new Map<string, number>()
  for (const [index, item] of before.entries()) {
    if (strategy.kind !== "map" || isObject(item)) place.set(itemIdentity(item, strategy), index)
  }
  const known = items.map((item) => ({ item, identity: itemIdentity(item, strategy) }))
  const asked = known
    .filter(({ identity }) => rank.has(identity))
    .sort((a, b) => (rank.get(a.identity) ?? 0) - (rank.get(b.identity) ?? 0))
  const rest = known.filter(({ identity }) => !rank.has(identity))
  const result: T[] = []
  let next = 0
  for (const { item, identity } of asked) {
    const limit = place.get(identity)
    for (; next < rest.length; next++) {
      const kept = rest[next]
      const at = kept === undefined ? undefined : place.get(kept.identity)
      if (kept === undefined || limit === undefined || at === undefined || at > limit) break
      result.push(kept.item)
    }
    result.push(item)
  }
  for (; next < rest.length; next++) {
    const kept = rest[next]
    if (kept !== undefined) result.push(kept.item)
  }
  return result
}
