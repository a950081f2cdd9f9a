/** What makes two keys of a map the same: numbers of equal value are, whatever their types. */
import { Double, intOf, Uint, type Value } from "./value.ts"

export type MapKey = string | number | bigint | boolean

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)

/** The key that a value is looked up by; undefined for what cannot be found. */
export const keyOf = (value: Value): MapKey | undefined => {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
    case "boolean":
      return value
  }
  if (value instanceof Uint) return intOf(value.value)
  if (value instanceof Double && Number.isInteger(value.value)) {
    return Math.abs(value.value) <= MAX_SAFE ? value.value + 0 : intOf(BigInt(value.value))
  }
  return undefined
}
