/** Numbers: extremes, rounding, signs, bits. Source: cel-go's math extension. */
import { type Call, type Functions, type Overload, overload } from "../environment.ts"
import { compare } from "../equality.ts"
import { EvaluationError, noSuchOverload } from "../evaluation-error.ts"
import { checkedInt, checkedUint } from "../integer.ts"
import { doubleOf, integerOf, uintOf } from "../narrowing.ts"
import type { Type } from "../type.ts"
import * as t from "../type.ts"
import { CelList, Double, intOf, isInt, Uint, type Value } from "../value.ts"

const kinds: ReadonlyArray<readonly [string, Type]> = [
  ["double", t.double],
  ["int", t.int],
  ["uint", t.uint],
]

/** The first of the extremes among the arguments, or in the one list. */
const extreme = (id: string, isBetter: (difference: number) => boolean): ReadonlyArray<Overload> => {
  const choose: Call = (first, ...others) => {
    const items = first instanceof CelList ? [...first] : [first, ...others]
    const [head, ...rest] = items
    if (head === undefined) throw new EvaluationError(`math.${id}(list) argument must not be empty`)
    return rest.reduce((best, item) => (isBetter(compare(item, best)) ? item : best), head)
  }
  return [
    ...kinds.map(([name, type]) => overload(`math_${id}_${name}`, [type, type], choose)),
    ...kinds.flatMap(([left, leftType]) =>
      kinds.map(([right, rightType]) =>
        overload(
          `math_${id}_${left}_${right}`,
          [left === right ? leftType : t.dyn, leftType, rightType],
          choose,
        ),
      ),
    ),
    ...kinds.map(([name, type]) => overload(`math_${id}_list_${name}`, [type, t.listOf(type)], choose)),
  ]
}

const onDouble = (id: string, change: (value: number) => number): ReadonlyArray<Overload> => [
  overload(`math_${id}_double`, [t.double, t.double], (value) => new Double(change(doubleOf(value)))),
]

const testDouble = (id: string, test: (value: number) => boolean): ReadonlyArray<Overload> => [
  overload(`math_${id}_double`, [t.bool, t.double], (value) => test(doubleOf(value))),
]

/** Halves away from zero. */
const round = (value: number): number => {
  const whole = Math.trunc(value)
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole
}

const abs = (value: Value): Value => {
  if (isInt(value)) return value < 0 ? checkedInt(-BigInt(value)) : value
  return value instanceof Double ? new Double(Math.abs(value.value)) : value
}

const sign = (value: Value): Value => {
  if (isInt(value)) return value < 0 ? -1 : value > 0 ? 1 : 0
  if (value instanceof Double) return new Double(Math.sign(value.value))
  return new Uint(uintOf(value) > 0n ? 1n : 0n)
}

const sameKind = (id: string, call: Call): ReadonlyArray<Overload> =>
  kinds.map(([name, type]) => overload(`math_${id}_${name}`, [type, type], call))

const bits = (id: string, combine: (a: bigint, b: bigint) => bigint): ReadonlyArray<Overload> => [
  overload(`math_${id}_int_int`, [t.int, t.int, t.int], (a, b) =>
    intOf(combine(BigInt(integerOf(a)), BigInt(integerOf(b)))),
  ),
  overload(
    `math_${id}_uint_uint`,
    [t.uint, t.uint, t.uint],
    (a, b) => new Uint(combine(uintOf(a), uintOf(b))),
  ),
]

/** Shifts of 64 bits, zeros coming in from both sides. */
const shift = (id: string, move: (pattern: bigint, by: bigint) => bigint): ReadonlyArray<Overload> => {
  const shifted: Call = (value, by) => {
    const count = BigInt(integerOf(by))
    if (count < 0n) throw new EvaluationError(`math.${id}() negative offset: ${count}`)
    const pattern = BigInt.asUintN(64, isInt(value) ? BigInt(value) : uintOf(value))
    const result = count > 63n ? 0n : BigInt.asUintN(64, move(pattern, count))
    return isInt(value) ? intOf(BigInt.asIntN(64, result)) : new Uint(result)
  }
  return [
    overload(`math_${id}_int_int`, [t.int, t.int, t.int], shifted),
    overload(`math_${id}_uint_int`, [t.uint, t.uint, t.int], shifted),
  ]
}

const squareRoot = (value: Value): Value => {
  if (value instanceof Double) return new Double(Math.sqrt(value.value))
  if (isInt(value)) return new Double(Math.sqrt(Number(value)))
  if (value instanceof Uint) return new Double(Math.sqrt(Number(value.value)))
  throw noSuchOverload()
}

export const math: Functions = {
  "math.@max": extreme("@max", (difference) => difference > 0),
  "math.@min": extreme("@min", (difference) => difference < 0),
  "math.ceil": onDouble("ceil", Math.ceil),
  "math.floor": onDouble("floor", Math.floor),
  "math.round": onDouble("round", round),
  "math.trunc": onDouble("trunc", Math.trunc),
  "math.isInf": testDouble("isInf", (value) => Math.abs(value) === Number.POSITIVE_INFINITY),
  "math.isNaN": testDouble("isNaN", Number.isNaN),
  "math.isFinite": testDouble("isFinite", Number.isFinite),
  "math.abs": sameKind("abs", abs),
  "math.sign": sameKind("sign", sign),
  "math.sqrt": kinds.map(([name, type]) => overload(`math_sqrt_${name}`, [t.double, type], squareRoot)),
  "math.bitAnd": bits("bitAnd", (a, b) => a & b),
  "math.bitOr": bits("bitOr", (a, b) => a | b),
  "math.bitXor": bits("bitXor", (a, b) => a ^ b),
  "math.bitNot": [
    overload("math_bitNot_int_int", [t.int, t.int], (value) => intOf(~BigInt(integerOf(value)))),
    overload(
      "math_bitNot_uint_uint",
      [t.uint, t.uint],
      (value) => new Uint(checkedUint(BigInt.asUintN(64, ~uintOf(value)))),
    ),
  ],
  "math.bitShiftLeft": shift("bitShiftLeft", (pattern, by) => pattern << by),
  "math.bitShiftRight": shift("bitShiftRight", (pattern, by) => pattern >> by),
}
