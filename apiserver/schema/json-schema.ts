/**
 * The JSON Schema that a structural schema stands for, as ajv takes it: only keywords that validate, each of the
 * right type, Kubernetes' own extensions written out (`nullable`, int-or-string, boolean exclusive bounds).
 */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"
import { MachineryError, type MutableJson, type MutableObject } from "../machinery.ts"
import { numberFormats, stringFormats } from "./formats.ts"
import { SCHEMA_DEPTH_MAX } from "./limits.ts"

const counts = ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"] as const
const typeNames = new Set(["array", "boolean", "integer", "number", "object", "string"])

const translateType = (schema: JsonObject, result: MutableObject): void => {
  const type = own(schema, "type")
  const nullable = own(schema, "nullable") === true
  const types: MutableJson[] = []
  if (own(schema, "x-kubernetes-int-or-string") === true) types.push("integer", "string")
  else if (typeof type === "string" && typeNames.has(type)) types.push(type)
  if (types.length === 0) return
  if (nullable) types.push("null")
  result.type = types.length === 1 ? (types[0] ?? null) : types
}

const translateEnum = (schema: JsonObject, result: MutableObject): void => {
  const values = own(schema, "enum")
  if (!isArray(values) || values.length === 0) return
  const nullable = own(schema, "nullable") === true && !values.includes(null)
  result.enum = structuredClone([...values, ...(nullable ? [null] : [])]) as MutableJson[]
}

const translateBounds = (schema: JsonObject, result: MutableObject): void => {
  for (const key of counts) {
    const value = own(schema, key)
    if (typeof value === "number" && Number.isInteger(value) && value >= 0) result[key] = value
  }
  const bounds = [
    ["minimum", "exclusiveMinimum"],
    ["maximum", "exclusiveMaximum"],
  ] as const
  for (const [bound, exclusive] of bounds) {
    const value = own(schema, bound)
    if (typeof value === "number") result[own(schema, exclusive) === true ? exclusive : bound] = value
  }
  const multiple = own(schema, "multipleOf")
  if (typeof multiple === "number" && multiple > 0) result.multipleOf = multiple
}

const translateText = (schema: JsonObject, result: MutableObject): void => {
  const pattern = own(schema, "pattern")
  if (typeof pattern === "string") result.pattern = pattern
  const format = own(schema, "format")
  if (typeof format !== "string") return
  if (stringFormats.has(format) || numberFormats.has(format)) result.format = format
}

const translateObject = (schema: JsonObject, result: MutableObject, depth: number): void => {
  const required = own(schema, "required")
  if (isArray(required)) {
    const names = [...new Set(required.filter((name) => typeof name === "string"))]
    if (names.length > 0) result.required = names
  }
  const properties = own(schema, "properties")
  if (isObject(properties)) {
    const translated: MutableObject = {}
    for (const [name, property] of Object.entries(properties)) {
      if (isObject(property) && name !== "__proto__") translated[name] = translate(property, depth + 1)
    }
    result.properties = translated
  }
  const additional = own(schema, "additionalProperties")
  if (isObject(additional)) result.additionalProperties = translate(additional, depth + 1)
}

const translateJunctors = (schema: JsonObject, result: MutableObject, depth: number): void => {
  for (const key of ["allOf", "anyOf", "oneOf"] as const) {
    const branches = own(schema, key)
    if (!isArray(branches) || branches.length === 0) continue
    result[key] = branches.filter(isObject).map((branch) => translate(branch, depth + 1))
  }
  const not = own(schema, "not")
  if (isObject(not)) result.not = translate(not, depth + 1)
}

const translate = (schema: JsonObject, depth: number): MutableObject => {
  if (depth > SCHEMA_DEPTH_MAX) {
    throw new MachineryError("Invalid", `the schema is nested deeper than ${SCHEMA_DEPTH_MAX} levels`)
  }
  const result: MutableObject = {}
  translateType(schema, result)
  translateEnum(schema, result)
  translateBounds(schema, result)
  translateText(schema, result)
  translateObject(schema, result, depth)
  const items: Json | undefined = own(schema, "items")
  if (isObject(items)) result.items = translate(items, depth + 1)
  translateJunctors(schema, result, depth)
  return result
}

/** A fresh JSON Schema; the structural schema is not changed. */
export const jsonSchema = (schema: JsonObject): MutableObject => translate(schema, 0)
