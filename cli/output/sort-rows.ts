/** Rows and objects in the order of one field: numbers by size, dates and text by their letters, what lacks it first. */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { arrayAt, valueAt } from "../json.ts"

export type Order = (object: Json) => ReadonlyArray<Json>

export const sortRows = (table: JsonObject, order: Order): JsonObject => ({
  ...table,
  rows: [...arrayAt(table, "rows")].sort((a, b) =>
    compare(keyOf(valueAt(a, "object"), order), keyOf(valueAt(b, "object"), order)),
  ),
})

export const sortObjects = (objects: ReadonlyArray<JsonObject>, order: Order): ReadonlyArray<JsonObject> =>
  [...objects].sort((a, b) => compare(keyOf(a, order), keyOf(b, order)))

const keyOf = (object: Json | undefined, order: Order): Json | undefined =>
  object === undefined ? undefined : order(object)[0]

const compare = (a: Json | undefined, b: Json | undefined): number => {
  if (a === undefined || b === undefined) return (a === undefined ? 0 : 1) - (b === undefined ? 0 : 1)
  if (typeof a === "number" && typeof b === "number") return a - b
  const [one, other] = [String(a), String(b)]
  return one < other ? -1 : one > other ? 1 : 0
}
