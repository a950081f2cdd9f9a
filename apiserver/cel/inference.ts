/**
 * Which types fit where, and what that says of type parameters.
 * Source: cel-go's checker. Start with {@link Inference}.
 */
import {
  dyn,
  isDyn,
  listOf,
  mapOf,
  opaque,
  optionalOf,
  parameter,
  sameType,
  type Type,
  typeOf,
} from "./type.ts"

/** The types within a type. */
const partsOf = (type: Type): ReadonlyArray<Type> => {
  switch (type.kind) {
    case "list":
    case "optional":
      return [type.item]
    case "map":
      return [type.key, type.value]
    case "type":
      return [type.of]
    case "opaque":
      return type.parameters
    default:
      return []
  }
}

const mapParts = (type: Type, change: (part: Type) => Type): Type => {
  switch (type.kind) {
    case "list":
      return listOf(change(type.item))
    case "optional":
      return optionalOf(change(type.item))
    case "map":
      return mapOf(change(type.key), change(type.value))
    case "type":
      return typeOf(change(type.of))
    case "opaque":
      return type.parameters.length === 0 ? type : opaque(type.name, type.parameters.map(change))
    default:
      return type
  }
}

const everyPair = (
  a: ReadonlyArray<Type>,
  b: ReadonlyArray<Type>,
  holds: (left: Type, right: Type) => boolean,
): boolean => a.length === b.length && a.every((left, index) => holds(left, b[index] ?? dyn))

const isGeneral = (type: Type): boolean => type.kind === "dyn" || type.kind === "parameter"

/** Whether `a` says no more than `b`. */
const isNoMoreSpecific = (a: Type, b: Type): boolean => {
  if (isGeneral(a)) return true
  if (isGeneral(b) || a.kind !== b.kind) return false
  if (a.kind === "type") return true
  if (a.kind === "opaque" && b.kind === "opaque" && a.name !== b.name) return false
  const parts = partsOf(a)
  return parts.length === 0 ? sameType(a, b) : everyPair(parts, partsOf(b), isNoMoreSpecific)
}

/** The one of two types that fit which says less; null says nothing of what it stands in for. */
export const mostGeneral = (a: Type, b: Type): Type => (b.kind === "null" || isNoMoreSpecific(a, b) ? a : b)

const takesNull = (type: Type): boolean =>
  ["null", "object", "opaque", "optional", "duration", "timestamp", "wrapper"].includes(type.kind)

/** What is known of the type parameters of one expression. */
export class Inference {
  readonly #bound = new Map<string, Type>()
  /** What was bound before each change of a trial, to take it back. */
  readonly #trail: (readonly [string, Type | undefined])[] = []
  #fresh = 0

  /** A new type parameter. */
  variable(): Type {
    return parameter(`_var${this.#fresh++}`)
  }

  /** A signature with new parameters in place of its own. */
  instantiate(types: ReadonlyArray<Type>): ReadonlyArray<Type> {
    const fresh = new Map<string, Type>()
    const renew = (type: Type): Type => {
      if (type.kind !== "parameter") return mapParts(type, renew)
      const known = fresh.get(type.name) ?? this.variable()
      fresh.set(type.name, known)
      return known
    }
    return types.map(renew)
  }

  /** A type with what is known of its parameters; those unknown stay, or become dyn. */
  resolve(type: Type, unknownToDyn = false): Type {
    if (type.kind !== "parameter") {
      return partsOf(type).length === 0 ? type : mapParts(type, (part) => this.resolve(part, unknownToDyn))
    }
    const bound = this.#bound.get(type.name)
    if (bound !== undefined) return this.resolve(bound, unknownToDyn)
    return unknownToDyn ? dyn : type
  }

  /** Whether two types can be the same, null and dyn being taken; if so, keeps what that says of parameters. */
  unifies(a: Type, b: Type): boolean {
    return this.unifiesAll([a], [b])
  }

  unifiesAll(a: ReadonlyArray<Type>, b: ReadonlyArray<Type>): boolean {
    const holds = everyPair(a, b, (left, right) => this.#assignable(left, right))
    while (this.#trail.length > 0) {
      const [name, before] = this.#trail.pop() ?? ["", undefined]
      if (holds) continue
      if (before === undefined) this.#bound.delete(name)
      else this.#bound.set(name, before)
    }
    return holds
  }

  #set(name: string, type: Type): void {
    this.#trail.push([name, this.#bound.get(name)])
    this.#bound.set(name, type)
  }

  #assignable(a: Type, b: Type): boolean {
    if (b.kind === "parameter") {
      const { valid, known } = this.#bind(b, a)
      if (valid || known) return valid
    }
    if (a.kind === "parameter") return this.#bind(a, b).valid
    if (isDyn(a) || isDyn(b)) return true
    if (a.kind === "null") return takesNull(b)
    if (b.kind === "null") return takesNull(a)
    if (a.kind === "wrapper") return this.#assignable(a.of, b.kind === "wrapper" ? b.of : b)
    if (b.kind === "wrapper") return this.#assignable(a, b.of)
    if (a.kind !== b.kind) return false
    if (a.kind === "type") return true
    if (a.kind === "object" || b.kind === "object") return sameType(a, b)
    if (a.kind === "opaque" && b.kind === "opaque" && a.name !== b.name) return false
    return everyPair(partsOf(a), partsOf(b), (left, right) => this.#assignable(left, right))
  }

  #bind(
    variable: Type & { readonly kind: "parameter" },
    type: Type,
  ): { readonly valid: boolean; readonly known: boolean } {
    if (type.kind === "parameter" && type.name === variable.name) return { valid: true, known: true }
    const known = this.#bound.get(variable.name)
    if (known === undefined) {
      const valid = !this.#mentions(type, variable.name)
      if (valid) this.#set(variable.name, type)
      return { valid, known: false }
    }
    if (sameType(known, type)) return { valid: true, known: true }
    if (!this.#assignable(type, known)) return { valid: false, known: true }
    const general = mostGeneral(type, known)
    if (!this.#mentions(general, variable.name)) this.#set(variable.name, general)
    return { valid: true, known: true }
  }

  #mentions(type: Type, name: string): boolean {
    if (type.kind !== "parameter") return partsOf(type).some((part) => this.#mentions(part, name))
    if (type.name === name) return true
    const known = this.#bound.get(type.name)
    return known !== undefined && this.#mentions(known, name)
  }
}
