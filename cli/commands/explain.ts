/** `mctl explain`: a field of a kind, from the server's OpenAPI v3 document. */
import type { JsonObject } from "../../schemas/index.ts"
import type { Api } from "../api.ts"
import type { Run } from "../command.ts"
import { discover, type Resource } from "../discovery.ts"
import { CliFailure } from "../failure.ts"
import { arrayAt, isObject, objectAt, textAt, valueAt } from "../json.ts"
import { print } from "../program.ts"
import { findResource } from "../resource-name.ts"

export const runExplain: Run = async (args, program) => {
  const [operand, ...more] = args.operands
  if (operand === undefined || more.length > 0)
    throw new CliFailure("Usage", "explain takes one TYPE[.FIELD...]")
  const { api } = await program.connect(args)
  const { resource, fields } = parseOperand(await discover(api), operand)
  const document = await openApi(api, resource)
  const root = rootSchema(document, resource)
  const node = fields.reduce<Node>((at, field) => step(document, at, field), {
    schema: root,
    path: resource.plural,
  })
  print(program, formatHead(resource, fields, { document, node }))
  print(program, formatFields(document, node, { recursive: args.flag("recursive"), indent: "  ", depth: 0 }))
  return 0
}

interface Node {
  readonly schema: JsonObject
  /** For messages. */
  readonly path: string
  readonly required?: boolean
}

/** The type may have dots itself: `sandboxes.compute.miren.dev.spec`; the longest word that is a type wins. */
const parseOperand = (
  resources: ReadonlyArray<Resource>,
  operand: string,
): { readonly resource: Resource; readonly fields: ReadonlyArray<string> } => {
  const words = operand.split(".")
  for (let used = words.length; used > 0; used--) {
    try {
      const resource = findResource(resources, words.slice(0, used).join("."))
      return { resource, fields: words.slice(used).map((field) => field.replace(/\[.*\]$/, "")) }
    } catch (error) {
      if (!(error instanceof CliFailure) || used === 1) throw error
    }
  }
  throw new CliFailure("Usage", "explain takes one TYPE[.FIELD...]")
}

const openApi = async (api: Api, { group, version }: Resource): Promise<JsonObject> => {
  const key = group === "" ? `api/${version}` : `apis/${group}/${version}`
  const index = await api.json({ path: "/openapi/v3" })
  const path = textAt(objectAt(index, "paths"), key, "serverRelativeURL")
  if (!path.startsWith("/")) throw new CliFailure("NotFound", `the server describes no schemas of ${key}`)
  return api.json({ path })
}

const rootSchema = (document: JsonObject, { group, version, kind }: Resource): JsonObject => {
  for (const schema of Object.values(objectAt(document, "components", "schemas")))
    for (const gvk of arrayAt(schema, "x-kubernetes-group-version-kind"))
      if (
        textAt(gvk, "group") === group &&
        textAt(gvk, "version") === version &&
        textAt(gvk, "kind") === kind
      )
        if (isObject(schema)) return schema
  throw new CliFailure("NotFound", `the server describes no schema of ${kind}`)
}

/** Follows `$ref` and the single `allOf` that carries one beside a description. */
const resolved = (document: JsonObject, schema: JsonObject): JsonObject => {
  const [wrapped] = arrayAt(schema, "allOf")
  const reference = textAt(schema, "$ref") || textAt(wrapped, "$ref")
  if (reference === "") return schema
  const target = valueAt(document, "components", "schemas", reference.split("/").at(-1) ?? "")
  if (!isObject(target)) return schema
  const description = textAt(schema, "description") || textAt(target, "description")
  return { ...resolved(document, target), ...(description === "" ? {} : { description }) }
}

/** Through lists and maps to what has fields. */
const inner = (document: JsonObject, schema: JsonObject): JsonObject => {
  const found = resolved(document, schema)
  const next = isObject(found.items) ? found.items : found.additionalProperties
  return isObject(next) && !isObject(found.properties) ? inner(document, next) : found
}

