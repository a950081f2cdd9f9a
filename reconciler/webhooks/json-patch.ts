/** The JSON patch (RFC 6902) that makes one document of another. Lists are replaced whole: what a webhook returns is what it means. */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { sameJson } from "../owned-fields.ts"

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** RFC 6901. */
const pointer = (path: string, name: string): string =>
  `${path}/${name.replace(/~/g, "~0").replace(/\//g, "~1")}`

export const jsonPatch = (before: JsonObject, after: JsonObject, path = ""): ReadonlyArray<JsonObject> => {
  const operations: Array<JsonObject> = []
  for (const name of Object.keys(before)) {
    if (!Object.hasOwn(after, name) || after[name] === undefined)
      operations.push({ op: "remove", path: pointer(path, name) })
  }
  for (const [name, value] of Object.entries(after)) {
    // As JSON has it, a name without a value is not there.
    if (value === undefined) continue
    const old = Object.hasOwn(before, name) ? before[name] : undefined
    if (sameJson(old, value)) continue
    if (isObject(old) && isObject(value)) operations.push(...jsonPatch(old, value, pointer(path, name)))
    else operations.push({ op: old === undefined ? "add" : "replace", path: pointer(path, name), value })
  }
  return operations
}
