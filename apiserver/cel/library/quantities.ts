/** Quantities (`500m`, `1.5Gi`). Source: Kubernetes' quantity library. */
import { parseQuantity } from "../../quantity/index.ts"
import { type Call, type Functions, member, overload } from "../environment.ts"
import { EvaluationError, noSuchOverload } from "../evaluation-error.ts"
import { checkedInt } from "../integer.ts"
import { integerOf, textOf } from "../narrowing.ts"
import * as t from "../type.ts"
import { Double, Opaque, type Value } from "../value.ts"

const MILLI = 1_000n
const quantityType = t.opaque("kubernetes.Quantity")

/** A quantity in thousandths. */
class Quantity extends Opaque {
  readonly typeName = "kubernetes.Quantity"
  readonly milli: bigint

  constructor(milli: bigint) {
    super()
    this.milli = milli
  }

  equals(other: Opaque): boolean {
    return other instanceof Quantity && other.milli === this.milli
  }
}

const quantityOf = (value: Value | undefined): Quantity => {
  if (value instanceof Quantity) return value
  throw noSuchOverload()
}

const parsed = (text: string): Quantity => {
  const milli = parseQuantity(text)
  if (milli === undefined) {
    throw new EvaluationError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    )
  }
  return new Quantity(milli)
}

const compare = (left: Value | undefined, right: Value | undefined): number => {
  const [a, b] = [quantityOf(left).milli, quantityOf(right).milli]
  return a < b ? -1 : a > b ? 1 : 0
}

const isWhole = ({ milli }: Quantity): boolean => milli % MILLI === 0n

const asInteger = (value: Value): Value => {
  const quantity = quantityOf(value)
  if (!isWhole(quantity)) throw new EvaluationError("cannot convert value to integer")
  return checkedInt(quantity.milli / MILLI)
}

/** Adds a quantity or an int, or subtracts it. */
const sum = (sign: bigint): Call => {
  return (left, right) => {
    const other = right instanceof Quantity ? right.milli : BigInt(integerOf(right)) * MILLI
    return new Quantity(quantityOf(left).milli + sign * other)
  }
}

export const quantities: Functions = {
  quantity: [overload("string_to_quantity", [quantityType, t.string], (text) => parsed(textOf(text)))],
  isQuantity: [
    overload("is_quantity_string", [t.bool, t.string], (text) => parseQuantity(textOf(text)) !== undefined),
  ],
  sign: [member("quantity_sign", [t.int, quantityType], (value) => compare(value, new Quantity(0n)))],
  isGreaterThan: [
    member("quantity_is_greater_than", [t.bool, quantityType, quantityType], (a, b) => compare(a, b) > 0),
  ],
  isLessThan: [
    member("quantity_is_less_than", [t.bool, quantityType, quantityType], (a, b) => compare(a, b) < 0),
  ],
  compareTo: [member("quantity_compare_to", [t.int, quantityType, quantityType], compare)],
  asApproximateFloat: [
    member(
      "quantity_get_float",
      [t.double, quantityType],
      (value) => new Double(Number(quantityOf(value).milli) / 1000),
    ),
  ],
  asInteger: [member("quantity_get_int", [t.int, quantityType], asInteger)],
  isInteger: [member("quantity_is_integer", [t.bool, quantityType], (value) => isWhole(quantityOf(value)))],
  add: [
    member("quantity_add", [quantityType, quantityType, quantityType], sum(1n)),
    member("quantity_add_int", [quantityType, quantityType, t.int], sum(1n)),
  ],
  sub: [
    member("quantity_sub", [quantityType, quantityType, quantityType], sum(-1n)),
    member("quantity_sub_int", [quantityType, quantityType, t.int], sum(-1n)),
  ],
}
