/** Doubles as Go prints them. Source: Go `strconv`, format `g` with the shortest digits. */

/** `1.5`, `1e+06`, `-0`, `NaN`, `+Inf`. */
export const doubleText = (value: number): string => {
  if (Number.isNaN(value)) return "NaN"
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf"
  if (Object.is(value, -0)) return "-0"
  if (value === 0) return "0"
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e")
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < 21) return plainText(value)
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`
}

/** Digits only, no exponent. */
export const plainText = (value: number): string => {
  const text = String(value)
  if (!text.includes("e")) return text
  const [mantissa = "", exponent = "0"] = text.split("e")
  const sign = mantissa.startsWith("-") ? "-" : ""
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".")
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`
  return sign + digits.padEnd(point, "0")
}
