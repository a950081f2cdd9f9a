/** What an expression may name: functions, variables, types. */
import type { Type } from "./type.ts"
import type { Value } from "./value.ts"

export type Call = (...args: Value[]) => Value

/** One way to call a function. */
export interface Overload {
  /** As cel-go names it; costs are by it. */
  readonly id: string
  /** Called as `target.name(...)`, the target being the first parameter. */
  readonly member: boolean
  readonly params: ReadonlyArray<Type>
  readonly result: Type
  /** Called only with values that fit the parameters. */
  readonly call: Call
  /** Makes the `call` of one place in an expression, which may remember; it is told which arguments are constant. */
  readonly bind?: (constants: ReadonlyArray<Value | undefined>) => Call
}

export type Functions = { readonly [name: string]: ReadonlyArray<Overload> }

export interface Environment {
  readonly functions: ReadonlyMap<string, ReadonlyArray<Overload>>
  /** Variables by name; a name may have dots. */
  readonly variables: ReadonlyMap<string, Type>
  /** Names are looked up in it and in what it is in, innermost first. */
  readonly container: string
  /** Whether the items of a list literal, and the entries of a map's, may differ in type. */
  readonly mixedLiterals: boolean
}

export const overload = (
  id: string,
  [result, ...params]: readonly [Type, ...Type[]],
  call: Call,
): Overload => ({ id, member: false, params, result, call })

export const member = (
  id: string,
  [result, ...params]: readonly [Type, ...Type[]],
  call: Call,
): Overload => ({ id, member: true, params, result, call })

/** The functions of several libraries; overloads of one name come together. */
export const functionsOf = (
  libraries: ReadonlyArray<Functions>,
): ReadonlyMap<string, ReadonlyArray<Overload>> => {
  const all = new Map<string, ReadonlyArray<Overload>>()
  for (const library of libraries) {
    for (const [name, overloads] of Object.entries(library)) {
      all.set(name, [...(all.get(name) ?? []), ...overloads])
    }
  }
  return all
}

/** The names that a name may stand for in a container, first choice first. */
export const candidateNames = (container: string, name: string): ReadonlyArray<string> => {
  if (name.startsWith(".")) return [name.slice(1)]
  const candidates: string[] = []
  for (
    let prefix = container;
    prefix !== "";
    prefix = prefix.slice(0, Math.max(0, prefix.lastIndexOf(".")))
  ) {
    candidates.push(`${prefix}.${name}`)
  }
  return [...candidates, name]
}
