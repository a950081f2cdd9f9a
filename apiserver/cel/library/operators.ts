/** The operators. `&&`, `||` and `?:` are the planner's; here are their signatures. */
import { index, indexOptional } from "../access.ts"
import { JoinedList } from "../collection.ts"
import { type Call, type Functions, type Overload, overload } from "../environment.ts"
import { compare, equals } from "../equality.ts"
import { EvaluationError, noSuchOverload } from "../evaluation-error.ts"
import {
  addInts,
  checkedUint,
  divideInts,
  moduloInts,
  multiplyInts,
  negateInt,
  subtractInts,
} from "../integer.ts"
import { booleanOf } from "../narrowing.ts"
import { durationOfNanos, timestampAt } from "../time.ts"
import type { Type } from "../type.ts"
import * as t from "../type.ts"
import { CelList, CelMap, Double, Duration, isInt, Timestamp, Uint, type Value } from "../value.ts"

const a = t.parameter("A")
const b = t.parameter("B")

const joinedBytes = (left: Uint8Array, right: Uint8Array): Uint8Array => {
  const joined = new Uint8Array(left.length + right.length)
  joined.set(left)
  joined.set(right, left.length)
  return joined
}

const add = (left: Value, right: Value): Value => {
  if (isInt(left) && isInt(right)) return addInts(left, right)
  if (typeof left === "string" && typeof right === "string") return left + right
  if (left instanceof Double && right instanceof Double) return new Double(left.value + right.value)
  if (left instanceof Uint && right instanceof Uint) return new Uint(checkedUint(left.value + right.value))
  if (left instanceof CelList && right instanceof CelList) {
    return left.union(right) ?? new JoinedList(left, right)
  }
  if (left instanceof Duration && right instanceof Duration) return durationOfNanos(left.nanos + right.nanos)
  if (left instanceof Timestamp && right instanceof Duration) return timestampAt(left.nanos + right.nanos)
  if (left instanceof Duration && right instanceof Timestamp) return timestampAt(left.nanos + right.nanos)
  if (left instanceof Uint8Array && right instanceof Uint8Array) return joinedBytes(left, right)
  throw noSuchOverload()
}

const subtract = (left: Value, right: Value): Value => {
  if (isInt(left) && isInt(right)) return subtractInts(left, right)
  if (left instanceof Double && right instanceof Double) return new Double(left.value - right.value)
  if (left instanceof Uint && right instanceof Uint) return new Uint(checkedUint(left.value - right.value))
  if (left instanceof Timestamp && right instanceof Duration) return timestampAt(left.nanos - right.nanos)
  const bothMoments = left instanceof Timestamp && right instanceof Timestamp
  const bothDurations = left instanceof Duration && right instanceof Duration
  if (bothMoments || bothDurations) return durationOfNanos(left.nanos - right.nanos)
  throw noSuchOverload()
}

const multiply = (left: Value, right: Value): Value => {
  if (isInt(left) && isInt(right)) return multiplyInts(left, right)
  if (left instanceof Double && right instanceof Double) return new Double(left.value * right.value)
  if (left instanceof Uint && right instanceof Uint) return new Uint(checkedUint(left.value * right.value))
  throw noSuchOverload()
}

const divide = (left: Value, right: Value): Value => {
  if (isInt(left) && isInt(right)) return divideInts(left, right)
  if (left instanceof Double && right instanceof Double) return new Double(left.value / right.value)
  if (!(left instanceof Uint && right instanceof Uint)) throw noSuchOverload()
  if (right.value === 0n) throw new EvaluationError("division by zero")
  return new Uint(left.value / right.value)
}

const modulo = (left: Value, right: Value): Value => {
  if (isInt(left) && isInt(right)) return moduloInts(left, right)
  if (!(left instanceof Uint && right instanceof Uint)) throw noSuchOverload()
  if (right.value === 0n) throw new EvaluationError("modulus by zero")
  return new Uint(left.value % right.value)
}

const negate = (value: Value): Value => {
  if (isInt(value)) return negateInt(value)
  if (value instanceof Double) return new Double(-value.value)
  throw noSuchOverload()
}

const contains = (element: Value, container: Value): boolean => {
  if (container instanceof CelMap) return container.get(element) !== undefined
  if (!(container instanceof CelList)) throw noSuchOverload()
  for (let at = 0; at < container.size; at++) if (equals(container.at(at), element)) return true
  return false
}

const arithmetic = (
  call: Call,
  rows: ReadonlyArray<readonly [string, Type, Type, Type]>,
): ReadonlyArray<Overload> =>
  rows.map(([id, left, right, result]) => overload(id, [result, left, right], call))