const step = (document: JsonObject, { schema, path }: Node, field: string): Node => {
  const parent = inner(document, schema)
  const child = valueAt(parent, "properties", field)
  if (!isObject(child)) {
    const known = Object.keys(objectAt(parent, "properties"))
    const hint = known.length === 0 ? "it has no fields" : `its fields are ${known.join(", ")}`
    throw new CliFailure("NotFound", `${path} has no field ${JSON.stringify(field)}; ${hint}`)
  }
  return { schema: child, path: `${path}.${field}`, required: arrayAt(parent, "required").includes(field) }
}

const formatHead = (
  { group, version, kind }: Resource,
  fields: ReadonlyArray<string>,
  { document, node }: { readonly document: JsonObject; readonly node: Node },
): string => {
  const field = fields.at(-1)
  const must = node.required === true ? " -required-" : ""
  const lines = [
    ...(group === "" ? [] : [`GROUP:      ${group}`]),
    `KIND:       ${kind}`,
    `VERSION:    ${version}`,
    "",
    ...(field === undefined ? [] : [`FIELD: ${field} <${typeName(document, node.schema)}>${must}`, ""]),
    "DESCRIPTION:",
    ...wrap(describe(document, node.schema), "    "),
    "",
  ]
  return `${lines.join("\n")}\n`
}

const describe = (document: JsonObject, schema: JsonObject): string => {
  const found = resolved(document, schema)
  const notes = [
    textAt(found, "description") || textAt(inner(document, schema), "description") || "<empty>",
    ...(Array.isArray(found.enum) ? [`One of ${found.enum.map(String).join(", ")}.`] : []),
    ...(found.default === undefined || isObject(found.default)
      ? []
      : [`Default: ${JSON.stringify(found.default)}.`]),
  ]
  return notes.join(" ")
}

const typeName = (document: JsonObject, schema: JsonObject): string => {
  const found = resolved(document, schema)
  if (found["x-kubernetes-int-or-string"] === true) return "IntOrString"
  if (isObject(found.items)) return `[]${typeName(document, found.items)}`
  if (isObject(found.additionalProperties))
    return `map[string]${typeName(document, found.additionalProperties)}`
  const type = textAt(found, "type")
  return type === "" || type === "object" ? "Object" : type
}

interface FieldLayout {
  readonly recursive: boolean
  readonly indent: string
  readonly depth: number
}

/** A schema may contain itself (JSONSchemaProps does): no deeper than this. */
const maxRecursion = 12

const formatFields = (document: JsonObject, { schema }: Node, layout: FieldLayout): string => {
  const parent = inner(document, schema)
  const required = arrayAt(parent, "required")
  const fields = Object.entries(objectAt(parent, "properties"))
  if (fields.length === 0) return ""
  const { recursive, indent, depth } = layout
  const lines = fields.map(([name, child]) => {
    if (!isObject(child)) return ""
    const head = `${indent}${name}\t<${typeName(document, child)}>${required.includes(name) ? " -required-" : ""}\n`
    if (!recursive) return `${head}${wrap(describe(document, child), `${indent}  `).join("\n")}\n\n`
    const next = { recursive, indent: `${indent}  `, depth: depth + 1 }
    return depth < maxRecursion ? head + formatFields(document, { schema: child, path: name }, next) : head
  })
  return (depth === 0 ? "FIELDS:\n" : "") + lines.join("")
}

const lineWidth = 90

const wrap = (text: string, indent: string): ReadonlyArray<string> => {
  const lines = [indent]
  for (const word of text.split(/\s+/)) {
    const last = lines[lines.length - 1] ?? indent
    if (last.length + word.length + 1 > lineWidth && last !== indent) lines.push(indent + word)
    else lines[lines.length - 1] = last === indent ? last + word : `${last} ${word}`
  }
  return lines
}
