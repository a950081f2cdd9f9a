/**
 * Whether a selection of an informer selects an object: to know whether a write will show there. Pure.
 * Source: apimachinery `labels.Parse` and `fields.ParseSelector`.
 */
import type { Json, JsonObject, KubeObject } from "../schemas/index.ts"

const requirement =
  /^\s*(?:(!)?\s*([^\s!=,()]+)|([^\s!=,()]+)\s*(==?|!=)\s*([^\s,()]*)|([^\s!=,()]+)\s+(in|notin)\s*\(([^)]*)\))\s*$/

/** The parts between commas that are not in parentheses. */
const partsOf = (selector: string): ReadonlyArray<string> => selector.split(/,(?![^(]*\))/)

const holds = (text: string, labels: { readonly [name: string]: string }): boolean | undefined => {
  const found = requirement.exec(text)
  if (found === null) return undefined
  const [, not, exists, name, operator, value, setName, setOperator, set = ""] = found
  const labelOf = (key: string) => (Object.hasOwn(labels, key) ? labels[key] : undefined)
  if (exists !== undefined) return (labelOf(exists) !== undefined) === (not === undefined)
  if (name !== undefined) return (labelOf(name) === value) === (operator !== "!=")
  const held = labelOf(setName ?? "")
  const values = set.split(",").map((one) => one.trim())
  return (held !== undefined && values.includes(held)) === (setOperator === "in")
}

/** Undefined where the selector cannot be read. */
export const labelSelectorMatches = (selector: string, object: KubeObject): boolean | undefined => {
  let all = true
  for (const part of partsOf(selector)) {
    const one = holds(part, object.metadata.labels ?? {})
    if (one === undefined) return undefined
    all &&= one
  }
  return all
}

const fieldAt = (object: KubeObject, path: string): Json | undefined => {
  let at: Json | undefined = object as unknown as JsonObject
  for (const name of path.split(".")) {
    if (typeof at !== "object" || at === null || Array.isArray(at)) return undefined
    const inner: JsonObject = at as JsonObject
    at = Object.hasOwn(inner, name) ? inner[name] : undefined
  }
  return at
}

/** An absent field counts as "", as it does for servers. Undefined where the selector cannot be read. */
export const fieldSelectorMatches = (selector: string, object: KubeObject): boolean | undefined => {
  let all = true
  for (const part of selector.split(",")) {
    const found = /^([^=!]+)(==?|!=)(.*)$/.exec(part.trim())
    const [, path, operator, value] = found ?? []
    if (path === undefined) return undefined
    all &&= (String(fieldAt(object, path) ?? "") === value) === (operator !== "!=")
  }
  return all
}
