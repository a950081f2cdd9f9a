/** Whether a kind has the fields that a path names. Start with {@link checkKnownFields}. */
import type { JsonObject } from "../../schemas/index.ts"
import { isObject, own } from "../json/index.ts"
import { objectMetaSchema } from "../schema/index.ts"
import { type FieldPath, type FieldStep, fieldsRefusal } from "./field-path.ts"

/** What is known of a value: its schema, or `open` where any may be. */
type Known = JsonObject | "open"

/** What an object has whether its schema says so or not. */
const resourceParts: { readonly [name: string]: JsonObject } = {
  apiVersion: { type: "string" },
  kind: { type: "string" },
  metadata: objectMetaSchema,
}

/** "" where the schema names none, and any will do. */
const typeOf = (schema: JsonObject): string => {
  const type = own(schema, "type")
  if (typeof type === "string") return type
  return own(schema, "x-kubernetes-int-or-string") === true ? "number or string" : ""
}

/** The values of a map; undefined where an object has declared fields only. */
const valuesOf = (schema: JsonObject): Known | undefined => {
  const additional = own(schema, "additionalProperties")
  if (isObject(additional)) return additional
  const isOpen =
    additional === true ||
    own(schema, "x-kubernetes-preserve-unknown-fields") === true ||
    typeOf(schema) === ""
  return isOpen ? "open" : undefined
}

interface Place {
  readonly schema: JsonObject
  /** The path that leads here; "" at the root. */
  readonly path: string
  readonly isResource: boolean
}

const declaredUnder = ({ schema, isResource }: Place, name: string): JsonObject | undefined => {
  if (isResource && Object.hasOwn(resourceParts, name)) return resourceParts[name]
  const properties = own(schema, "properties")
  const declared = isObject(properties) ? own(properties, name) : undefined
  return isObject(declared) ? declared : undefined
}

const problemOf = ({ schema, path }: Place, step: FieldStep): string => {
  const type = typeOf(schema)
  if (type !== "array" && type !== "object") return `${path} is a ${type} and has no parts`
  if (step.kind === "each") return `${path} is neither a list nor a map: expected a name`
  if (type === "array") return `${path} is a list: expected [*]`
  return `there is no field ${JSON.stringify(step.name)}${path === "" ? "" : ` in ${path}`}`
}

const under = (place: Place, step: FieldStep): Known => {
  const { schema } = place
  let known: Known | undefined
  if (step.kind === "each" && typeOf(schema) === "array") {
    const items = own(schema, "items")
    known = isObject(items) ? items : "open"
  } else {
    const declared = step.kind === "name" ? declaredUnder(place, step.name) : undefined
    known = declared ?? valuesOf(schema)
  }
  if (known === undefined || (typeOf(schema) === "array" && step.kind === "name"))
    throw fieldsRefusal(problemOf(place, step), step.at)
  return known
}

/**
 * Refuses paths of fields that a kind does not have. `text` is what the paths were parsed from, `root` the
 * `openAPIV3Schema` of a version. Fails with `BadRequest`.
 */
export const checkKnownFields = (text: string, paths: ReadonlyArray<FieldPath>, root: JsonObject): void => {
  for (const { at, steps } of paths) {
    let known: Known = root
    for (const [index, step] of steps.entries()) {
      const isResource = index === 0 || own(known, "x-kubernetes-embedded-resource") === true
      const path = text.slice(at, step.at).replace(/\.$/, "")
      known = under({ schema: known, path, isResource }, step)
      if (known === "open") break
    }
  }
}
