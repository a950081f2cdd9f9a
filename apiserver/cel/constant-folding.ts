/** What an expression makes of literals alone, made once and free of charge. Source: cel-go's planner, optimized. */
import type { Call, Expr } from "./ast.ts"
import { ArrayList, EntryMap } from "./collection.ts"
import { EvaluationError } from "./evaluation-error.ts"
import { keyOf, type MapKey } from "./map-key.ts"
import type { Reference } from "./reference.ts"
import { CelList, Double, type Value } from "./value.ts"

const conversionNames = new Set(["bool", "bytes", "double", "duration", "int", "string", "timestamp", "uint"])

type ReferenceOf = (expr: Expr) => Reference | undefined

const every = <A>(values: ReadonlyArray<A | undefined>): ReadonlyArray<A> | undefined => {
  const found = values.filter((value) => value !== undefined)
  return found.length === values.length ? found : undefined
}

/** A conversion of a literal; one that fails is left to fail as it runs. */
const converted = (expr: Call, referenceOf: ReferenceOf): Value | undefined => {
  const reference = referenceOf(expr)
  const [arg, ...rest] = expr.args
  if (reference?.kind !== "call" || !conversionNames.has(reference.name)) return undefined
  const [overload] = reference.overloads
  if (reference.overloads.length !== 1 || overload === undefined || rest.length > 0) return undefined
  if (reference.hasTarget || arg?.kind !== "literal") return undefined
  try {
    return overload.call(arg.value)
  } catch (error) {
    if (error instanceof EvaluationError) return undefined
    throw error
  }
}

/** The value of an expression that is constant, undefined of any other. */
export const constantOf = (expr: Expr, referenceOf: ReferenceOf): Value | undefined => {
  switch (expr.kind) {
    case "literal":
      return expr.value
    case "list": {
      if (expr.items.some(({ optional }) => optional)) return undefined
      const items = every(expr.items.map(({ value }) => constantOf(value, referenceOf)))
      return items && new ArrayList(items)
    }
    case "map": {
      if (expr.entries.some(({ optional }) => optional)) return undefined
      const entries = every(
        expr.entries.map(({ key, value }) =>
          every([constantOf(key, referenceOf), constantOf(value, referenceOf)]),
        ),
      )
      const keys = new Set(
        entries?.map(([key]) => (key === undefined || key instanceof Double ? undefined : keyOf(key))),
      )
      if (entries === undefined || keys.has(undefined) || keys.size < entries.length) return undefined
      return new EntryMap(entries.map(([key = null, value = null]) => [key, value]))
    }
    case "call":
      return converted(expr, referenceOf)
    default:
      return undefined
  }
}

/** The items of a constant list of scalars, to look values up in; undefined when there are others. */
export const constantSet = (list: Value | undefined): ReadonlySet<MapKey> | undefined => {
  if (!(list instanceof CelList)) return undefined
  const keys = new Set<MapKey>()
  for (const item of list) {
    const key = keyOf(item)
    if (key === undefined) return undefined
    keys.add(key)
  }
  return keys
}
