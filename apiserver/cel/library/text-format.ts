/** `"%s is %d".format([...])`. Source: cel-go's strings extension. */
import { plainText } from "../double-text.ts"
import { spend, spendOnText } from "../effort.ts"
import { EvaluationError } from "../evaluation-error.ts"
import { FORMAT_PRECISION_MAX } from "../limits.ts"
import { durationText, timestampText } from "../time.ts"
import { CelList, CelMap, Double, Duration, isInt, Timestamp, TypeValue, Uint, type Value } from "../value.ts"
import { typeNameOf } from "../value-type.ts"

const refuse = (why: string, value: Value): never => {
  throw new EvaluationError(`error during formatting: ${why}, was given ${typeNameOf(value)}`)
}

const decoder = new TextDecoder()
const encoder = new TextEncoder()

const specialDouble = (value: number): string | undefined => {
  if (Number.isNaN(value)) return "NaN"
  return Number.isFinite(value) ? undefined : value > 0 ? "Infinity" : "-Infinity"
}

const mapText = (map: CelMap): string => {
  const entries = map.keys().map((key) => [stringClause(key), stringClause(map.get(key) ?? null)] as const)
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${entries.map(([key, value]) => `${key}: ${value}`).join(", ")}}`
}

/** Steps that printing one value takes besides its characters. */
const PRINT_STEPS = 4

const stringClause = (value: Value): string => {
  spend(PRINT_STEPS)
  if (typeof value === "string") spendOnText(value.length)
  if (value === null || typeof value === "boolean" || typeof value === "string" || isInt(value))
    return String(value)
  if (value instanceof Double) return specialDouble(value.value) ?? plainText(value.value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Uint8Array) return decoder.decode(value)
  if (value instanceof Duration) return durationText(value)
  if (value instanceof Timestamp) return timestampText(value)
  if (value instanceof TypeValue) return value.name
  if (value instanceof CelList) return `[${[...value].map(stringClause).join(", ")}]`
  if (value instanceof CelMap) return mapText(value)
  return refuse(
    "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
    value,
  )
}

const numberOf = (value: Value, clause: string): number => {
  if (value instanceof Double) return value.value
  if (isInt(value)) return Number(value)
  if (value instanceof Uint) return Number(value.value)
  return refuse(`${clause} clause can only be used on ints, uints, and doubles`, value)
}

const decimalClause = (value: Value): string => {
  if (isInt(value)) return String(value)
  if (value instanceof Uint) return String(value.value)
  const number = numberOf(value, "decimal")
  return specialDouble(number) ?? plainText(number)
}

/** The mantissa of a finite double as a whole number, and the power of two that it is to be multiplied with. */
const partsOf = (value: number): { readonly mantissa: bigint; readonly exponent: number } => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, Math.abs(value))
  const bits = view.getBigUint64(0)
  const biased = Number(bits >> 52n)
  const fraction = bits & 0xfffffffffffffn
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | 0x10000000000000n, exponent: biased - 1075 }
}

/** The exact value rounded to digits behind the point, a tie to the even digit. */
const fixedText = (value: number, precision: number): string => {
  const { mantissa, exponent } = partsOf(value)
  const scaled = mantissa * 10n ** BigInt(precision)
  const divisor = exponent < 0 ? 2n ** BigInt(-exponent) : 1n
  const dividend = exponent < 0 ? scaled : scaled * 2n ** BigInt(exponent)
  let quotient = dividend / divisor
  const twice = (dividend % divisor) * 2n
  if (twice > divisor || (twice === divisor && quotient % 2n === 1n)) quotient += 1n
  const digits = String(quotient).padStart(precision + 1, "0")
  const sign = value < 0 || Object.is(value, -0) ? "-" : ""
  const whole = digits.slice(0, digits.length - precision)
  return sign + (precision === 0 ? whole : `${whole}.${digits.slice(-precision)}`)
}

const fixedClause = (value: Value, precision: number): string => {
  const number = numberOf(value, "fixed-point")
  return specialDouble(number) ?? fixedText(number, precision)
}

const scientificClause = (value: Value, precision: number): string => {
  const number = numberOf(value, "scientific")
  const special = specialDouble(number)
  if (special !== undefined) return special
  const [mantissa = "", exponent = ""] = number.toExponential(Math.min(precision, 100)).split("e")
  const digits = precision > 100 ? mantissa + "0".repeat(precision - 100) : mantissa
  return `${digits}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, "0")}`
}

const radixText = (value: Value, radix: number): string | undefined => {
  if (isInt(value)) return value.toString(radix)
  return value instanceof Uint ? value.value.toString(radix) : undefined
}

const binaryClause = (value: Value): string => {
  if (typeof value === "boolean") return value ? "1" : "0"
  return radixText(value, 2) ?? refuse("only ints, uints, and bools can be formatted as binary", value)
}

const hexClause = (value: Value): string => {
  const bytes = typeof value === "string" ? encoder.encode(value) : value
  if (bytes instanceof Uint8Array) return bytes.toHex()
  return radixText(value, 16) ?? refuse("only ints, uints, bytes, and strings can be formatted as hex", value)
}

const octalClause = (value: Value): string =>
  radixText(value, 8) ?? refuse("octal clause can only be used on ints and uints", value)

const clauses: ReadonlyMap<string, (value: Value, precision: number) => string> = new Map([
  ["s", stringClause],
  ["d", decimalClause],
  ["f", fixedClause],
  ["e", scientificClause],
  ["b", binaryClause],
  ["x", hexClause],
  ["X", (value: Value): string => hexClause(value).toUpperCase()],
  ["o", octalClause],
])

const clausePattern = /%(?:%|(?:\.(\d*))?([\s\S]?))/g
const PRECISION_DEFAULT = 6

const precisionOf = (text: string | undefined): number => {
  const precision = text === undefined ? PRECISION_DEFAULT : Number(text)
  if (precision <= FORMAT_PRECISION_MAX) return precision
  throw new EvaluationError(
    `could not parse formatting clause: precision ${text} exceeds ${FORMAT_PRECISION_MAX}`,
  )
}

/** Fails with an evaluation error for a clause that is none, that has no argument, or that does not take it. */
export const formatText = (text: string, args: CelList): string => {
  let next = 0
  return text.replace(clausePattern, (match, precision: string | undefined, letter: string | undefined) => {
    if (match === "%%") return "%"
    if (next >= args.size) throw new EvaluationError(`index ${next} out of range`)
    if (letter === undefined || letter === "") throw new EvaluationError("unexpected end of string")
    const clause = clauses.get(letter)
    if (clause === undefined) {
      throw new EvaluationError(
        `could not parse formatting clause: unrecognized formatting clause ${JSON.stringify(letter)}`,
      )
    }
    const piece = clause(args.at(next++), precisionOf(precision))
    spendOnText(piece.length)
    return piece
  })
}
