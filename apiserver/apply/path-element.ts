/**
 * Steps of a path into an object, written as FieldsV1 writes them: `f:name` a field, `k:{"name":"a"}` the item of a
 * list by its keys, `v:"x"` the member of a set, `i:0` an index. The text is canonical: equal steps, equal texts.
 * Source: structured-merge-diff, `fieldpath`.
 */
import type { Json } from "../../schemas/index.ts"
import { isArray, isObject } from "../json/index.ts"
import { canonicalText } from "../schema/index.ts"
import { KNOWN_ELEMENT_LENGTH_MAX, KNOWN_ELEMENTS_MAX } from "./limits.ts"

export type PathElement = string

export const fieldElement = (name: string): PathElement => `f:${name}`
export const keyElement = (key: { readonly [name: string]: Json }): PathElement => `k:${canonicalText(key)}`
export const valueElement = (value: Json): PathElement => `v:${canonicalText(value)}`

const parsed = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

const canonical = (text: string): PathElement | undefined => {
  const rest = text.slice(2)
  switch (text.slice(0, 2)) {
    case "k:": {
      const key = parsed(rest)
      return isObject(key) && Object.keys(key).length > 0 ? keyElement(key) : undefined
    }
    case "v:": {
      const value = parsed(rest)
      return value === undefined ? undefined : valueElement(value)
    }
    case "i:":
      return /^(?:0|[1-9]\d{0,9})$/.test(rest) ? text : undefined
    default:
      return undefined
  }
}

/** Elements read lately: the same few come back with every write of an object. */
const known = new Map<string, PathElement>()

/** The canonical step of a FieldsV1 key; undefined when it is not one. */
export const parsePathElement = (text: string): PathElement | undefined => {
  if (text.startsWith("f:")) return text
  const found = known.get(text) ?? canonical(text)
  if (found === undefined || text.length > KNOWN_ELEMENT_LENGTH_MAX) return found
  if (known.size >= KNOWN_ELEMENTS_MAX) known.clear()
  known.set(text, found)
  return found
}

const stepText = (element: PathElement): string => {
  const rest = element.slice(2)
  switch (element.charAt(0)) {
    case "f":
      return `.${rest}`
    case "i":
      return `[${rest}]`
    case "v":
      return `[=${rest}]`
    default: {
      const key = parsed(rest)
      const fields = isObject(key) && !isArray(key) ? Object.entries(key) : []
      return `[${fields.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`
    }
  }
}

/** A path for people: `.spec.containers[name="a"].image`. */
export const pathText = (path: ReadonlyArray<PathElement>): string => path.map(stepText).join("")
