/** ConfigMaps and Secrets: keys of data, immutability, `stringData`. Source: registry/core/configmap and secret. */
import { isObject } from "../body-object.ts"
import { equal } from "../json/index.ts"
import type { FieldError, MutableJson, MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import type { Strategy } from "../strategy.ts"

/** Of all values together. Source: core MaxSecretSize. */
const dataBytesMax = 1024 * 1024
const keyPattern = /^[-._a-zA-Z0-9]{1,253}$/
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const keyErrors = (object: MutableObject, field: string): ReadonlyArray<FieldError> => {
  const data = object[field]
  if (!isObject(data)) return []
  return Object.keys(data).flatMap((key): ReadonlyArray<FieldError> => {
    if (keyPattern.test(key) && key !== "." && key !== "..") return []
    const detail =
      `Invalid value: ${JSON.stringify(key)}: a valid config key must consist of alphanumeric characters, ` +
      "'-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
    return [{ field: `${field}[${key}]`, type: "FieldValueInvalid", detail }]
  })
}

const bytesOf = (value: MutableJson | undefined): number =>
  isObject(value)
    ? Object.values(value).reduce(
        (sum: number, item) => sum + (typeof item === "string" ? Buffer.byteLength(item) : 0),
        0,
      )
    : 0

const sizeErrors = (bytes: number, field: string): ReadonlyArray<FieldError> => {
  if (bytes <= dataBytesMax) return []
  return [
    { field, type: "FieldValueTooLong", detail: `Too long: may not be more than ${dataBytesMax} bytes` },
  ]
}

const frozenErrors = (
  object: MutableObject,
  old: MutableObject | undefined,
  fields: ReadonlyArray<string>,
): ReadonlyArray<FieldError> => {
  if (old?.immutable !== true) return []
  const detail = "Forbidden: field is immutable when `immutable` is set"
  const changed = fields.filter((field) => !equal(object[field], old[field]))
  if (object.immutable !== true) changed.unshift("immutable")
  return changed.map((field) => ({ field, type: "FieldValueForbidden", detail }))
}

export const configMapStrategy: Strategy = {
  generation: false,
  unconditionalUpdate: true,
  validate: (object, old) => [
    ...frozenErrors(object, old, ["data", "binaryData"]),
    ...keyErrors(object, "data"),
    ...keyErrors(object, "binaryData"),
    ...sizeErrors(bytesOf(object.data) + bytesOf(object.binaryData), ""),
  ],
}

/** `stringData` goes into `data`, over what is there, and is never kept. */
const mergeStringData = (object: MutableObject): void => {
  const { stringData, data } = object
  delete object.stringData
  if (!isObject(stringData)) return
  const merged: MutableObject = isObject(data) ? data : {}
  for (const [key, value] of Object.entries(stringData)) {
    if (typeof value === "string") merged[key] = Buffer.from(value, "utf8").toString("base64")
  }
  object.data = merged
}

const encodingErrors = (object: MutableObject): ReadonlyArray<FieldError> => {
  const { data } = object
  if (!isObject(data)) return []
  return Object.entries(data).flatMap(([key, value]): ReadonlyArray<FieldError> => {
    if (typeof value === "string" && base64Pattern.test(value)) return []
    return [{ field: `data[${key}]`, type: "FieldValueInvalid", detail: "Invalid value: must be base64" }]
  })
}

const typeErrors = (object: MutableObject, old: MutableObject | undefined): ReadonlyArray<FieldError> => {
  if (old === undefined || stringOf(object, "type") === stringOf(old, "type")) return []
  const detail = `Invalid value: ${JSON.stringify(stringOf(object, "type"))}: field is immutable`
  return [{ field: "type", type: "FieldValueInvalid", detail }]
}

export const secretStrategy: Strategy = {
  generation: false,
  unconditionalUpdate: true,
  prepareCreate: (object) => {
    mergeStringData(object)
    if (object.type === "") object.type = "Opaque"
  },
  prepareUpdate: (object, old) => {
    mergeStringData(object)
    if (stringOf(object, "type") === "") object.type = stringOf(old, "type")
  },
  validate: (object, old) => [
    ...typeErrors(object, old),
    ...frozenErrors(object, old, ["data"]),
    ...keyErrors(object, "data"),
    ...encodingErrors(object),
    ...sizeErrors(bytesOf(object.data), "data"),
  ],
}
