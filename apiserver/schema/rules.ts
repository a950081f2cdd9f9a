/** Where a schema carries x-kubernetes-validations (CEL rules). */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"

const collect = (schema: Json | undefined, path: string, found: string[]): void => {
  if (!isObject(schema)) return
  const rules = own(schema, "x-kubernetes-validations")
  if (isArray(rules) && rules.length > 0) found.push(path === "" ? "the root" : path)
  const properties = own(schema, "properties")
  if (isObject(properties)) {
    for (const [name, property] of Object.entries(properties)) {
      collect(property, path === "" ? name : `${path}.${name}`, found)
    }
  }
  collect(own(schema, "items"), `${path}[*]`, found)
  collect(own(schema, "additionalProperties"), `${path}.*`, found)
}

/** The paths, in the schema's order; its depth is bounded by whoever compiled it. */
export const ruleLocations = (schema: JsonObject): ReadonlyArray<string> => {
  const found: string[] = []
  collect(schema, "", found)
  return found
}
