/** Fields, keys and indices of values. Source: the language definition of CEL, "Field selection". */
import { EvaluationError, noSuchOverload } from "./evaluation-error.ts"
import { keyOf } from "./map-key.ts"
import { CelList, CelMap, none, ObjectValue, Optional, type Value } from "./value.ts"

const noSuchKey = (key: string): EvaluationError => new EvaluationError(`no such key: ${key}`)

/** A key as errors show it. */
const keyText = (key: Value): string => {
  const plain = keyOf(key)
  return plain === undefined ? "" : String(plain)
}

const fieldOf = (operand: Value, name: string): Value | undefined => {
  if (operand instanceof ObjectValue) return operand.field(name)
  if (operand instanceof CelMap) return operand.get(name)
  throw noSuchOverload()
}

/** `operand.name`; of an optional, the optional field of what it holds. */
export const select = (operand: Value, name: string): Value => {
  if (operand instanceof Optional) return selectOptional(operand, name)
  const value = fieldOf(operand, name)
  if (value === undefined) throw noSuchKey(name)
  return value
}

/** `has(operand.name)`. */
export const hasField = (operand: Value, name: string): boolean => {
  if (!(operand instanceof Optional)) return fieldOf(operand, name) !== undefined
  return operand.value !== undefined && fieldOf(operand.value, name) !== undefined
}

/** `operand.?name`. */
export const selectOptional = (operand: Value, name: string): Optional => {
  const inner = operand instanceof Optional ? operand.value : operand
  if (inner === undefined) return none
  const value = fieldOf(inner, name)
  return value === undefined ? none : new Optional(value)
}

const elementOf = (container: Value, key: Value): Value | undefined => {
  if (container instanceof CelMap) {
    const plain = keyOf(key)
    if (plain === undefined && (typeof key !== "object" || key === null || !("value" in key)))
      throw noSuchOverload()
    return container.get(key)
  }
  if (!(container instanceof CelList)) throw noSuchOverload()
  const index = keyOf(key)
  if (typeof index !== "number" || typeof key === "string") {
    if (typeof index === "bigint") return undefined
    throw noSuchOverload()
  }
  return index >= 0 && index < container.size ? container.at(index) : undefined
}

/** `container[key]`. */
export const index = (container: Value, key: Value): Value => {
  if (container instanceof Optional) return indexOptional(container, key)
  const value = elementOf(container, key)
  if (value !== undefined) return value
  throw container instanceof CelList
    ? new EvaluationError(`index out of bounds: ${keyText(key)}`)
    : noSuchKey(keyText(key))
}

/** `container[?key]`. */
export const indexOptional = (container: Value, key: Value): Optional => {
  const inner = container instanceof Optional ? container.value : container
  if (inner === undefined) return none
  const value = elementOf(inner, key)
  return value === undefined ? none : new Optional(value)
}
