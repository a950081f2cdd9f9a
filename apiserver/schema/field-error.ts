/** Field errors in apimachinery's words. Source: apimachinery `util/validation/field`. */
import type { Json } from "../../schemas/index.ts"
import { checkDepth } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { QUOTED_LENGTH_MAX, SUPPORTED_LENGTH_MAX } from "./limits.ts"

/** A value as it stands in an error text: JSON, cut when long. */
const shown = (value: Json | undefined): string => {
  if (typeof value === "string") return JSON.stringify(cut(value))
  if (value === undefined) return "null"
  checkDepth(value)
  return cut(JSON.stringify(value))
}

const cut = (text: string, length = QUOTED_LENGTH_MAX): string =>
  text.length > length ? `${text.slice(0, length)}...` : text

export const required = (field: string, why = ""): FieldError => ({
  field,
  type: "FieldValueRequired",
  detail: why === "" ? "Required value" : `Required value: ${why}`,
})

export const invalid = (field: string, value: Json | undefined, why: string): FieldError => ({
  field,
  type: "FieldValueInvalid",
  detail: `Invalid value: ${shown(value)}: ${why}`,
})

export const typeInvalid = (field: string, value: Json | undefined, why: string): FieldError => ({
  field,
  type: "FieldValueTypeInvalid",
  detail: `Invalid value: ${shown(value)}: ${why}`,
})

const listed = (values: ReadonlyArray<Json>): string =>
  cut(values.map(shown).join(", "), SUPPORTED_LENGTH_MAX)

export const notSupported = (
  field: string,
  value: Json | undefined,
  supported: ReadonlyArray<Json>,
): FieldError => ({
  field,
  type: "FieldValueNotSupported",
  detail: `Unsupported value: ${shown(value)}: supported values: ${listed(supported)}`,
})

export const duplicate = (field: string, value: Json | undefined): FieldError => ({
  field,
  type: "FieldValueDuplicate",
  detail: `Duplicate value: ${shown(value)}`,
})

export const forbidden = (field: string, why: string): FieldError => ({
  field,
  type: "FieldValueForbidden",
  detail: `Forbidden: ${why}`,
})

export const tooLong = (field: string, max: number): FieldError => ({
  field,
  type: "FieldValueTooLong",
  detail: `Too long: may not be more than ${max} bytes`,
})

export const tooMany = (field: string, count: number, max: number): FieldError => ({
  field,
  type: "FieldValueTooMany",
  detail: `Too many: ${count}: must have at most ${max} items`,
})
