/** What a number in source text stands for. */
import { INT_MAX, INT_MIN, UINT_MAX } from "./integer.ts"
import { type Constant, Double, intOf, Uint } from "./value.ts"

/** The value, or the sentence that says why there is none. */
export const numberLiteral = (text: string): Exclude<Constant, string> | string => {
  const sign = text.startsWith("-") ? -1n : 1n
  const body = sign < 0n ? text.slice(1) : text
  const isHex = body.startsWith("0x")
  if (/u$/i.test(body)) {
    const value = BigInt(body.slice(0, -1))
    return sign < 0n || value > UINT_MAX ? "invalid uint literal" : new Uint(value)
  }
  if (!isHex && /[.eE]/.test(body)) {
    const value = Number(text)
    return Number.isFinite(value) ? new Double(value) : "invalid double literal"
  }
  const value = sign * BigInt(body)
  return value < INT_MIN || value > INT_MAX ? "invalid int literal" : intOf(value)
}
