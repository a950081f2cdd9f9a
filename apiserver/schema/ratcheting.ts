/**
 * Ratcheting: an update may keep an invalid part that it does not touch, so that a schema can tighten.
 * Source: KEP-4008. Items of lists of type map correspond by key; other lists only as wholes.
 */
import type { Json, JsonArray, JsonObject } from "../../schemas/index.ts"
import { equal, isArray, isObject, own } from "../json/index.ts"
import type { LocatedError } from "./ajv-errors.ts"
import { canonicalText, itemKey } from "./extensions.ts"
import { nodeUnder, type SchemaNode } from "./node.ts"

interface Pair {
  readonly value: Json | undefined
  readonly old: Json | undefined
  readonly node: SchemaNode | undefined
}

/** One change under comparison; what was compared once is remembered. */
class Ratchet {
  readonly #whole: Pair
  readonly #equal = new Map<Json, boolean>()
  readonly #byKey = new Map<Json, ReadonlyMap<string, JsonObject>>()

  constructor(whole: Pair) {
    this.#whole = whole
  }

  excuses(located: LocatedError): boolean {
    let pair: Pair | undefined = this.#whole
    for (let depth = 0; depth <= located.path.length; depth++) {
      if (pair?.old === undefined || pair.value === undefined || depth > located.junctorDepth) return false
      if (this.#unchanged(pair.value, pair.old)) return true
      const step = located.path[depth]
      pair = step === undefined ? undefined : this.#down(pair, step)
    }
    return false
  }

  #unchanged(value: Json, old: Json): boolean {
    if (typeof value !== "object" || value === null) return value === old
    const known = this.#equal.get(value)
    if (known !== undefined) return known
    const found = equal(value, old)
    this.#equal.set(value, found)
    return found
  }

  #down({ value, old, node }: Pair, step: string | number): Pair | undefined {
    if (typeof step === "string") {
      if (!isObject(value) || !isObject(old)) return undefined
      return { value: own(value, step), old: own(old, step), node: node && nodeUnder(node, step) }
    }
    if (!isArray(value) || !isArray(old) || node?.listType !== "map") return undefined
    const item = value[step]
    if (!isObject(item)) return undefined
    const before = this.#itemsByKey(old, node).get(canonicalText(itemKey(item, node)))
    return { value: item, old: before, node: node.items }
  }

  #itemsByKey(list: JsonArray, node: SchemaNode): ReadonlyMap<string, JsonObject> {
    const known = this.#byKey.get(list)
    if (known !== undefined) return known
    const items = new Map<string, JsonObject>()
    for (const item of list) if (isObject(item)) items.set(canonicalText(itemKey(item, node)), item)
    this.#byKey.set(list, items)
    return items
  }
}

/** The errors that the change from `old` to `object` answers for. */
export const withoutUnchanged = (
  errors: ReadonlyArray<LocatedError>,
  change: { readonly object: JsonObject; readonly old: JsonObject; readonly root: SchemaNode },
): ReadonlyArray<LocatedError> => {
  const ratchet = new Ratchet({ value: change.object, old: change.old, node: change.root })
  return errors.filter((error) => !ratchet.excuses(error))
}
