/**
 * Arithmetic on 64-bit integers that never wraps: what does not fit is an error.
 * Small numbers stay numbers; {@link BigInt} is used where a result is not safe.
 */
import { EvaluationError } from "./evaluation-error.ts"
import { intOf } from "./value.ts"

export const INT_MAX = 2n ** 63n - 1n
export const INT_MIN = -(2n ** 63n)
export const UINT_MAX = 2n ** 64n - 1n

export type Int = number | bigint

const overflow = (): never => {
  throw new EvaluationError("integer overflow")
}

/** The int that a bigint is. Fails with an evaluation error out of range. */
export const checkedInt = (value: bigint): Int =>
  value < INT_MIN || value > INT_MAX ? overflow() : intOf(value)

/** The uint that a bigint is. Fails with an evaluation error out of range. */
export const checkedUint = (value: bigint): bigint => {
  if (value < 0n || value > UINT_MAX) throw new EvaluationError("unsigned integer overflow")
  return value
}

/** A zero of an int is never negative. */
const small = (value: number): number | undefined => (Number.isSafeInteger(value) ? value + 0 : undefined)

export const addInts = (a: Int, b: Int): Int => {
  if (typeof a === "number" && typeof b === "number") {
    const sum = small(a + b)
    if (sum !== undefined) return sum
  }
  return checkedInt(BigInt(a) + BigInt(b))
}

export const subtractInts = (a: Int, b: Int): Int => {
  if (typeof a === "number" && typeof b === "number") {
    const difference = small(a - b)
    if (difference !== undefined) return difference
  }
  return checkedInt(BigInt(a) - BigInt(b))
}

export const multiplyInts = (a: Int, b: Int): Int => {
  if (typeof a === "number" && typeof b === "number") {
    const product = small(a * b)
    if (product !== undefined) return product
  }
  return checkedInt(BigInt(a) * BigInt(b))
}

export const divideInts = (a: Int, b: Int): Int => {
  if (b === 0) throw new EvaluationError("division by zero")
  if (typeof a === "number" && typeof b === "number") return Math.trunc(a / b) + 0
  return checkedInt(BigInt(a) / BigInt(b))
}

export const moduloInts = (a: Int, b: Int): Int => {
  if (b === 0) throw new EvaluationError("modulus by zero")
  if (typeof a === "number" && typeof b === "number") return (a % b) + 0
  if (BigInt(a) === INT_MIN && b === -1) return overflow()
  return intOf(BigInt(a) % BigInt(b))
}

export const negateInt = (a: Int): Int => (typeof a === "number" ? 0 - a : checkedInt(-a))
