/** The fieldPath of a rule: `.spec.replicas`, `.labels['a.b']`. Source: apiextensions `schema/cel/validation.go`. */
import type { JsonObject } from "../../schemas/index.ts"
import { isObject, own } from "../json/index.ts"

const step = /\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]/y

const escapes: ReadonlyMap<string, string> = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["'", "'"],
  ["\\", "\\"],
])

/** Undefined when an escape is none. */
const unescaped = (text: string): string | undefined => {
  let isValid = true
  const plain = text.replace(/\\(.)/g, (_, letter: string) => {
    const char = escapes.get(letter)
    if (char === undefined) isValid = false
    return char ?? ""
  })
  return isValid ? plain : undefined
}

/** The path as field errors have it, relative to where the rule is; undefined when it leads to no field. */
export const relativeFieldPath = (path: string, schema: JsonObject): string | undefined => {
  let node = schema
  let text = ""
  for (let at = 0; at < path.length || text === ""; at = step.lastIndex) {
    step.lastIndex = at
    const match = step.exec(path)
    const name = match === null ? undefined : (match[1] ?? unescaped(match[2] ?? ""))
    if (name === undefined) return undefined
    const properties = own(node, "properties")
    const additional = own(node, "additionalProperties")
    const next = isObject(properties) ? own(properties, name) : additional
    if (!isObject(next)) return undefined
    text += isObject(properties) ? `${text === "" ? "" : "."}${name}` : `[${name}]`
    node = next
  }
  return text
}
