/** An applied configuration as a set of fields, and whether its fields exist. */
import type { Json, JsonArray, JsonObject } from "../../schemas/index.ts"
import { isObject, own } from "../json/index.ts"
import { type FieldSet, FieldSetBuilder } from "./field-set.ts"
import { fieldElement, type PathElement, pathText } from "./path-element.ts"
import {
  allows,
  fieldShape,
  isGranularList,
  isGranularMap,
  isNamed,
  itemElement,
  itemShape,
  type Shape,
} from "./shape.ts"

class Collector {
  readonly #path: PathElement[] = []
  readonly #builder = new FieldSetBuilder()
  readonly errors: string[] = []

  get set(): FieldSet {
    return this.#builder.build()
  }

  value(value: Json, shape: Shape): void {
    if (isGranularMap(value, shape)) this.#map(value, shape)
    else if (isGranularList(value, shape)) this.#list(value, shape)
    else this.#builder.insert(this.#path)
  }

  #map(map: JsonObject, shape: Shape): void {
    for (const key of Object.keys(map)) {
      const value = own(map, key) ?? null
      this.#path.push(fieldElement(key))
      if (allows(shape, key)) {
        this.value(value, fieldShape(shape, key))
        const empty = typeof value === "object" && value !== null && Object.keys(value).length === 0
        if (empty || !isNamed(shape, key)) this.#builder.insert(this.#path)
      } else {
        this.errors.push(`${pathText(this.#path)}: field not declared in schema`)
      }
      this.#path.pop()
    }
  }

  #list(list: JsonArray, shape: Shape): void {
    const seen = new Set<PathElement>()
    for (const [index, item] of list.entries()) {
      const element = itemElement(item, shape)
      if (element === undefined) {
        this.errors.push(`${pathText(this.#path)}: element ${index}: ${missingKeys(item, shape)}`)
        continue
      }
      if (seen.has(element)) {
        const entry = pathText([element])
        this.errors.push(`${pathText(this.#path)}: duplicate entries for key ${entry}`)
        continue
      }
      seen.add(element)
      this.#path.push(element)
      this.value(item, itemShape(shape))
      this.#builder.insert(this.#path)
      this.#path.pop()
    }
  }
}

const missingKeys = (item: Json, list: Shape): string => {
  if (!isObject(item)) return "associative list with keys may not have non-map elements"
  const missing = list?.listMapKeys.find((key) => !Object.hasOwn(item, key)) ?? ""
  return `associative list with keys has an element that omits key field ${JSON.stringify(missing)} (and doesn't have default value)`
}

export interface Configuration {
  readonly set: FieldSet
  /** `.spec.x: field not declared in schema` and its like; [] when there is nothing wrong. */
  readonly errors: ReadonlyArray<string>
}

/** The fields that a configuration names. */
export const configurationOf = (applied: JsonObject, root: Shape): Configuration => {
  const collector = new Collector()
  collector.value(applied, root)
  return { set: collector.set, errors: collector.errors }
}
