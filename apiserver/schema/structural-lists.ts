/** Checks on x-kubernetes-list-type, x-kubernetes-list-map-keys and x-kubernetes-map-type. */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { duplicate, forbidden, invalid, notSupported, required } from "./field-error.ts"

const isScalar = (schema: JsonObject): boolean => {
  const type = own(schema, "type")
  return (
    type === "string" ||
    type === "integer" ||
    type === "number" ||
    type === "boolean" ||
    own(schema, "x-kubernetes-int-or-string") === true
  )
}

const isAtomic = (schema: JsonObject): boolean => {
  const type = own(schema, "type")
  if (type === "object") return own(schema, "x-kubernetes-map-type") === "atomic"
  return type === "array" && (own(schema, "x-kubernetes-list-type") ?? "atomic") === "atomic"
}

const setErrors = (items: JsonObject, path: string): ReadonlyArray<FieldError> => {
  if (own(items, "nullable") === true) {
    return [forbidden(`${path}.items.nullable`, "cannot be nullable when x-kubernetes-list-type is set")]
  }
  if (isScalar(items) || isAtomic(items)) return []
  const type = own(items, "type")
  const name = type === "array" ? "x-kubernetes-list-type" : "x-kubernetes-map-type"
  return [
    invalid(
      `${path}.items.${name}`,
      own(items, name) ?? "",
      "must be atomic as item of a list with x-kubernetes-list-type=set",
    ),
  ]
}

const keyErrors = (items: JsonObject, key: Json, path: string): ReadonlyArray<FieldError> => {
  const properties = own(items, "properties")
  const property = isObject(properties) && typeof key === "string" ? own(properties, key) : undefined
  const keysPath = `${path}.x-kubernetes-list-map-keys`
  if (!isObject(property)) return [invalid(keysPath, key, "entries must all be names of item properties")]
  const propertyPath = `${path}.items.properties[${String(key)}]`
  if (!isScalar(property)) {
    return [
      invalid(
        `${propertyPath}.type`,
        own(property, "type") ?? "",
        "must be a scalar type if parent array's x-kubernetes-list-type is map",
      ),
    ]
  }
  const errors: FieldError[] = []
  if (own(property, "nullable") === true) {
    errors.push(
      forbidden(
        `${propertyPath}.nullable`,
        "this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
      ),
    )
  }
  const needed = own(items, "required")
  const always = isArray(needed) && needed.includes(key)
  if (!always && own(property, "default") === undefined) {
    errors.push(
      required(
        `${propertyPath}.default`,
        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
      ),
    )
  }
  return errors
}

const mapErrors = (schema: JsonObject, items: JsonObject, path: string): ReadonlyArray<FieldError> => {
  const keys = own(schema, "x-kubernetes-list-map-keys")
  const keysPath = `${path}.x-kubernetes-list-map-keys`
  if (own(items, "nullable") === true) {
    return [forbidden(`${path}.items.nullable`, "cannot be nullable when x-kubernetes-list-type is map")]
  }
  if (!isArray(keys) || keys.length === 0) {
    return [required(keysPath, "must not be empty if x-kubernetes-list-type is map")]
  }
  if (own(items, "type") !== "object") {
    return [
      invalid(
        `${path}.items.type`,
        own(items, "type") ?? "",
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    ]
  }
  const repeated = keys.find((key, index) => keys.indexOf(key) !== index)
  if (repeated !== undefined) return [duplicate(keysPath, repeated)]
  return keys.flatMap((key) => keyErrors(items, key, path))
}

const mapTypeErrors = (schema: JsonObject, path: string): ReadonlyArray<FieldError> => {
  const mapType = own(schema, "x-kubernetes-map-type")
  if (mapType === undefined) return []
  if (own(schema, "type") !== "object") {
    return [
      invalid(
        `${path}.type`,
        own(schema, "type") ?? "",
        "must be object if x-kubernetes-map-type is specified",
      ),
    ]
  }
  if (mapType === "atomic" || mapType === "granular") return []
  return [notSupported(`${path}.x-kubernetes-map-type`, mapType, ["atomic", "granular"])]
}

export const listTypeErrors = (schema: JsonObject, path: string): ReadonlyArray<FieldError> => {
  const listType = own(schema, "x-kubernetes-list-type")
  const errors = [...mapTypeErrors(schema, path)]
  if (listType !== "map" && own(schema, "x-kubernetes-list-map-keys") !== undefined) {
    errors.push(
      forbidden(`${path}.x-kubernetes-list-map-keys`, "must be empty if x-kubernetes-list-type is not map"),
    )
  }
  if (listType === undefined) return errors
  if (own(schema, "type") !== "array") {
    errors.push(
      invalid(
        `${path}.type`,
        own(schema, "type") ?? "",
        "must be array if x-kubernetes-list-type is specified",
      ),
    )
    return errors
  }
  const items = own(schema, "items")
  if (!isObject(items)) return errors
  if (listType === "set") errors.push(...setErrors(items, path))
  else if (listType === "map") errors.push(...mapErrors(schema, items, path))
  else if (listType !== "atomic") {
    errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ["atomic", "set", "map"]))
  }
  return errors
}
