/** The plain keywords of a schema: which there may be, and of what type. */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { patternProblem } from "../pattern/index.ts"
import { forbidden, invalid, required, typeInvalid } from "./field-error.ts"

const refused = [
  "$ref",
  "$schema",
  "id",
  "additionalItems",
  "definitions",
  "dependencies",
  "deprecated",
  "discriminator",
  "patternProperties",
  "readOnly",
  "writeOnly",
  "xml",
]

const count = (value: Json): boolean => typeof value === "number" && Number.isSafeInteger(value) && value >= 0
const number = (value: Json): boolean => typeof value === "number"
const boolean = (value: Json): boolean => typeof value === "boolean"
const string = (value: Json): boolean => typeof value === "string"

const shapes: { readonly [keyword: string]: readonly [(value: Json) => boolean, string] } = {
  minLength: [count, "must be an integer of at least 0"],
  maxLength: [count, "must be an integer of at least 0"],
  minItems: [count, "must be an integer of at least 0"],
  maxItems: [count, "must be an integer of at least 0"],
  minProperties: [count, "must be an integer of at least 0"],
  maxProperties: [count, "must be an integer of at least 0"],
  minimum: [number, "must be a number"],
  maximum: [number, "must be a number"],
  exclusiveMinimum: [boolean, "must be a boolean"],
  exclusiveMaximum: [boolean, "must be a boolean"],
  multipleOf: [(value) => typeof value === "number" && value > 0, "must be a number above 0"],
  nullable: [boolean, "must be a boolean"],
  pattern: [string, "must be a string"],
  format: [string, "must be a string"],
  title: [string, "must be a string"],
  description: [string, "must be a string"],
  enum: [(value) => isArray(value) && value.length > 0, "must be a list of at least one value"],
  required: [(value) => isArray(value) && value.every(string), "must be a list of strings"],
}

const ruleErrors = (rules: Json | undefined, path: string): ReadonlyArray<FieldError> => {
  if (rules === undefined) return []
  if (!isArray(rules)) return [typeInvalid(path, rules, "must be a list")]
  return rules.flatMap((rule, index) => {
    const text = isObject(rule) ? own(rule, "rule") : undefined
    return typeof text === "string" && text.trim() !== ""
      ? []
      : [required(`${path}[${index}].rule`, "rule is not specified")]
  })
}

/** Errors in the plain keywords of one schema node, those inside allOf and its like included. */
export const keywordErrors = (schema: JsonObject, path: string): ReadonlyArray<FieldError> => {
  const errors: FieldError[] = []
  for (const keyword of refused) {
    if (Object.hasOwn(schema, keyword))
      errors.push(forbidden(`${path}.${keyword}`, `${keyword} is not supported`))
  }
  for (const [keyword, [fits, should]] of Object.entries(shapes)) {
    const value = own(schema, keyword)
    if (value !== undefined && !fits(value)) errors.push(invalid(`${path}.${keyword}`, value, should))
  }
  const unique = own(schema, "uniqueItems")
  if (unique === true) {
    errors.push(
      forbidden(
        `${path}.uniqueItems`,
        "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
      ),
    )
  } else if (unique !== undefined && unique !== false) {
    errors.push(invalid(`${path}.uniqueItems`, unique, "must be a boolean"))
  }
  const pattern = own(schema, "pattern")
  const problem = typeof pattern === "string" ? patternProblem(pattern) : undefined
  if (problem !== undefined) {
    errors.push(
      invalid(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${problem}`),
    )
  }
  errors.push(...ruleErrors(own(schema, "x-kubernetes-validations"), `${path}.x-kubernetes-validations`))
  return errors
}
