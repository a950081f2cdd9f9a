/** The types of values as they run. */
import { type Type, typeText, typeValueName } from "./type.ts"
import {
  CelList,
  CelMap,
  Double,
  Duration,
  isInt,
  ObjectValue,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from "./value.ts"

/** The name of a value's type, as `type(value)` has it. */
export const typeNameOf = (value: Value): string => {
  if (value === null) return "null_type"
  if (typeof value === "boolean") return "bool"
  if (typeof value === "string") return "string"
  if (isInt(value)) return "int"
  if (value instanceof Double) return "double"
  if (value instanceof Uint) return "uint"
  if (value instanceof Uint8Array) return "bytes"
  if (value instanceof CelList) return "list"
  if (value instanceof CelMap) return "map"
  if (value instanceof Timestamp) return "google.protobuf.Timestamp"
  if (value instanceof Duration) return "google.protobuf.Duration"
  if (value instanceof TypeValue) return "type"
  if (value instanceof Optional) return "optional_type"
  return value.typeName
}

/** Whether a value is of a type; what is in lists and maps is not looked at. */
export const isOfType = (value: Value, type: Type): boolean => {
  switch (type.kind) {
    case "dyn":
    case "error":
    case "parameter":
      return true
    case "wrapper":
      return value === null || isOfType(value, type.of)
    case "object":
      return value instanceof ObjectValue && value.typeName === typeText(type)
    case "opaque":
      return value instanceof Opaque && value.typeName === type.name
    default:
      return typeNameOf(value) === typeValueName(type)
  }
}
