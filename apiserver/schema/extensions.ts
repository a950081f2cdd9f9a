/**
 * What Kubernetes' own schema keywords demand of values: no duplicates in sets and maps, embedded resources that
 * are resources. Source: apiextensions `schema/listtype`, `schema/objectmeta`.
 */
import type { Json, JsonArray, JsonObject } from "../../schemas/index.ts"
import { checkDepth, clone, isArray, isObject, own, put } from "../json/index.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import type { LocatedError } from "./ajv-errors.ts"
import { duplicate, required, typeInvalid } from "./field-error.ts"
import { fieldPathText } from "./field-path.ts"
import { LIST_DUPLICATES_MAX } from "./limits.ts"
import { nodeUnder, type SchemaNode } from "./node.ts"
import { validateObjectMeta } from "./object-meta.ts"

interface Walk {
  readonly path: (string | number)[]
  readonly errors: LocatedError[]
}

const report = (walk: Walk, error: FieldError, ...below: ReadonlyArray<string | number>): void => {
  walk.errors.push({ path: [...walk.path, ...below], error, junctorDepth: Infinity })
}

/** A text that two JSON values share if and only if they are equal. */
export const canonicalText = (value: Json): string => {
  checkDepth(value)
  return textOf(value)
}

const textOf = (value: Json): string => {
  if (isArray(value)) return `[${value.map(textOf).join(",")}]`
  if (!isObject(value)) return JSON.stringify(value)
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${textOf(own(value, key) ?? null)}`)
  return `{${members.join(",")}}`
}

/** The key fields of an item of a list of type map, with the defaults of its schema. */
export const itemKey = (item: JsonObject, list: SchemaNode): MutableObject => {
  const key: MutableObject = {}
  for (const name of list.listMapKeys) {
    const value = own(item, name) ?? list.items?.properties.get(name)?.default
    if (value !== undefined) put(key, name, clone(value))
  }
  return key
}

/** Duplicates are the whole list's fault: they are located at the list, so that only it unchanged excuses them. */
const checkDuplicates = (items: JsonArray, node: SchemaNode, walk: Walk): void => {
  const seen = new Set<string>()
  let found = 0
  for (let index = 0; index < items.length && found < LIST_DUPLICATES_MAX; index++) {
    const item = items[index] ?? null
    if (node.listType === "map" && !isObject(item)) continue
    const identity = node.listType === "map" && isObject(item) ? itemKey(item, node) : item
    const text = canonicalText(identity)
    if (seen.has(text)) {
      report(walk, duplicate(`${fieldPathText(walk.path)}[${index}]`, identity))
      found++
    }
    seen.add(text)
  }
}

const checkEmbedded = (object: JsonObject, walk: Walk): void => {
  const field = fieldPathText(walk.path)
  for (const name of ["apiVersion", "kind"]) {
    const value = own(object, name)
    if (value === undefined || value === "")
      report(walk, required(`${field}.${name}`, "must not be empty"), name)
    else if (typeof value !== "string") {
      report(walk, typeInvalid(`${field}.${name}`, value, "must be a string"), name)
    }
  }
  const metadata = own(object, "metadata")
  if (metadata === undefined) {
    report(walk, required(`${field}.metadata`, "must not be empty"), "metadata")
    return
  }
  const errors = validateObjectMeta(metadata, { namespaced: true, nameIs: "dnsSubdomain", embedded: true })
  for (const error of errors) report(walk, { ...error, field: `${field}.${error.field}` }, "metadata")
}

const check = (value: Json | undefined, node: SchemaNode, walk: Walk): void => {
  if (!node.hasExtensions || typeof value !== "object" || value === null) return
  if (isArray(value)) {
    if (node.listType === "set" || node.listType === "map") checkDuplicates(value, node, walk)
    if (node.items?.hasExtensions === true) {
      for (let index = 0; index < value.length; index++) descend(value[index], node.items, index, walk)
    }
    return
  }
  if (!isObject(value)) return
  if (node.embedded) checkEmbedded(value, walk)
  for (const key of Object.keys(value)) {
    const child = nodeUnder(node, key)
    if (child?.hasExtensions === true) descend(own(value, key), child, key, walk)
  }
}

const descend = (value: Json | undefined, node: SchemaNode, step: string | number, walk: Walk): void => {
  walk.path.push(step)
  check(value, node, walk)
  walk.path.pop()
}

export const extensionErrors = (object: JsonObject, root: SchemaNode): ReadonlyArray<LocatedError> => {
  const walk: Walk = { path: [], errors: [] }
  check(object, root, walk)
  return walk.errors
}
