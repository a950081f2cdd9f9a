/** The static types. Start with {@link Type}; they print as cel-go's errors have them. */

export type PrimitiveKind =
  | "dyn"
  | "error"
  | "null"
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "duration"
  | "timestamp"

export type Type =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: "list"; readonly item: Type }
  | { readonly kind: "map"; readonly key: Type; readonly value: Type }
  | { readonly kind: "object"; readonly name: string; readonly fields: ReadonlyMap<string, Type> }
  | { readonly kind: "optional"; readonly item: Type }
  | { readonly kind: "type"; readonly of: Type }
  | { readonly kind: "opaque"; readonly name: string; readonly parameters: ReadonlyArray<Type> }
  | { readonly kind: "wrapper"; readonly of: Type }
  | { readonly kind: "parameter"; readonly name: string }

const primitive = (kind: PrimitiveKind): Type => ({ kind })

export const dyn = primitive("dyn")
export const error = primitive("error")
export const nullType = primitive("null")
export const bool = primitive("bool")
export const int = primitive("int")
export const uint = primitive("uint")
export const double = primitive("double")
export const string = primitive("string")
export const bytes = primitive("bytes")
export const duration = primitive("duration")
export const timestamp = primitive("timestamp")

export const listOf = (item: Type): Type => ({ kind: "list", item })
export const mapOf = (key: Type, value: Type): Type => ({ kind: "map", key, value })
export const optionalOf = (item: Type): Type => ({ kind: "optional", item })
export const typeOf = (of: Type): Type => ({ kind: "type", of })
export const parameter = (name: string): Type => ({ kind: "parameter", name })
export const opaque = (name: string, parameters: ReadonlyArray<Type> = []): Type => ({
  kind: "opaque",
  name,
  parameters,
})
export const objectOf = (name: string, fields: ReadonlyMap<string, Type>): Type => ({
  kind: "object",
  name,
  fields,
})

export const isDyn = (type: Type): boolean => type.kind === "dyn" || type.kind === "error"

/** Whether two types are the same; type parameters are by name. */
export const sameType = (a: Type, b: Type): boolean => a === b || typeText(a) === typeText(b)

const wellKnown: { readonly [kind: string]: string } = {
  null: "null",
  error: "!error!",
}

export const typeText = (type: Type): string => {
  switch (type.kind) {
    case "list":
      return `list(${typeText(type.item)})`
    case "map":
      return `map(${typeText(type.key)}, ${typeText(type.value)})`
    case "optional":
      return `optional_type(${typeText(type.item)})`
    case "wrapper":
      return `wrapper(${typeText(type.of)})`
    case "type":
      return type.of.kind === "dyn" ? "type" : `type(${typeText(type.of)})`
    case "opaque":
      return type.parameters.length === 0
        ? type.name
        : `${type.name}(${type.parameters.map(typeText).join(", ")})`
    case "object":
    case "parameter":
      return type.name
    default:
      return wellKnown[type.kind] ?? type.kind
  }
}

/** The name that a type has as a value. */
export const typeValueName = (type: Type): string => {
  switch (type.kind) {
    case "null":
      return "null_type"
    case "timestamp":
      return "google.protobuf.Timestamp"
    case "duration":
      return "google.protobuf.Duration"
    case "optional":
      return "optional_type"
    case "object":
    case "opaque":
    case "parameter":
      return type.name
    default:
      return type.kind
  }
}
