/**
 * What a schema says of a value: its type for the checker, its bounds for the estimate, how JSON is read.
 * Source: Kubernetes `apiserver/pkg/cel/common/schemas.go`. Start with {@link declarationOf}.
 */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"
import { escapeFieldName } from "./field-name.ts"
import { REQUEST_SIZE_MAX } from "./limits.ts"
import type { Type } from "./type.ts"
import * as t from "./type.ts"

export interface Declaration {
  readonly type: Type
  /** The largest number of items, entries, code units or bytes; zero for what has no size. */
  readonly maxElements: number
  /** The least bytes of JSON that a value takes. */
  readonly minSize: number
  /** Of lists and maps: what is in them. */
  readonly item?: Declaration
  /** Of objects: by the names that expressions use. */
  readonly fields?: ReadonlyMap<string, DeclaredField>
  /** Of lists: whether items are a set, or are told apart by keys (their names in expressions). */
  readonly unordered?: { readonly keys: ReadonlyArray<string> }
  /** Of strings: how they are read. */
  readonly format?: "byte" | "duration" | "date" | "date-time"
}

export interface DeclaredField {
  readonly jsonName: string
  readonly declaration: Declaration
}

const BODY_MAX = REQUEST_SIZE_MAX - 2
const EMPTY_TEXT = 2
const NAME_LENGTH_MAX = 253
/** A code point takes at most four bytes. */
const BYTES_PER_CHARACTER = 4

const boundOf = (schema: JsonObject, key: string): number | undefined => {
  const value = own(schema, key)
  return typeof value === "number" ? Math.max(0, value) : undefined
}

const texts = (maxElements: number): Declaration => ({ type: t.string, maxElements, minSize: EMPTY_TEXT })

const scalar = (type: Type, minSize: number): Declaration => ({ type, maxElements: 0, minSize })

const formatted: { readonly [format: string]: Declaration } = {
  duration: { type: t.duration, maxElements: 32, minSize: 3, format: "duration" },
  date: { type: t.timestamp, maxElements: 12, minSize: 12, format: "date" },
  "date-time": { type: t.timestamp, maxElements: 32, minSize: 21, format: "date-time" },
}

const characters = (length: number | undefined): number | undefined =>
  length === undefined ? undefined : length * BYTES_PER_CHARACTER

const stringOf = (schema: JsonObject): Declaration => {
  const format = own(schema, "format")
  if (format === "byte") {
    return {
      type: t.bytes,
      maxElements: boundOf(schema, "maxLength") ?? BODY_MAX,
      minSize: EMPTY_TEXT,
      format,
    }
  }
  const known = typeof format === "string" && Object.hasOwn(formatted, format) ? formatted[format] : undefined
  if (known !== undefined) return known
  const choices = own(schema, "enum")
  const longest =
    isArray(choices) && choices.length > 0
      ? choices.reduce<number>((most, choice) => Math.max(most, typeof choice === "string" ? choice.length : 0), 0)
      : undefined
  return texts(characters(boundOf(schema, "maxLength")) ?? longest ?? BODY_MAX)
}

const listOf = (schema: JsonObject, name: string): Declaration | undefined => {
  const items = own(schema, "items")
  const item = isObject(items) ? declarationOf(items, { name: `${name}.@idx` }) : undefined
  if (item === undefined) return undefined
  const maxElements = boundOf(schema, "maxItems") ?? Math.floor(BODY_MAX / (item.minSize + 1))
  const list = { type: t.listOf(item.type), maxElements, minSize: 2, item }
  const listType = own(schema, "x-kubernetes-list-type")
  if (listType === "set") return { ...list, unordered: { keys: [] } }
  const keys = own(schema, "x-kubernetes-list-map-keys")
  if (listType !== "map" || !isArray(keys)) return list
  const names = keys.map((key) => (typeof key === "string" ? escapeFieldName(key) : undefined))
  return { ...list, unordered: { keys: names.filter((key) => key !== undefined) } }
}

