/** Defaults must be values that the schema itself accepts: valid, and with nothing to prune. */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { clone, isObject, own } from "../json/index.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { locatedErrors } from "./ajv-errors.ts"
import { ajvValidator } from "./ajv-validator.ts"
import { applyDefaults } from "./defaulting.ts"
import { extensionErrors } from "./extensions.ts"
import { forbidden, invalid } from "./field-error.ts"
import { fieldPathText } from "./field-path.ts"
import { schemaNode } from "./node.ts"
import { pruneUnder } from "./pruning.ts"

interface Default {
  readonly schema: JsonObject
  readonly value: Json
  readonly path: string
  readonly inMetadata: boolean
}

const collect = (
  schema: Json | undefined,
  place: { path: string; inMetadata: boolean },
  found: Default[],
): void => {
  if (!isObject(schema)) return
  const { path, inMetadata } = place
  const { default: value, ...bare } = schema
  if (value !== undefined) found.push({ schema: bare, value, path, inMetadata })
  const properties = own(schema, "properties")
  if (isObject(properties)) {
    const resource = path === "" || own(schema, "x-kubernetes-embedded-resource") === true
    for (const [name, property] of Object.entries(properties)) {
      const metadata = resource && name === "metadata"
      collect(property, { path: `${path}.properties[${name}]`, inMetadata: inMetadata || metadata }, found)
    }
  }
  collect(own(schema, "items"), { path: `${path}.items`, inMetadata }, found)
  collect(own(schema, "additionalProperties"), { path: `${path}.additionalProperties`, inMetadata }, found)
}

/** All defaults tried at once, as the fields of one object: one compilation, however many there are. */
const valueErrors = (defaults: ReadonlyArray<Default>, root: string): ReadonlyArray<FieldError> => {
  const properties: MutableObject = {}
  const object: MutableObject = {}
  for (const [index, { schema, value }] of defaults.entries()) {
    properties[`default${index}`] = clone(schema)
    object[`default${index}`] = clone(value)
  }
  const schema: JsonObject = { type: "object", properties }
  const node = schemaNode(schema)
  const pathOf = (field: string | number | undefined): string =>
    `${root}${defaults[Number(String(field).slice("default".length))]?.path ?? ""}.default`
  const pruned = pruneUnder(object, node).map((field) => {
    const [first = "", ...rest] = field.split(".")
    return invalid(
      [pathOf(first.replace(/\[.*/, "")), ...rest].join("."),
      null,
      "must not have unknown fields",
    )
  })
  applyDefaults(object, node)
  const found = [
    ...locatedErrors(object, ajvValidator(schema)(object).errors),
    ...extensionErrors(object, node),
  ]
  const invalids = found.map(({ path, error }) => {
    const field = [pathOf(path[0]), fieldPathText(path.slice(1))].filter((part) => part !== "").join(".")
    return { ...error, field }
  })
  return [...pruned, ...invalids]
}

/** Errors in the defaults of a schema that is structural otherwise. */
export const defaultErrors = (schema: JsonObject, path: string): ReadonlyArray<FieldError> => {
  if (own(schema, "default") !== undefined)
    return [forbidden(`${path}.default`, "must not be set at the root")]
  const defaults: Default[] = []
  collect(schema, { path: "", inMetadata: false }, defaults)
  if (defaults.length === 0) return []
  const inMetadata = defaults.filter((each) => each.inMetadata)
  return [
    ...inMetadata.map((each) => forbidden(`${path}${each.path}.default`, "must not be set in metadata")),
    ...valueErrors(
      defaults.filter((each) => !each.inMetadata),
      path,
    ),
  ]
}
