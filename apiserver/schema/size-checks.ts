/** The keywords that count the items of a list or the properties of an object. */
import type { JsonObject } from "../../schemas/index.ts"
import { own } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { invalid, tooMany } from "./field-error.ts"

/** The error of a size at a field; undefined when there is none. */
export type SizeCheck = (size: number, field: () => string) => FieldError | undefined

const sizeCheck = (schema: JsonObject, noun: "Items" | "Properties"): SizeCheck | undefined => {
  const min = own(schema, `min${noun}`) ?? 0
  const max = own(schema, `max${noun}`) ?? Number.POSITIVE_INFINITY
  if (typeof min !== "number" || typeof max !== "number") return undefined
  if (min <= 0 && max === Number.POSITIVE_INFINITY) return undefined
  return (size, field) => {
    if (size > max) return tooMany(field(), size, max)
    if (size >= min) return undefined
    const at = field()
    return invalid(at, size, `${at} in body should have at least ${min} ${noun.toLowerCase()}`)
  }
}

export const itemsCheck = (schema: JsonObject): SizeCheck | undefined => sizeCheck(schema, "Items")
export const propertiesCheck = (schema: JsonObject): SizeCheck | undefined => sizeCheck(schema, "Properties")
