/**
 * Kubernetes quantities (`500m`, `1.5Gi`, `2e3`) as whole thousandths.
 * Source: apimachinery `api/resource`. Start with {@link parseQuantity}.
 */
const TEXT_LENGTH_MAX = 64
const EXPONENT_MAX = 30
const MILLI = 1_000n
/** The largest quantity that the field's programs hold (an int64), in thousandths. */
const QUANTITY_MAX = (2n ** 63n - 1n) * MILLI

export type QuantityFormat = "DecimalSI" | "BinarySI"

const grammar = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d{1,3})?$/

const decimalExponents: { readonly [suffix: string]: number } = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const binary: ReadonlyArray<string> = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
const decimal: ReadonlyArray<string> = ["k", "M", "G", "T", "P", "E"]

/** The factor of a suffix as a fraction; undefined when out of all proportion. */
const factorOf = (suffix: string): readonly [bigint, bigint] | undefined => {
  const power = binary.indexOf(suffix)
  if (power >= 0) return [1024n ** BigInt(power + 1), 1n]
  const exponent = suffix === "" ? 0 : (decimalExponents[suffix] ?? Number(suffix.slice(1)))
  if (Math.abs(exponent) > EXPONENT_MAX) return undefined
  return exponent < 0 ? [1n, 10n ** BigInt(-exponent)] : [10n ** BigInt(exponent), 1n]
}

const roundedUp = (numerator: bigint, denominator: bigint): bigint => {
  const quotient = numerator / denominator
  return numerator % denominator === 0n ? quotient : quotient + 1n
}

/**
 * A quantity in thousandths, rounded away from zero and capped at an int64; undefined when it is not one.
 *
 * Example: `parseQuantity("1.5")` is `1500n`, `parseQuantity("1Ki")` is `1024000n`.
 */
export const parseQuantity = (quantity: string | number): bigint | undefined => {
  const text = String(quantity)
  const parts = text.length > TEXT_LENGTH_MAX ? null : grammar.exec(text)
  if (parts === null) return undefined
  const [, sign, whole = "", fraction = "", suffix = ""] = parts
  const factor = factorOf(suffix)
  if (whole + fraction === "" || factor === undefined) return undefined
  const [numerator, denominator] = factor
  const digits = BigInt(whole + fraction)
  const milli = roundedUp(digits * numerator * MILLI, denominator * 10n ** BigInt(fraction.length))
  const bounded = milli > QUANTITY_MAX ? QUANTITY_MAX : milli
  return sign === "-" ? -bounded : bounded
}

/** Below zero, zero or above it, as `a` is less, equal or more. */
export const compareQuantities = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

const withSuffix = (value: bigint, base: bigint, suffixes: ReadonlyArray<string>): string => {
  let rest = value
  let power = 0
  while (power < suffixes.length && rest !== 0n && rest % base === 0n) {
    rest /= base
    power++
  }
  return `${rest}${power === 0 ? "" : suffixes[power - 1]}`
}

/** The canonical text: no fraction, the largest suffix that allows it. */
export const formatQuantity = (milli: bigint, format: QuantityFormat = "DecimalSI"): string => {
  if (milli % MILLI !== 0n) return `${milli}m`
  const value = milli / MILLI
  const small = value > -1024n && value < 1024n
  return format === "BinarySI" && !small
    ? withSuffix(value, 1024n, binary)
    : withSuffix(value, 1000n, decimal)
}

/** The family of suffixes that a text uses; its canonical form keeps it. */
export const quantityFormat = (text: string): QuantityFormat =>
  text.endsWith("i") ? "BinarySI" : "DecimalSI"
