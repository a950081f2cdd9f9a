/**
 * ajv's errors in Kubernetes' words.
 * Source: kube-openapi `validation/errors` and apiextensions' translation of them to field errors.
 */
import type { ErrorObject } from "ajv"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { forbidden, invalid, notSupported, required, tooLong, tooMany, typeInvalid } from "./field-error.ts"
import { type FieldPath, fieldPathText } from "./field-path.ts"

/** An error with the place that it speaks of and how far up an unchanged value excuses it. */
export interface LocatedError {
  readonly path: FieldPath
  readonly error: FieldError
  /** Only an unchanged value at this depth or above excuses the error; see ratcheting. */
  readonly junctorDepth: number
}

const typeName = (value: unknown): string => {
  if (value === null) return "null"
  if (Array.isArray(value)) return "array"
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number"
  return typeof value
}

/** The steps of ajv's instance path: a number where the document has a list. */
const stepsOf = (document: JsonObject, instancePath: string): (string | number)[] => {
  const steps: (string | number)[] = []
  if (instancePath === "") return steps
  let at: Json | undefined = document
  for (const token of instancePath.slice(1).split("/")) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~")
    if (isArray(at)) {
      steps.push(Number(key))
      at = at[Number(key)]
    } else {
      steps.push(key)
      at = isObject(at) ? own(at, key) : undefined
    }
  }
  return steps
}

interface SchemaPlace {
  /** Document levels descended before the first allOf, anyOf, oneOf or not; Infinity when there is none. */
  readonly junctorDepth: number
  /** Whether it lies inside a branch of anyOf, oneOf or not: it says why a branch failed, not what is wrong. */
  readonly branch: boolean
}

const placeOf = (schemaPath: string): SchemaPlace => {
  const parts = schemaPath.split("/")
  const last = parts.length - 1
  let levels = 0
  let junctorDepth = Infinity
  let branch = false
  for (let index = 1; index <= last; index++) {
    const part = parts[index]
    if (part === "properties") index++
    if (part === "properties" || part === "items" || part === "additionalProperties") {
      levels++
      continue
    }
    if (part !== "allOf" && part !== "anyOf" && part !== "oneOf" && part !== "not") break
    junctorDepth = Math.min(junctorDepth, levels)
    if (part !== "allOf" && index < last) branch = true
    if (part !== "not") index++
  }
  return { junctorDepth, branch }
}

const text = (value: unknown): string => (typeof value === "string" ? value : String(value))

const jsonOf = (value: unknown): Json => value as Json

const expectedType = (error: ErrorObject): string => {
  const type: unknown = error.params.type
  const names = Array.isArray(type) ? type.map(text) : text(type).split(",")
  return names.filter((name) => name !== "null").join(" or ")
}

const sizeOf = (value: unknown): number =>
  Array.isArray(value) ? value.length : isObject(value) ? Object.keys(value).length : 0

/** The last words of errors that all read `FIELD in body should ...`. */
const shouldBe: { readonly [keyword: string]: (limit: string) => string } = {
  minLength: (limit) => `should be at least ${limit} chars long`,
  minimum: (limit) => `should be greater than or equal to ${limit}`,
  exclusiveMinimum: (limit) => `should be greater than ${limit}`,
  maximum: (limit) => `should be less than or equal to ${limit}`,
  exclusiveMaximum: (limit) => `should be less than ${limit}`,
  multipleOf: (limit) => `should be a multiple of ${limit}`,
  pattern: (limit) => `should match '${limit}'`,
  minItems: (limit) => `should have at least ${limit} items`,
  minProperties: (limit) => `should have at least ${limit} properties`,
}

const junctorError = (error: ErrorObject, field: string): FieldError => {
  const why = {
    anyOf: "must validate at least one schema (anyOf)",
    oneOf:
      error.params.passingSchemas === null
        ? "must validate one and only one schema (oneOf). Found none valid"
        : "must validate one and only one schema (oneOf). Found more than one valid alternatives",
    not: "must not validate the schema (not)",
  }
  const said = error.keyword === "anyOf" ? why.anyOf : error.keyword === "oneOf" ? why.oneOf : why.not
  return invalid(field, "", `"${field}" ${said}`)
}

const fieldErrorOf = (error: ErrorObject, field: string): FieldError => {
  const value = jsonOf(error.data)
  const schema: unknown = error.schema
  const limit = Number(schema)
  switch (error.keyword) {
    case "type": {
      const got = typeName(value)
      return typeInvalid(field, got, `${field} in body must be of type ${expectedType(error)}: "${got}"`)
    }
    case "format":
      return typeInvalid(
        field,
        value,
        `${field} in body must be of type ${text(schema)}: ${JSON.stringify(value)}`,
      )
    case "enum":
      return notSupported(field, value, isArray(schema) ? schema : [])
    case "maxLength":
      return tooLong(field, limit)
    case "maxItems":
    case "maxProperties":
      return tooMany(field, sizeOf(value), limit)
    case "anyOf":
    case "oneOf":
    case "not":
      return junctorError(error, field)
    case "minItems":
    case "minProperties":
      return invalid(
        field,
        sizeOf(value),
        `${field} in body ${shouldBe[error.keyword]?.(text(schema)) ?? ""}`,
      )
    default: {
      const said = Object.hasOwn(shouldBe, error.keyword) ? shouldBe[error.keyword] : undefined
      if (said === undefined) return forbidden(field, `${field} in body ${error.message ?? "is not allowed"}`)
      return invalid(field, value, `${field} in body ${said(text(schema))}`)
    }
  }
}

/** The errors to report for one document. */
export const locatedErrors = (
  document: JsonObject,
  errors: ReadonlyArray<ErrorObject>,
): ReadonlyArray<LocatedError> => {
  const located: LocatedError[] = []
  for (const error of errors) {
    const { branch, junctorDepth } = placeOf(error.schemaPath)
    if (branch) continue
    const path = stepsOf(document, error.instancePath)
    if (error.keyword === "required") {
      const missing = [...path, text(error.params.missingProperty)]
      located.push({ path: missing, error: required(fieldPathText(missing)), junctorDepth })
    } else {
      located.push({ path, error: fieldErrorOf(error, fieldPathText(path)), junctorDepth })
    }
  }
  return located
}
