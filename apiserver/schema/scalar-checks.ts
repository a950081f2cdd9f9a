/**
 * The keywords that speak of one string or one number, each a function to the words that end its error.
 * Source: kube-openapi `validation/errors`.
 */
import type { JsonObject } from "../../schemas/index.ts"
import { own } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { compilePattern, type Pattern } from "../pattern/index.ts"
import { invalid, tooLong, typeInvalid } from "./field-error.ts"
import { numberFormats, stringFormats } from "./formats.ts"

/** The error of a value at a field; undefined when there is none. */
export type Check<T> = (value: T, field: () => string) => FieldError | undefined

const should = (field: string, value: string | number, what: string): FieldError =>
  invalid(field, value, `${field} in body should ${what}`)

const codePoints = (text: string): number => {
  let count = 0
  for (const _ of text) count++
  return count
}

const lengthChecks = (schema: JsonObject): ReadonlyArray<Check<string>> => {
  const checks: Check<string>[] = []
  const max = own(schema, "maxLength")
  if (typeof max === "number") {
    checks.push((value, field) =>
      value.length > max && codePoints(value) > max ? tooLong(field(), max) : undefined,
    )
  }
  const min = own(schema, "minLength")
  if (typeof min === "number") {
    checks.push((value, field) =>
      value.length < min * 2 && codePoints(value) < min
        ? should(field(), value, `be at least ${min} chars long`)
        : undefined,
    )
  }
  return checks
}

const patternCheck = (source: string): Check<string> => {
  let pattern: Pattern | undefined
  return (value, field) => {
    pattern ??= compilePattern(source)
    return pattern.test(value) ? undefined : should(field(), value, `match '${source}'`)
  }
}

const formatCheck =
  <T extends string | number>(format: string, fits: (value: T) => boolean): Check<T> =>
  (value, field) => {
    if (fits(value)) return undefined
    const at = field()
    return typeInvalid(at, value, `${at} in body must be of type ${format}: ${JSON.stringify(value)}`)
  }

export const stringChecks = (schema: JsonObject): ReadonlyArray<Check<string>> => {
  const checks = [...lengthChecks(schema)]
  const pattern = own(schema, "pattern")
  if (typeof pattern === "string") checks.push(patternCheck(pattern))
  const format = own(schema, "format")
  const fits = typeof format === "string" ? stringFormats.get(format) : undefined
  if (typeof format === "string" && fits !== undefined) checks.push(formatCheck(format, fits))
  return checks
}

/** Whether a decimal number is a multiple, as people mean it: 0.3 is one of 0.1. */
const isMultiple = (value: number, of: number): boolean => {
  const quotient = value / of
  return Math.abs(quotient - Math.round(quotient)) <= Number.EPSILON * Math.max(1, Math.abs(quotient))
}

const boundChecks = (schema: JsonObject): ReadonlyArray<Check<number>> => {
  const checks: Check<number>[] = []
  const min = own(schema, "minimum")
  if (typeof min === "number") {
    const exclusive = own(schema, "exclusiveMinimum") === true
    const what = exclusive ? `be greater than ${min}` : `be greater than or equal to ${min}`
    checks.push((value, field) =>
      value < min || (exclusive && value === min) ? should(field(), value, what) : undefined,
    )
  }
  const max = own(schema, "maximum")
  if (typeof max === "number") {
    const exclusive = own(schema, "exclusiveMaximum") === true
    const what = exclusive ? `be less than ${max}` : `be less than or equal to ${max}`
    checks.push((value, field) =>
      value > max || (exclusive && value === max) ? should(field(), value, what) : undefined,
    )
  }
  return checks
}

export const numberChecks = (schema: JsonObject): ReadonlyArray<Check<number>> => {
  const checks = [...boundChecks(schema)]
  const of = own(schema, "multipleOf")
  if (typeof of === "number" && of > 0) {
    checks.push((value, field) =>
      isMultiple(value, of) ? undefined : should(field(), value, `be a multiple of ${of}`),
    )
  }
  const format = own(schema, "format")
  const fits = typeof format === "string" ? numberFormats.get(format) : undefined
  if (typeof format === "string" && fits !== undefined) checks.push(formatCheck(format, fits))
  return checks
}
