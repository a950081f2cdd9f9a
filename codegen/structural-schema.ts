/**
 * The rules of structural schemas, told of a source with positions.
 * Source: apiextensions "Specifying a structural schema"; KEP-1111 (list and map types).
 */
import type { Json, JsonObject } from "../schemas/index.ts"
import type { FieldPath, SchemaProblem } from "./problem.ts"
import { isArray, isObject, type Source } from "./source.ts"

export interface StructuralOptions {
  /** Every field has a description and every required name is declared: our own schemas are documentation. */
  readonly documented: boolean
}

const keywordShapes: {
  readonly [keyword: string]: "string" | "number" | "boolean" | "array" | "object" | "any"
} = {
  title: "string",
  description: "string",
  type: "string",
  format: "string",
  pattern: "string",
  nullable: "boolean",
  exclusiveMinimum: "boolean",
  exclusiveMaximum: "boolean",
  minimum: "number",
  maximum: "number",
  multipleOf: "number",
  minLength: "number",
  maxLength: "number",
  minItems: "number",
  maxItems: "number",
  minProperties: "number",
  maxProperties: "number",
  enum: "array",
  required: "array",
  allOf: "array",
  anyOf: "array",
  oneOf: "array",
  not: "object",
  properties: "object",
  items: "object",
  externalDocs: "object",
  additionalProperties: "any",
  default: "any",
  example: "any",
  "x-kubernetes-preserve-unknown-fields": "boolean",
  "x-kubernetes-embedded-resource": "boolean",
  "x-kubernetes-int-or-string": "boolean",
  "x-kubernetes-list-type": "string",
  "x-kubernetes-list-map-keys": "array",
  "x-kubernetes-map-type": "string",
  "x-kubernetes-validations": "array",
}

const types = ["array", "boolean", "integer", "number", "object", "string"]
const listTypes = ["atomic", "set", "map"]
const mapTypes = ["atomic", "granular"]
const forbiddenInJunctor = ["type", "description", "title", "default", "nullable", "additionalProperties"]

/** All problems of the schema at `path` of the source, in document order. */
export const checkStructural = (
  source: Source,
  path: FieldPath,
  options: StructuralOptions,
): ReadonlyArray<SchemaProblem> => {
  const problems: SchemaProblem[] = []
  const report = (at: FieldPath, message: string): void => void problems.push(source.problem(at, message))
  const root = valueAt(source.value, path)
  if (!isObject(root)) return [source.problem(path, "a schema is a mapping")]
  if (root.type !== "object") report(path, 'the root of a schema has type "object"')
  checkMetadata(root, path, report)
  checkNode(root, path, { report, options })
  return problems
}

interface Walk {
  readonly report: (at: FieldPath, message: string) => void
  readonly options: StructuralOptions
}

const valueAt = (root: Json, path: FieldPath): Json | undefined => {
  let value: Json | undefined = root
  for (const step of path) {
    if (isArray(value)) value = value[Number(step)]
    else if (isObject(value) && Object.hasOwn(value, step)) value = value[step]
    else return undefined
  }
  return value
}

const checkMetadata = (root: JsonObject, path: FieldPath, report: Walk["report"]): void => {
  const metadata = isObject(root.properties) ? root.properties.metadata : undefined
  if (!isObject(metadata) || !isObject(metadata.properties)) return
  for (const name of Object.keys(metadata.properties))
    if (name !== "name" && name !== "generateName")
      report(
        [...path, "properties", "metadata", "properties", name],
        "metadata may restrict name and generateName only",
      )
}

const checkNode = (node: JsonObject, path: FieldPath, walk: Walk): void => {
  checkKeywords(node, path, walk)
  checkType(node, path, walk)
  checkList(node, path, walk.report)
  checkDefault(node, path, walk.report)
  checkJunctors(node, path, walk)
  if (isObject(node.properties)) {
    for (const [name, child] of Object.entries(node.properties)) {
      const at = [...path, "properties", name]
      if (isObject(child)) checkNode(child, at, walk)
      else walk.report(at, "a schema is a mapping")
    }
  }
  if (isObject(node.items)) checkNode(node.items, [...path, "items"], walk)
  if (isObject(node.additionalProperties))
    checkNode(node.additionalProperties, [...path, "additionalProperties"], walk)
}

const checkKeywords = (
  node: JsonObject,
  path: FieldPath,
  { report, options }: Pick<Walk, "report" | "options">,
): void => {
  for (const [keyword, value] of Object.entries(node)) {
    const shape = Object.hasOwn(keywordShapes, keyword) ? keywordShapes[keyword] : undefined
    if (shape === undefined)
      report([...path, keyword], `${JSON.stringify(keyword)} is not a keyword of a structural schema`)
    else if (shape !== "any" && shape !== shapeOf(value))
      report([...path, keyword], `${keyword} is ${article(shape)}, not ${article(shapeOf(value))}`)
  }
  // Kinds of others have patterns of Go, of which some are none of JavaScript's.
  if (options.documented && typeof node.pattern === "string" && !compiles(node.pattern))
    report([...path, "pattern"], `${JSON.stringify(node.pattern)} is not a regular expression`)
}

const shapeOf = (value: Json): string => {
  if (value === null) return "null"
  return isArray(value) ? "array" : typeof value
}

const article = (shape: string): string =>
  /^[ao]/.test(shape) ? `an ${shape}` : shape === "null" ? shape : `a ${shape}`

const compiles = (pattern: string): boolean => {
  try {
    new RegExp(pattern)
    return true
  } catch {
    return false
  }
}

