/** JSON as values of the language, wrapped as it is and read as it is asked for. */
import type { Json, JsonArray, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"
import { ArrayList } from "./collection.ts"
import type { Declaration } from "./declaration.ts"
import { spend } from "./effort.ts"
import { equals } from "./equality.ts"
import { EvaluationError } from "./evaluation-error.ts"
import { parseDuration, parseTimestamp } from "./time.ts"
import * as t from "./type.ts"
import { CelList, CelMap, Double, intOf, ObjectValue, type Value } from "./value.ts"

const untyped: Declaration = { type: t.dyn, maxElements: 0, minSize: 0 }

/** `1d` and `2w` are no durations of Go's, but of the format's. */
const inHours = (text: string): string =>
  text.replace(
    /(\d{1,9})([dw])/g,
    (_, count: string, unit: string) => `${Number(count) * (unit === "d" ? 24 : 168)}h`,
  )

const formattedText = (text: string, format: NonNullable<Declaration["format"]>): Value => {
  const invalid = (): never => {
    throw new EvaluationError(`Invalid ${format} formatted string ${text.slice(0, 100)}`)
  }
  switch (format) {
    case "byte":
      return new Uint8Array(Buffer.from(text, "base64"))
    case "duration":
      return parseDuration(inHours(text)) ?? invalid()
    case "date":
      return parseTimestamp(`${text}T00:00:00Z`) ?? invalid()
    case "date-time":
      return parseTimestamp(text) ?? invalid()
  }
}

const numberOf = (value: number, type: t.Type): Value => {
  if (type.kind === "double" || !Number.isInteger(value)) return new Double(value)
  return Number.isSafeInteger(value) ? value + 0 : intOf(BigInt(value))
}

/** A value of JSON as its declaration says; without one as it looks. */
export const valueOfJson = (json: Json, declaration: Declaration = untyped): Value => {
  if (typeof json === "string") {
    return declaration.format === undefined ? json : formattedText(json, declaration.format)
  }
  if (typeof json === "number") return numberOf(json, declaration.type)
  if (json === null || typeof json === "boolean") return json
  if (isArray(json))
    return declaration.unordered === undefined ? new JsonList(json, declaration) : listOf(json, declaration)
  if (!isObject(json)) return null
  return declaration.fields === undefined
    ? new JsonMap(json, declaration)
    : new JsonObjectValue(json, declaration)
}

const listOf = (json: JsonArray, declaration: Declaration): CelList => {
  const keys = declaration.unordered?.keys ?? []
  return new UnorderedList(json, declaration, keys)
}

class JsonList extends CelList {
  readonly #json: JsonArray
  readonly #item: Declaration | undefined

  constructor(json: JsonArray, declaration: Declaration) {
    super()
    this.#json = json
    this.#item = declaration.item
  }

  get size(): number {
    return this.#json.length
  }

  at(index: number): Value {
    return valueOfJson(this.#json[index] ?? null, this.#item)
  }
}

/** A list of type set, or of type map when it has keys. Source: KEP-2876. */
class UnorderedList extends JsonList {
  readonly #keys: ReadonlyArray<string>

  constructor(json: JsonArray, declaration: Declaration, keys: ReadonlyArray<string>) {
    super(json, declaration)
    this.#keys = keys
  }

  override get isUnordered(): boolean {
    return true
  }

  /** What tells an item from others, as text; undefined when only comparing does. */
  #identity(item: Value): string | undefined {
    if (this.#keys.length === 0) return scalarText(item)
    if (!(item instanceof ObjectValue)) return undefined
    return this.#keys.map((key) => scalarText(item.field(key) ?? null)).join("\n")
  }

  /** Finds the item that another list's item stands for. */
  #finder(): (item: Value) => number {
    const byIdentity = new Map<string, number>()
    const others: number[] = []
    spend(this.size)
    for (let index = 0; index < this.size; index++) {
      const identity = this.#identity(this.at(index))
      if (identity === undefined) others.push(index)
      else byIdentity.set(identity, index)
    }
    return (item) => {
      const identity = this.#identity(item)
      if (identity !== undefined) return byIdentity.get(identity) ?? -1
      spend(others.length)
      return others.find((index) => equals(this.at(index), item)) ?? -1
    }
  }

  override sameItems(other: CelList): boolean {
    if (other.size !== this.size) return false
    const find = this.#finder()
    const seen = new Set<number>()
    for (const item of other) {
      const index = find(item)
      if (index < 0 || !equals(this.at(index), item)) return false
      seen.add(index)
    }
    return seen.size === this.size
  }

  override union(other: CelList): CelList {
    const find = this.#finder()
    const items = [...this]
    for (const item of other) {
      const index = find(item)
      if (index < 0) items.push(item)
      else items[index] = item
    }
    return new ArrayList(items)
  }
}

const scalarText = (value: Value): string | undefined =>
  typeof value === "object" && value !== null ? undefined : `${typeof value}:${JSON.stringify(String(value))}`

class JsonMap extends CelMap {
  readonly #json: JsonObject
  #keys: ReadonlyArray<string> | undefined
  readonly #item: Declaration | undefined

  constructor(json: JsonObject, declaration: Declaration) {
    super()
    this.#json = json
    this.#item = declaration.item
  }

  get size(): number {
    return this.keys().length
  }

  get(key: Value): Value | undefined {
    const value = typeof key === "string" ? own(this.#json, key) : undefined
    return value === undefined ? undefined : valueOfJson(value, this.#item)
  }

  keys(): ReadonlyArray<Value> {
    if (this.#keys === undefined) {
      this.#keys = Object.keys(this.#json)
      spend(this.#keys.length)
    }
    return this.#keys
  }
}

class JsonObjectValue extends ObjectValue {
  readonly #json: JsonObject
  readonly #declaration: Declaration

  constructor(json: JsonObject, declaration: Declaration) {
    super()
    this.#json = json
    this.#declaration = declaration
  }

  get typeName(): string {
    return t.typeText(this.#declaration.type)
  }

  field(name: string): Value | undefined {
    const field = this.#declaration.fields?.get(name)
    const value = field && own(this.#json, field.jsonName)
    return value === undefined ? undefined : valueOfJson(value, field?.declaration)
  }

  fieldNames(): ReadonlyArray<string> {
    const names: string[] = []
    for (const [name, { jsonName }] of this.#declaration.fields ?? []) {
      if (Object.hasOwn(this.#json, jsonName)) names.push(name)
    }
    return names
  }
}
