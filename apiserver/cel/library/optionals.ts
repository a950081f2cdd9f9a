/** Optional values. `or` and `orValue` are the planner's, since they do not always evaluate what is behind them. */
import { ArrayList } from "../collection.ts"
import { type Call, type Functions, member, overload } from "../environment.ts"
import { EvaluationError, noSuchOverload } from "../evaluation-error.ts"
import { optionalOfValue } from "../narrowing.ts"
import * as t from "../type.ts"
import { CelList, CelMap, Double, Duration, none, Optional, Uint, type Value } from "../value.ts"

const a = t.parameter("A")

const lazy: Call = () => {
  throw noSuchOverload()
}

const optionalValue = (value: Value): Value => {
  const held = optionalOfValue(value).value
  if (held === undefined) throw new EvaluationError("optional.none() dereference")
  return held
}

/** Whether a value is not the zero of its type. */
const isNonZero = (value: Value): boolean => {
  if (value === null || value === false || value === 0 || value === "") return false
  if (value instanceof Double) return value.value !== 0
  if (value instanceof Uint) return value.value !== 0n
  if (value instanceof Duration) return value.nanos !== 0n
  if (value instanceof Uint8Array) return value.length > 0
  if (value instanceof CelList || value instanceof CelMap) return value.size > 0
  return !(value instanceof Optional) || value.value !== undefined
}

const unwrap = (list: Value): Value => {
  if (!(list instanceof CelList)) throw noSuchOverload()
  const values: Value[] = []
  for (const item of list) if (item instanceof Optional && item.value !== undefined) values.push(item.value)
  return new ArrayList(values)
}

/** Source: cel-go's optional types. */
export const optionals: Functions = {
  "optional.of": [overload("optional_of", [t.optionalOf(a), a], (value) => new Optional(value))],
  "optional.ofNonZeroValue": [
    overload("optional_ofNonZeroValue", [t.optionalOf(a), a], (value) =>
      isNonZero(value) ? new Optional(value) : none,
    ),
  ],
  "optional.none": [overload("optional_none", [t.optionalOf(a)], () => none)],
  "optional.unwrap": [
    overload("optional_unwrap", [t.listOf(a), t.listOf(t.optionalOf(a))], (list) => unwrap(list)),
  ],
  unwrapOpt: [member("optional_unwrapOpt", [t.listOf(a), t.listOf(t.optionalOf(a))], (list) => unwrap(list))],
  value: [member("optional_value", [a, t.optionalOf(a)], optionalValue)],
  hasValue: [
    member(
      "optional_hasValue",
      [t.bool, t.optionalOf(a)],
      (value) => optionalOfValue(value).value !== undefined,
    ),
  ],
  or: [member("optional_or_optional", [t.optionalOf(a), t.optionalOf(a), t.optionalOf(a)], lazy)],
  orValue: [member("optional_orValue_value", [a, t.optionalOf(a), a], lazy)],
}
