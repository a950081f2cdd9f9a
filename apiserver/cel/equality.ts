/**
 * Equality and order of values. Numbers compare by value whatever their types; what differs in type is unequal.
 * Source: the language definition of CEL, "Equality" and "Ordering".
 */
import { spend } from "./effort.ts"
import { noSuchOverload } from "./evaluation-error.ts"
import {
  CelList,
  CelMap,
  Double,
  Duration,
  isInt,
  ObjectValue,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from "./value.ts"

/** The plain number of a numeric value. */
const plainNumber = (value: Value): number | bigint | undefined => {
  if (isInt(value)) return value
  return value instanceof Double || value instanceof Uint ? value.value : undefined
}

/** Of two numbers, one being a double, both as doubles: ints of more than 53 bits lose their last. */
const comparable = (a: Value, b: Value): readonly [number | bigint, number | bigint] | undefined => {
  const [left, right] = [plainNumber(a), plainNumber(b)]
  if (left === undefined || right === undefined) return undefined
  return a instanceof Double || b instanceof Double ? [Number(left), Number(right)] : [left, right]
}

const sameNumber = (a: number | bigint, b: number | bigint): boolean => a === b || (a <= b && a >= b)

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

const sameLists = (a: CelList, b: CelList): boolean => {
  if (a.size !== b.size) return false
  for (let index = 0; index < a.size; index++) {
    spend(1)
    if (!equals(a.at(index), b.at(index))) return false
  }
  return true
}

const sameMaps = (a: CelMap, b: CelMap): boolean => {
  if (a.size !== b.size) return false
  for (const key of a.keys()) {
    spend(1)
    const [left, right] = [a.get(key), b.get(key)]
    if (left === undefined || right === undefined || !equals(left, right)) return false
  }
  return true
}

const sameObjects = (a: ObjectValue, b: ObjectValue): boolean => {
  const names = a.fieldNames()
  if (a.typeName !== b.typeName || names.length !== b.fieldNames().length) return false
  for (const name of names) {
    spend(1)
    const [left, right] = [a.field(name), b.field(name)]
    if (left === undefined || right === undefined || !equals(left, right)) return false
  }
  return true
}

const sameOptionals = (a: Optional, b: Optional): boolean =>
  a.value === undefined || b.value === undefined ? a.value === b.value : equals(a.value, b.value)

export const equals = (a: Value, b: Value): boolean => {
  if (a === b) return true
  const numbers = comparable(a, b)
  if (numbers !== undefined) return sameNumber(...numbers)
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false
  if (a instanceof CelList)
    return (
      b instanceof CelList &&
      (a.isUnordered ? a.sameItems(b) : b.isUnordered ? b.sameItems(a) : sameLists(a, b))
    )
  if (a instanceof CelMap) return b instanceof CelMap && sameMaps(a, b)
  if (a instanceof ObjectValue) return b instanceof ObjectValue && sameObjects(a, b)
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos
  if (a instanceof Uint8Array) return b instanceof Uint8Array && sameBytes(a, b)
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name
  if (a instanceof Optional) return b instanceof Optional && sameOptionals(a, b)
  return a instanceof Opaque && b instanceof Opaque && a.typeName === b.typeName && a.equals(b)
}

const order = <T extends number | bigint | string | boolean>(a: T, b: T): number =>
  a < b ? -1 : a > b ? 1 : 0

/** By code points, not by UTF-16 units: the two differ where surrogates meet what is above them. */
const compareTexts = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    if (a.charCodeAt(index) === b.charCodeAt(index)) continue
    const start = index > 0 && /[\udc00-\udfff]/.test(a.charAt(index)) ? index - 1 : index
    return order(a.codePointAt(start) ?? 0, b.codePointAt(start) ?? 0)
  }
  return a.length - b.length
}

const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Below zero, zero or above it; NaN when a NaN is among them. Fails with "no such overload" for what has no order. */
export const compare = (a: Value, b: Value): number => {
  if (typeof a === "number" && typeof b === "number") return a - b
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b)
  const numbers = comparable(a, b)
  if (numbers !== undefined) {
    const [left, right] = numbers
    if (Number.isNaN(left) || Number.isNaN(right)) return Number.NaN
    return left < right ? -1 : left > right ? 1 : 0
  }
  if (typeof a === "boolean" && typeof b === "boolean") return order(a, b)
  if (a instanceof Timestamp && b instanceof Timestamp) return order(a.nanos, b.nanos)
  if (a instanceof Duration && b instanceof Duration) return order(a.nanos, b.nanos)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b)
  throw noSuchOverload()
}