const numbers: ReadonlyArray<readonly [string, Type]> = [
  ["int64", t.int],
  ["uint64", t.uint],
  ["double", t.double],
]

const mixedNumbers = numbers.flatMap(([left, leftType]) =>
  numbers.flatMap(
    ([right, rightType]): ReadonlyArray<readonly [string, Type, Type]> =>
      left === right ? [] : [[`${left}_${right}`, leftType, rightType]],
  ),
)

const ordered: ReadonlyArray<readonly [string, Type, Type]> = [
  ["bool", t.bool, t.bool],
  ...numbers.map(([id, type]) => [id, type, type] as const),
  ...mixedNumbers,
  ["string", t.string, t.string],
  ["bytes", t.bytes, t.bytes],
  ["timestamp", t.timestamp, t.timestamp],
  ["duration", t.duration, t.duration],
]

const order = (id: string, call: Call): ReadonlyArray<Overload> =>
  ordered.map(([suffix, left, right]) => overload(`${id}_${suffix}`, [t.bool, left, right], call))

const lazy: Call = () => {
  throw noSuchOverload()
}

const numeric = (id: string, call: Call): ReadonlyArray<Overload> =>
  arithmetic(
    call,
    numbers.map(([suffix, type]) => [`${id}_${suffix}`, type, type, type]),
  )

export const operators: Functions = {
  "_&&_": [overload("logical_and", [t.bool, t.bool, t.bool], lazy)],
  "_||_": [overload("logical_or", [t.bool, t.bool, t.bool], lazy)],
  "_?_:_": [overload("conditional", [a, t.bool, a, a], lazy)],
  "!_": [overload("logical_not", [t.bool, t.bool], (value) => !booleanOf(value))],
  "_==_": [overload("equals", [t.bool, a, a], (left, right) => equals(left, right))],
  "_!=_": [overload("not_equals", [t.bool, a, a], (left, right) => !equals(left, right))],
  "_<_": order("less", (left, right) => compare(left, right) < 0),
  "_<=_": order("less_equals", (left, right) => compare(left, right) <= 0),
  "_>_": order("greater", (left, right) => compare(left, right) > 0),
  "_>=_": order("greater_equals", (left, right) => compare(left, right) >= 0),
  "_+_": [
    ...numeric("add", add),
    ...arithmetic(add, [
      ["add_string", t.string, t.string, t.string],
      ["add_bytes", t.bytes, t.bytes, t.bytes],
      ["add_list", t.listOf(a), t.listOf(a), t.listOf(a)],
      ["add_duration_duration", t.duration, t.duration, t.duration],
      ["add_duration_timestamp", t.duration, t.timestamp, t.timestamp],
      ["add_timestamp_duration", t.timestamp, t.duration, t.timestamp],
    ]),
  ],
  "_-_": [
    ...numeric("subtract", subtract),
    ...arithmetic(subtract, [
      ["subtract_duration_duration", t.duration, t.duration, t.duration],
      ["subtract_timestamp_duration", t.timestamp, t.duration, t.timestamp],
      ["subtract_timestamp_timestamp", t.timestamp, t.timestamp, t.duration],
    ]),
  ],
  "_*_": numeric("multiply", multiply),
  "_/_": numeric("divide", divide),
  "_%_": numeric("modulo", modulo).filter(({ id }) => id !== "modulo_double"),
  "-_": [
    overload("negate_int64", [t.int, t.int], negate),
    overload("negate_double", [t.double, t.double], negate),
  ],
  "_[_]": [
    overload("index_list", [a, t.listOf(a), t.int], index),
    overload("index_map", [b, t.mapOf(a, b), a], index),
    overload("optional_list_index_int", [t.optionalOf(a), t.optionalOf(t.listOf(a)), t.int], index),
    overload("optional_map_index_value", [t.optionalOf(b), t.optionalOf(t.mapOf(a, b)), a], index),
  ],
  "_[?_]": [
    overload("list_optindex_optional_int", [t.optionalOf(a), t.listOf(a), t.int], indexOptional),
    overload("map_optindex_optional_value", [t.optionalOf(b), t.mapOf(a, b), a], indexOptional),
    overload(
      "optional_list_optindex_optional_int",
      [t.optionalOf(a), t.optionalOf(t.listOf(a)), t.int],
      indexOptional,
    ),
    overload(
      "optional_map_optindex_optional_value",
      [t.optionalOf(b), t.optionalOf(t.mapOf(a, b)), a],
      indexOptional,
    ),
  ],
  "@in": [
    overload("in_list", [t.bool, a, t.listOf(a)], contains),
    overload("in_map", [t.bool, a, t.mapOf(a, b)], contains),
  ],
}
