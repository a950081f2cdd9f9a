/** The kinds of JSON values as bits, so that one test tells whether a schema takes a value. */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { own } from "../json/index.ts"

export const NULL = 1
const BOOLEAN = 2
const INTEGER = 4
const FRACTION = 8
const STRING = 16
const ARRAY = 32
const OBJECT = 64
const ANY = 127

export const kindOf = (value: Json): number => {
  switch (typeof value) {
    case "string":
      return STRING
    case "number":
      return Number.isInteger(value) ? INTEGER : FRACTION
    case "boolean":
      return BOOLEAN
    default:
      if (value === null) return NULL
      return Array.isArray(value) ? ARRAY : OBJECT
  }
}

const names: ReadonlyMap<number, string> = new Map([
  [NULL, "null"],
  [BOOLEAN, "boolean"],
  [INTEGER, "integer"],
  [FRACTION, "number"],
  [STRING, "string"],
  [ARRAY, "array"],
  [OBJECT, "object"],
])

/** The name of a kind as error texts have it. */
export const kindName = (kind: number): string => names.get(kind) ?? "unknown"

const masks: ReadonlyMap<string, number> = new Map([
  ["boolean", BOOLEAN],
  ["integer", INTEGER],
  ["number", INTEGER | FRACTION],
  ["string", STRING],
  ["array", ARRAY],
  ["object", OBJECT],
])

export interface TakenKinds {
  readonly mask: number
  /** As error texts have it: `integer`, `integer or string`. */
  readonly text: string
}

/** The kinds that a schema takes, null apart. */
export const takenKinds = (schema: JsonObject): TakenKinds => {
  if (own(schema, "x-kubernetes-int-or-string") === true) {
    return { mask: INTEGER | STRING, text: "integer or string" }
  }
  const type = own(schema, "type")
  const mask = typeof type === "string" ? masks.get(type) : undefined
  return mask === undefined || typeof type !== "string" ? { mask: ANY, text: "" } : { mask, text: type }
}
