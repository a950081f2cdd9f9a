/**
 * Kubernetes quantities as whole numbers: `500m`, `1.5`, `256Mi`, `2e3`. Exact: no float stands between text and result.
 * Source: apimachinery's resource.Quantity. Rounds up, as the scheduler must.
 */
import { quantityCharactersMax } from "./limits.ts"

const QUANTITY = /^\+?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/

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
const binaryShifts: { readonly [suffix: string]: bigint } = {
  Ki: 10n,
  Mi: 20n,
  Gi: 30n,
  Ti: 40n,
  Pi: 50n,
  Ei: 60n,
}

/** What a quantity is counted in: `units` (bytes, processes) or `millis` (thousandths of a core). */
export type QuantityUnit = "units" | "millis"

/** The quantity as a whole number of its unit; undefined where it is no quantity, is negative or is too large to count. */
export const parseQuantity = (quantity: string | number, unit: QuantityUnit): number | undefined => {
  const text = String(quantity)
  const match = text.length > quantityCharactersMax ? null : QUANTITY.exec(text)
  if (match === null) return undefined
  const [, whole = "", fraction = "", exponent = "0", suffix = ""] = match
  if (whole === "" && fraction === "") return undefined
  const power =
    Number(exponent) + (decimalExponents[suffix] ?? 0) - fraction.length + (unit === "millis" ? 3 : 0)
  const value = scale(BigInt(whole + fraction) << (binaryShifts[suffix] ?? 0n), power)
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined
}

/** `value` times ten to the `power`, rounded up. */
const scale = (value: bigint, power: number): bigint => {
  if (power >= 0) return value * 10n ** BigInt(power)
  const divisor = 10n ** BigInt(-power)
  return (value + divisor - 1n) / divisor
}
