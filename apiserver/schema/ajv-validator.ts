/**
 * JSON Schema validation by ajv, compiled when first asked. Patterns run in linear time on our own matcher.
 * ajv keeps every schema it compiles, so each is taken out again: a CRD that goes must leave nothing behind.
 */
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv"
import type { JsonObject } from "../../schemas/index.ts"
import { countValues } from "../json/index.ts"
import { compilePattern } from "../pattern/index.ts"
import { numberFormats, stringFormats } from "./formats.ts"
import { jsonSchema } from "./json-schema.ts"
import { ALL_ERRORS_VALUES_MAX } from "./limits.ts"

const regExp = Object.assign((pattern: string) => compilePattern(pattern), { code: "compilePattern" })

type Extent = "first" | "all"

const newAjv = (extent: Extent, ownProperties: boolean): Ajv => {
  const ajv = new Ajv({
    strict: false,
    allErrors: extent === "all",
    verbose: true,
    validateSchema: false,
    addUsedSchema: false,
    ownProperties,
    logger: false,
    code: { regExp },
  })
  for (const [name, validate] of stringFormats) ajv.addFormat(name, { type: "string", validate })
  for (const [name, validate] of numberFormats) ajv.addFormat(name, { type: "number", validate })
  return ajv
}

/** One instance per setting, made when first needed: the first compilation of an instance costs twice a later one. */
const instances = new Map<string, Ajv>()

const instance = (extent: Extent, ownProperties: boolean): Ajv => {
  const name = `${extent} ${ownProperties}`
  const found = instances.get(name) ?? newAjv(extent, ownProperties)
  instances.set(name, found)
  return found
}

/** Whether a schema names a property that every object inherits: then ajv must look at own ones, at some cost. */
const namesInherited = (schema: JsonObject): boolean => {
  const text = JSON.stringify(schema)
  return Object.getOwnPropertyNames(Object.prototype).some((name) => text.includes(`"${name}"`))
}

const compile = (schema: JsonObject, extent: Extent): ValidateFunction => {
  const translated = jsonSchema(schema)
  const ajv = instance(extent, namesInherited(translated))
  const validate = ajv.compile(translated)
  ajv.removeSchema(translated)
  return validate
}

export interface JsonSchemaErrors {
  readonly errors: ReadonlyArray<ErrorObject>
  /** False when there may be more. */
  readonly complete: boolean
}

export type JsonSchemaValidator = (value: JsonObject) => JsonSchemaErrors

const none: ReadonlyArray<ErrorObject> = []
const valid: JsonSchemaErrors = { errors: none, complete: true }

const errorsOf = (validate: ValidateFunction, value: JsonObject): ReadonlyArray<ErrorObject> => {
  if (validate(value)) return none
  const errors = validate.errors ?? none
  validate.errors = null
  return errors
}

/**
 * A validator that returns ajv's errors in the schema's order: all of them, or the first of a very large object.
 * Valid objects, the many, only ever meet the faster validator that stops at the first error.
 */
export const ajvValidator = (schema: JsonObject): JsonSchemaValidator => {
  let stopping: ValidateFunction | undefined
  let collecting: ValidateFunction | undefined
  return (value) => {
    stopping ??= compile(schema, "first")
    const first = errorsOf(stopping, value)
    if (first.length === 0) return valid
    if (countValues(value, ALL_ERRORS_VALUES_MAX) > ALL_ERRORS_VALUES_MAX) {
      return { errors: first, complete: false }
    }
    collecting ??= compile(schema, "all")
    return { errors: errorsOf(collecting, value), complete: true }
  }
}
