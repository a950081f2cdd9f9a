/** Defaults must be values that the schema itself accepts: valid, and with nothing to prune. */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { clone, isObject, own } from "../json/index.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { applyDefaults } from "./defaulting.ts"
import { forbidden, invalid } from "./field-error.ts"
import { FIELD_ERRORS_MAX } from "./limits.ts"
import { schemaNode } from "./node.ts"
import { pruneUnder } from "./pruning.ts"
import { ErrorCollector, Validator } from "./validator.ts"

/** A default is pruned and defaulted as the only field of an object: those walks take objects. */
const HOLDER = "default"

/** A default somewhere in a schema. */
export interface Default {
  /** The schema of the value, without its default. */
  readonly schema: JsonObject
  readonly value: Json
  /** Below the root: `.properties[spec].properties[x]` */
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

/** Every default of a schema, in its order. */
export const defaultsOf = (schema: JsonObject): ReadonlyArray<Default> => {
  const found: Default[] = []
  collect(schema, { path: "", inMetadata: false }, found)
  return found
}

/** A default with the defaults of its own fields filled in. */
export const filledDefault = ({ schema, value }: Default): Json => {
  const holder: MutableObject = { [HOLDER]: clone(value) }
  applyDefaults(holder, schemaNode({ type: "object", properties: { [HOLDER]: schema } }))
  return holder[HOLDER] ?? null
}

const valueErrors = ({ schema, value, path }: Default, root: string): ReadonlyArray<FieldError> => {
  const place = `${root}${path}.default`
  const node = schemaNode(schema)
  const holder: MutableObject = { [HOLDER]: clone(value) }
  const holderNode = schemaNode({ type: "object", properties: { [HOLDER]: schema } })
  const pruned = pruneUnder(holder, holderNode).map((field) =>
    invalid(`${place}${field.slice(HOLDER.length)}`, null, "must not have unknown fields"),
  )
  applyDefaults(holder, holderNode)
  const collector = new ErrorCollector(FIELD_ERRORS_MAX)
  new Validator(schema, { node }).check(holder[HOLDER] ?? null, undefined, collector)
  const invalids = collector.errors.map((error) => ({
    ...error,
    field: error.field.startsWith("[")
      ? `${place}${error.field}`
      : [place, error.field].filter(Boolean).join("."),
  }))
  return [...pruned, ...invalids]
}

/** Errors in the defaults of a schema that is structural otherwise. */
export const defaultErrors = (schema: JsonObject, path: string): ReadonlyArray<FieldError> => {
  if (own(schema, "default") !== undefined)
    return [forbidden(`${path}.default`, "must not be set at the root")]
  const defaults = defaultsOf(schema)
  const inMetadata = defaults.filter((each) => each.inMetadata)
  return [
    ...inMetadata.map((each) => forbidden(`${path}${each.path}.default`, "must not be set in metadata")),
    ...defaults.filter((each) => !each.inMetadata).flatMap((each) => valueErrors(each, path)),
  ]
}
