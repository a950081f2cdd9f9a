/** Values as the functions that take them need them; anything else is "no such overload". */
import { noSuchOverload } from "./evaluation-error.ts"
import { CelList, Double, Duration, isInt, Optional, Timestamp, Uint, type Value } from "./value.ts"

export const textOf = (value: Value | undefined): string => {
  if (typeof value === "string") return value
  throw noSuchOverload()
}

export const integerOf = (value: Value | undefined): number | bigint => {
  if (value !== undefined && isInt(value)) return value
  throw noSuchOverload()
}

/** An int as an offset or a count: what is far out of any range becomes infinite. */
export const offsetOf = (value: Value | undefined): number => Number(integerOf(value))

export const booleanOf = (value: Value | undefined): boolean => {
  if (typeof value === "boolean") return value
  throw noSuchOverload()
}

export const listOfValue = (value: Value | undefined): CelList => {
  if (value instanceof CelList) return value
  throw noSuchOverload()
}

export const bytesOf = (value: Value | undefined): Uint8Array => {
  if (value instanceof Uint8Array) return value
  throw noSuchOverload()
}

export const doubleOf = (value: Value | undefined): number => {
  if (value instanceof Double) return value.value
  throw noSuchOverload()
}

export const uintOf = (value: Value | undefined): bigint => {
  if (value instanceof Uint) return value.value
  throw noSuchOverload()
}

export const timestampOf = (value: Value | undefined): Timestamp => {
  if (value instanceof Timestamp) return value
  throw noSuchOverload()
}

export const durationOf = (value: Value | undefined): Duration => {
  if (value instanceof Duration) return value
  throw noSuchOverload()
}

export const optionalOfValue = (value: Value | undefined): Optional => {
  if (value instanceof Optional) return value
  throw noSuchOverload()
}
