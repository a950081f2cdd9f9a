/** What may be named under selectableFields. Source: apiextensions/validation, ValidateCustomResourceSelectableFields. */
import { isObject } from "../body-object.ts"
import type { FieldError, MutableJson, MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import { objectAt } from "./definition.ts"

const countMax = 8

/** Keys joined by dots: no brackets, so no lists. */
const simplePath = /^(?:\.[A-Za-z_][A-Za-z0-9_-]*)+$/

const selectableTypes: ReadonlyArray<MutableJson | undefined> = ["string", "boolean", "integer"]

/** The schema at a path; undefined where the schema declares none. */
const schemaAt = (schema: MutableObject, keys: ReadonlyArray<string>): MutableObject | undefined => {
  let node: MutableObject | undefined = schema
  for (const key of keys) {
    const properties: MutableObject = node === undefined ? {} : objectAt(node, "properties")
    const next: MutableJson | undefined = Object.hasOwn(properties, key) ? properties[key] : undefined
    node = isObject(next) ? next : undefined
  }
  return node
}

const pathProblem = (path: string, schema: MutableObject): string | undefined => {
  if (!simplePath.test(path)) return "is an invalid path: only keys joined by dots are allowed"
  const keys = path.slice(1).split(".")
  if (keys[0] === "metadata") return "must not point to fields in metadata"
  const node = schemaAt(schema, keys)
  if (node === undefined) return "is an invalid path: does not refer to a valid field"
  if (selectableTypes.includes(node.type)) return undefined
  return "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
}

/** All that is wrong with the selectable fields of one version. */
export const selectableFieldErrors = (
  version: MutableObject,
  schema: MutableObject,
  field: string,
): ReadonlyArray<FieldError> => {
  const { selectableFields } = version
  if (!Array.isArray(selectableFields)) return []
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, entry] of selectableFields.entries()) {
    const path = isObject(entry) ? stringOf(entry, "jsonPath") : ""
    const named = { field: `${field}.selectableFields[${index}].jsonPath` }
    const problem = pathProblem(path, schema)
    if (path === "") errors.push({ ...named, type: "FieldValueRequired", detail: "Required value" })
    else if (problem !== undefined) {
      const detail = `Invalid value: ${JSON.stringify(path)}: ${problem}`
      errors.push({ ...named, type: "FieldValueInvalid", detail })
    } else if (seen.has(path)) {
      const detail = `Duplicate value: ${JSON.stringify(path)}`
      errors.push({ ...named, type: "FieldValueDuplicate", detail })
    }
    seen.add(path)
  }
  if (seen.size > countMax) {
    const detail = `Too many: ${seen.size}: must have at most ${countMax} items`
    errors.push({ field: `${field}.selectableFields`, type: "FieldValueTooMany", detail })
  }
  return errors
}
