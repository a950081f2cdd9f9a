/**
 * allOf, anyOf, oneOf and not may only validate: what they speak of must be declared outside of them, and they may
 * not name types, defaults or extensions.
 */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { equal, isArray, isObject, own } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { forbidden, required, typeInvalid } from "./field-error.ts"
import { SCHEMA_DEPTH_MAX } from "./limits.ts"
import { keywordErrors } from "./structural-keywords.ts"

interface Branch {
  /** The same place outside of all junctors; undefined when it is not declared there. */
  readonly outside: JsonObject | undefined
  readonly path: string
  readonly outsidePath: string
  readonly depth: number
}

const structuralOnly = [
  "type",
  "default",
  "title",
  "description",
  "nullable",
  "additionalProperties",
  "example",
]

/** The one use of types in a junctor that is allowed: an int-or-string spelt out for older clients. */
const intOrStringBranches: Json = [{ type: "integer" }, { type: "string" }]

const isIntOrString = (schema: JsonObject | undefined): boolean =>
  schema !== undefined && own(schema, "x-kubernetes-int-or-string") === true

const emptyErrors = (schema: JsonObject, path: string): ReadonlyArray<FieldError> => {
  const extensions = Object.keys(schema).filter((key) => key.startsWith("x-kubernetes-"))
  const present = structuralOnly.filter((key) => Object.hasOwn(schema, key))
  return [...present, ...extensions].map((key) =>
    forbidden(`${path}.${key}`, "must be empty to be structural"),
  )
}

const outsideProperty = (branch: Branch, name: string): JsonObject | undefined => {
  const properties = branch.outside && own(branch.outside, "properties")
  const found = isObject(properties) ? own(properties, name) : undefined
  if (isObject(found)) return found
  const additional = branch.outside && own(branch.outside, "additionalProperties")
  return isObject(additional) ? additional : undefined
}

const isOpen = (schema: JsonObject | undefined): boolean =>
  schema === undefined || own(schema, "x-kubernetes-preserve-unknown-fields") === true

const belowErrors = (schema: JsonObject, branch: Branch): ReadonlyArray<FieldError> => {
  const errors: FieldError[] = []
  const descend = (value: Json, outside: JsonObject | undefined, step: string): void => {
    const path = `${branch.path}.${step}`
    const outsidePath = `${branch.outsidePath}.${step}`
    if (outside === undefined && !isOpen(branch.outside)) {
      errors.push(required(outsidePath, `because it is defined in ${path}`))
    }
    errors.push(...valueErrors(value, { outside, path, outsidePath, depth: branch.depth + 1 }))
  }
  const properties = own(schema, "properties")
  if (isObject(properties)) {
    for (const [name, property] of Object.entries(properties)) {
      descend(property, outsideProperty(branch, name), `properties[${name}]`)
    }
  }
  const items = own(schema, "items")
  if (items !== undefined) {
    const outside = branch.outside && own(branch.outside, "items")
    descend(items, isObject(outside) ? outside : undefined, "items")
  }
  return errors
}

const valueErrors = (schema: Json, branch: Branch): ReadonlyArray<FieldError> => {
  if (!isObject(schema)) return [typeInvalid(branch.path, schema, "must be a schema object")]
  if (branch.depth > SCHEMA_DEPTH_MAX) {
    return [forbidden(branch.path, `schemas must not nest deeper than ${SCHEMA_DEPTH_MAX} levels`)]
  }
  return [
    ...emptyErrors(schema, branch.path),
    ...keywordErrors(schema, branch.path),
    ...belowErrors(schema, branch),
    ...branchErrors(schema, branch),
  ]
}

const branchErrors = (schema: JsonObject, at: Branch): ReadonlyArray<FieldError> => {
  const errors: FieldError[] = []
  for (const junctor of ["allOf", "anyOf", "oneOf"] as const) {
    const branches = own(schema, junctor)
    if (branches === undefined) continue
    const path = `${at.path}.${junctor}`
    if (!isArray(branches)) {
      errors.push(typeInvalid(path, branches, "must be a list"))
      continue
    }
    if (junctor === "anyOf" && isIntOrString(at.outside) && equal(branches, intOrStringBranches)) continue
    for (const [index, branch] of branches.entries()) {
      errors.push(...valueErrors(branch, { ...at, path: `${path}[${index}]`, depth: at.depth + 1 }))
    }
  }
  const not = own(schema, "not")
  if (not !== undefined)
    errors.push(...valueErrors(not, { ...at, path: `${at.path}.not`, depth: at.depth + 1 }))
  return errors
}

/** Errors in the junctors of one structural node, all levels of them. */
export const junctorErrors = (schema: JsonObject, path: string): ReadonlyArray<FieldError> =>
  branchErrors(schema, { outside: schema, path, outsidePath: path, depth: 0 })
