/** The types that expressions may name as values. */

import {
  bool,
  bytes,
  double,
  duration,
  dyn,
  int,
  listOf,
  mapOf,
  nullType,
  optionalOf,
  string,
  type Type,
  timestamp,
  typeOf,
  uint,
} from "./type.ts"
import { Double, isInt, TypeValue, Uint } from "./value.ts"

export const namedTypes: ReadonlyMap<string, Type> = new Map<string, Type>([
  ["bool", bool],
  ["bytes", bytes],
  ["double", double],
  ["int", int],
  ["uint", uint],
  ["string", string],
  ["null_type", nullType],
  ["list", listOf(dyn)],
  ["map", mapOf(dyn, dyn)],
  ["type", { kind: "type", of: dyn }],
  ["optional_type", optionalOf(dyn)],
  ["google.protobuf.Timestamp", timestamp],
  ["google.protobuf.Duration", duration],
])

export const typeNamed = (name: string): TypeValue => new TypeValue(name)

/** The type of a literal. */
export const literalType = (value: unknown): Type => {
  if (value === null) return nullType
  if (typeof value === "boolean") return bool
  if (typeof value === "string") return string
  if (isInt(value)) return int
  if (value instanceof Double) return double
  if (value instanceof Uint) return uint
  return value instanceof TypeValue ? typeOf(dyn) : bytes
}