const mapOf = (schema: JsonObject, values: JsonObject, name: string): Declaration | undefined => {
  const item = declarationOf(values, { name: `${name}.@elem` })
  if (item === undefined) return undefined
  const maxElements = boundOf(schema, "maxProperties") ?? Math.floor(BODY_MAX / (item.minSize + 6))
  return { type: t.mapOf(t.string, item.type), maxElements, minSize: 2, item }
}

const metadataOf = (schema: Json | undefined): Declaration => {
  const properties = isObject(schema) ? own(schema, "properties") : undefined
  const field = (name: string, most: number): readonly [string, DeclaredField] => {
    const declared = isObject(properties) ? own(properties, name) : undefined
    const bound = isObject(declared) ? boundOf(declared, "maxLength") : undefined
    return [name, { jsonName: name, declaration: texts(Math.min(bound ?? most, most) * BYTES_PER_CHARACTER) }]
  }
  const fields = new Map([field("name", NAME_LENGTH_MAX), field("generateName", NAME_LENGTH_MAX - 1)])
  return object("self.metadata", fields, 2)
}

const object = (name: string, fields: ReadonlyMap<string, DeclaredField>, minSize: number): Declaration => ({
  type: t.objectOf(name, new Map([...fields].map(([key, { declaration }]) => [key, declaration.type]))),
  maxElements: 0,
  minSize,
  fields,
})

const objectOf = (schema: JsonObject, { name, isResource }: Place): Declaration => {
  const properties = own(schema, "properties")
  const declared: { readonly [key: string]: Json } = isObject(properties) ? properties : {}
  const requiredNames = own(schema, "required")
  const fields = new Map<string, DeclaredField>()
  let minSize = 2
  for (const [key, property] of Object.entries(declared)) {
    const field = escapeFieldName(key)
    const declaration = isObject(property)
      ? declarationOf(property, { name: `${name}.${field ?? key}` })
      : undefined
    if (declaration === undefined) continue
    if (field !== undefined) fields.set(field, { jsonName: key, declaration })
    const isRequired = isArray(requiredNames) && requiredNames.includes(key)
    const hasDefault = isObject(property) && own(property, "default") !== undefined
    if (isRequired && !hasDefault) minSize += key.length + declaration.minSize + 4
  }
  if (isResource) {
    fields.set("kind", { jsonName: "kind", declaration: texts(BODY_MAX) })
    fields.set("apiVersion", { jsonName: "apiVersion", declaration: texts(BODY_MAX) })
    fields.set("metadata", { jsonName: "metadata", declaration: metadataOf(own(declared, "metadata")) })
  }
  return object(name, fields, minSize)
}

export interface Place {
  /** How types of objects are called in errors. */
  readonly name: string
  /** Whether it is a whole object of the API, with kind and metadata. */
  readonly isResource?: boolean
}

/** Undefined when expressions see nothing of such a value: its type is not known. */
export const declarationOf = (schema: JsonObject, { name, isResource }: Place): Declaration | undefined => {
  if (own(schema, "x-kubernetes-int-or-string") === true) {
    return { type: t.dyn, maxElements: characters(boundOf(schema, "maxLength")) ?? BODY_MAX, minSize: 1 }
  }
  switch (own(schema, "type")) {
    case "array":
      return listOf(schema, name)
    case "object": {
      const values = own(schema, "additionalProperties")
      if (isObject(values)) return mapOf(schema, values, name)
      const embedded = own(schema, "x-kubernetes-embedded-resource") === true
      return objectOf(schema, { name, isResource: isResource ?? embedded })
    }
    case "string":
      return stringOf(schema)
    case "boolean":
      return scalar(t.bool, 4)
    case "number":
      return scalar(t.double, 1)
    case "integer":
      return scalar(t.int, 1)
    default:
      return undefined
  }
}
