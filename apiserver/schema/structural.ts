/**
 * What makes a schema structural, so that pruning and defaulting have one meaning.
 * Source: KEP-1002, apiextensions `schema/validation` and `apis/apiextensions/validation`.
 * Start with {@link checkStructural}.
 */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { forbidden, invalid, notSupported, required, typeInvalid } from "./field-error.ts"
import { SCHEMA_DEPTH_MAX } from "./limits.ts"
import { defaultErrors } from "./structural-defaults.ts"
import { junctorErrors } from "./structural-junctors.ts"
import { keywordErrors } from "./structural-keywords.ts"
import { listTypeErrors } from "./structural-lists.ts"

type Place = "root" | "field" | "item" | "metadata"

interface Spot {
  readonly path: string
  readonly place: Place
  readonly depth: number
}

const types = ["array", "boolean", "integer", "number", "object", "string"]

const typeRequired: { readonly [place in Place]: string } = {
  root: "must not be empty at the root",
  field: "must not be empty for specified object fields",
  item: "must not be empty for specified array items",
  metadata: "must not be empty for specified object fields",
}

const typeErrors = (schema: JsonObject, { path, place }: Spot): ReadonlyArray<FieldError> => {
  const type = own(schema, "type") ?? ""
  const intOrString = own(schema, "x-kubernetes-int-or-string") === true
  const field = `${path}.type`
  if (typeof type !== "string") return [typeInvalid(field, type, "must be a string")]
  if (place === "root" && type !== "object") {
    return [
      type === "" ? required(field, typeRequired.root) : invalid(field, type, "must be object at the root"),
    ]
  }
  if (intOrString) {
    return type === "" ? [] : [invalid(field, type, "must be empty if x-kubernetes-int-or-string is true")]
  }
  if (type === "") {
    return own(schema, "x-kubernetes-preserve-unknown-fields") === true
      ? []
      : [required(field, typeRequired[place])]
  }
  if (type === "null") return [forbidden(field, "null type cannot be used: use nullable as an alternative")]
  return types.includes(type) ? [] : [notSupported(field, type, types)]
}

const extensionFlags = [
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-embedded-resource",
  "x-kubernetes-int-or-string",
] as const

const extensionErrors = (schema: JsonObject, path: string): ReadonlyArray<FieldError> => {
  const errors: FieldError[] = []
  for (const flag of extensionFlags) {
    const value = own(schema, flag)
    if (value !== undefined && typeof value !== "boolean") {
      errors.push(typeInvalid(`${path}.${flag}`, value, "must be a boolean"))
    }
  }
  if (own(schema, "x-kubernetes-preserve-unknown-fields") === false) {
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined"))
  }
  if (own(schema, "x-kubernetes-embedded-resource") === true) {
    if (own(schema, "type") !== "object") {
      errors.push(
        invalid(
          `${path}.type`,
          own(schema, "type") ?? "",
          "must be object if x-kubernetes-embedded-resource is true",
        ),
      )
    }
    const open = own(schema, "x-kubernetes-preserve-unknown-fields") === true
    if (!open && own(schema, "properties") === undefined) {
      errors.push(
        required(
          `${path}.properties`,
          "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
        ),
      )
    }
  }
  return errors
}

/** Of metadata a schema may only restrict name and generateName: the rest is ObjectMeta's. */
const metadataErrors = (schema: Json, path: string): ReadonlyArray<FieldError> => {
  const only =
    "must not specify anything other than name and generateName, but metadata is implicitly specified"
  if (!isObject(schema)) return [typeInvalid(path, schema, "must be a schema")]
  const extra = Object.keys(schema).filter((key) => !["type", "description", "properties"].includes(key))
  const properties = own(schema, "properties")
  const names = isObject(properties) ? Object.keys(properties) : []
  const beyond = names.some((name) => name !== "name" && name !== "generateName")
  return extra.length > 0 || beyond ? [forbidden(path, only)] : []
}

const propertiesErrors = (schema: JsonObject, spot: Spot): ReadonlyArray<FieldError> => {
  const properties = own(schema, "properties")
  if (properties === undefined) return []
  if (!isObject(properties)) return [typeInvalid(`${spot.path}.properties`, properties, "must be an object")]
  const resource = spot.place === "root" || own(schema, "x-kubernetes-embedded-resource") === true
  const errors: FieldError[] = []
  for (const [name, property] of Object.entries(properties)) {
    const path = `${spot.path}.properties[${name}]`
    const metadata = resource && name === "metadata"
    if (metadata) errors.push(...metadataErrors(property, path))
    errors.push(
      ...nodeErrors(property, { path, place: metadata ? "metadata" : "field", depth: spot.depth + 1 }),
    )
  }
  return errors
}

const additionalErrors = (schema: JsonObject, spot: Spot): ReadonlyArray<FieldError> => {
  const additional = own(schema, "additionalProperties")
  if (additional === undefined) return []
  const path = `${spot.path}.additionalProperties`
  if (own(schema, "properties") !== undefined) {
    return [forbidden(path, "additionalProperties and properties are mutual exclusive")]
  }
  if (spot.place === "root") return [forbidden(path, "must not be used at the root")]
  if (additional === false) return [forbidden(path, "additionalProperties cannot be set to false")]
  if (additional === true) return []
  return nodeErrors(additional, { path, place: "field", depth: spot.depth + 1 })
}

const itemsErrors = (schema: JsonObject, spot: Spot): ReadonlyArray<FieldError> => {
  const items = own(schema, "items")
  const path = `${spot.path}.items`
  if (items === undefined) {
    return own(schema, "type") === "array" ? [required(path, "must be specified")] : []
  }
  if (isArray(items)) return [forbidden(path, "items must be a schema object and not an array")]
  return nodeErrors(items, { path, place: "item", depth: spot.depth + 1 })
}

const nodeErrors = (schema: Json, spot: Spot): ReadonlyArray<FieldError> => {
  if (!isObject(schema)) return [typeInvalid(spot.path, schema, "must be a schema object")]
  if (spot.depth > SCHEMA_DEPTH_MAX) {
    return [forbidden(spot.path, `schemas must not nest deeper than ${SCHEMA_DEPTH_MAX} levels`)]
  }
  return [
    ...typeErrors(schema, spot),
    ...keywordErrors(schema, spot.path),
    ...extensionErrors(schema, spot.path),
    ...listTypeErrors(schema, spot.path),
    ...junctorErrors(schema, spot.path),
    ...propertiesErrors(schema, spot),
    ...additionalErrors(schema, spot),
    ...itemsErrors(schema, spot),
  ]
}

/**
 * All that keeps a CRD's schema from being accepted; [] is a valid structural schema. Defaults are tried against
 * the schema once all else is right.
 */
export const checkStructural = (schema: Json, path = "openAPIV3Schema"): ReadonlyArray<FieldError> => {
  const errors = nodeErrors(schema, { path, place: "root", depth: 0 })
  return errors.length === 0 && isObject(schema) ? defaultErrors(schema, path) : errors
}