const checkType = (node: JsonObject, path: FieldPath, { report, options }: Walk): void => {
  const open = node["x-kubernetes-preserve-unknown-fields"] === true
  const free = open || node["x-kubernetes-int-or-string"] === true
  if (node.type === undefined && !free) report(path, "type is missing")
  if (typeof node.type === "string" && !types.includes(node.type))
    report([...path, "type"], `${JSON.stringify(node.type)} is not a type; types are ${types.join(", ")}`)
  if (node.type === "array" && node.items === undefined) report(path, "an array says what its items are")
  if (node.properties !== undefined && node.additionalProperties !== undefined)
    report([...path, "additionalProperties"], "properties and additionalProperties exclude each other")
  if (node.additionalProperties === false)
    report(
      [...path, "additionalProperties"],
      "additionalProperties may not be false: undeclared fields are dropped anyway",
    )
  const mapType = node["x-kubernetes-map-type"]
  if (typeof mapType === "string" && !mapTypes.includes(mapType))
    report([...path, "x-kubernetes-map-type"], `${JSON.stringify(mapType)} is none of ${mapTypes.join(", ")}`)
  if (!options.documented) return
  if (node.description === undefined) report(path, "description is missing")
  const declared = isObject(node.properties) ? node.properties : {}
  for (const [index, name] of (isArray(node.required) ? node.required : []).entries())
    if (!open && !Object.hasOwn(declared, String(name)))
      report([...path, "required", index], `${JSON.stringify(name)} is required but not declared`)
}

const checkList = (node: JsonObject, path: FieldPath, report: Walk["report"]): void => {
  const listType = node["x-kubernetes-list-type"]
  const keys = node["x-kubernetes-list-map-keys"]
  if (listType === undefined) {
    if (keys !== undefined)
      report([...path, "x-kubernetes-list-map-keys"], "keys need x-kubernetes-list-type: map")
    return
  }
  const at = [...path, "x-kubernetes-list-type"]
  if (!listTypes.includes(String(listType))) {
    report(at, `${JSON.stringify(listType)} is none of ${listTypes.join(", ")}`)
    return
  }
  if (node.type !== "array") report(at, "only arrays have a list type")
  const items = isObject(node.items) ? node.items : {}
  if (listType === "set" && (items.type === "object" || items.type === "array") && !isAtomic(items))
    report(at, "the items of a set are scalars or atomic")
  if (listType === "map") checkListMap(items, { keys, path }, report)
}

const isAtomic = (items: JsonObject): boolean =>
  items["x-kubernetes-map-type"] === "atomic" || items["x-kubernetes-list-type"] === "atomic"

const checkListMap = (
  items: JsonObject,
  { keys, path }: { readonly keys: Json | undefined; readonly path: FieldPath },
  report: Walk["report"],
): void => {
  if (!isArray(keys) || keys.length === 0) {
    report([...path, "x-kubernetes-list-type"], "a list of type map names x-kubernetes-list-map-keys")
    return
  }
  const properties = isObject(items.properties) ? items.properties : {}
  const required = isArray(items.required) ? items.required : []
  for (const [index, key] of keys.entries()) {
    const at = [...path, "x-kubernetes-list-map-keys", index]
    const property = typeof key === "string" && Object.hasOwn(properties, key) ? properties[key] : undefined
    if (!isObject(property)) report(at, `${JSON.stringify(key)} is not a field of the items`)
    else if (property.type === "object" || property.type === "array")
      report(at, `${JSON.stringify(key)} is not a scalar`)
    else if (!required.includes(key) && property.default === undefined)
      report(at, `${JSON.stringify(key)} is a key: it must be required or have a default`)
  }
}

const checkDefault = (node: JsonObject, path: FieldPath, report: Walk["report"]): void => {
  const value = node.default
  if (value === undefined || (value === null && node.nullable === true)) return
  const at = [...path, "default"]
  const shape = shapeOf(value)
  const fits =
    node["x-kubernetes-int-or-string"] === true
      ? shape === "string" || Number.isInteger(value)
      : node.type === undefined || node.type === shape || (node.type === "integer" && Number.isInteger(value))
  if (!fits)
    report(at, `the default is ${article(shape)}, the type is ${String(node.type ?? "int-or-string")}`)
  if (isArray(node.enum) && !node.enum.includes(value))
    report(at, `the default ${JSON.stringify(value)} is none of the enum`)
}

const checkJunctors = (node: JsonObject, path: FieldPath, walk: Pick<Walk, "report" | "options">): void => {
  const intOrString = node["x-kubernetes-int-or-string"] === true
  for (const junctor of ["allOf", "anyOf", "oneOf"]) {
    const branches = node[junctor]
    if (!isArray(branches)) continue
    for (const [index, branch] of branches.entries())
      if (isObject(branch)) checkBranch(branch, [...path, junctor, index], { ...walk, intOrString })
  }
  if (isObject(node.not)) checkBranch(node.not, [...path, "not"], { ...walk, intOrString })
}

const checkBranch = (
  branch: JsonObject,
  path: FieldPath,
  walk: Pick<Walk, "report" | "options"> & { readonly intOrString: boolean },
): void => {
  checkKeywords(branch, path, walk)
  for (const keyword of Object.keys(branch)) {
    const typeOfIntOrString = keyword === "type" && walk.intOrString
    if ((forbiddenInJunctor.includes(keyword) || keyword.startsWith("x-kubernetes-")) && !typeOfIntOrString)
      walk.report([...path, keyword], `${keyword} belongs outside of allOf, anyOf, oneOf and not`)
  }
  checkJunctors(branch, path, walk)
  if (isObject(branch.properties))
    for (const [name, child] of Object.entries(branch.properties))
      if (isObject(child)) checkBranch(child, [...path, "properties", name], walk)
  if (isObject(branch.items)) checkBranch(branch.items, [...path, "items"], walk)
}
