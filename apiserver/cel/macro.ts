/** The macros: calls that are syntax. Source: cel-go's standard macros, its bindings, math and two-variable extensions. */
import type { Bind, Expr, Fold, FoldMacro } from "./ast.ts"
import { isInt } from "./value.ts"

export interface MacroCall {
  readonly name: string
  readonly target: Expr | undefined
  readonly args: ReadonlyArray<Expr>
  readonly at: number
}

export type MacroFailure = (at: number, message: string) => never

type Expand = (call: MacroCall, fail: MacroFailure) => Expr | undefined

const nameOf = (expr: Expr | undefined, fail: MacroFailure): string => {
  if (expr?.kind !== "ident" || expr.name.startsWith(".")) {
    return fail(expr?.at ?? 0, "argument must be a simple name")
  }
  if (expr.name === "__result__") return fail(expr.at, "iteration variable overwrites accumulator variable")
  return expr.name
}

/** A loop; the arguments are its variables, then what is asked or made. */
const fold = (macro: FoldMacro, variableCount: 1 | 2): Expand => {
  const makes = macro === "list" || macro === "map" || macro === "mapEntry"
  return ({ target, args, at }, fail) => {
    const rest = args.slice(variableCount)
    const last = rest.at(-1)
    if (target === undefined || last === undefined || rest.length > (makes ? 2 : 1)) return undefined
    const first = nameOf(args[0], fail)
    const second = variableCount === 2 ? nameOf(args[1], fail) : undefined
    if (second === first) return fail(args[1]?.at ?? at, `duplicate variable name: ${first}`)
    const shared = { kind: "fold" as const, macro, range: target, at }
    const variables: Fold["variables"] = second === undefined ? [first] : [first, second]
    return makes
      ? { ...shared, variables, predicate: rest.length === 2 ? rest[0] : undefined, transform: last }
      : { ...shared, variables, predicate: last, transform: undefined }
  }
}

const filter: Expand = ({ target, args, at }, fail) => {
  const [variable, predicate] = args
  if (target === undefined || variable === undefined || predicate === undefined || args.length !== 2)
    return undefined
  const name = nameOf(variable, fail)
  return { kind: "fold", macro: "list", range: target, variables: [name], predicate, transform: variable, at }
}

const has: Expand = ({ target, args, at }, fail) => {
  const [field] = args
  if (target !== undefined || field === undefined || args.length !== 1) return undefined
  if (field.kind !== "select" || field.optional || field.test)
    return fail(field.at, "invalid argument to has() macro")
  return { ...field, test: true, at }
}

const isNamespace = (expr: Expr | undefined, name: string): boolean =>
  expr?.kind === "ident" && expr.name === name

const bind: Expand = ({ target, args, at }, fail) => {
  const [variable, value, body] = args
  if (!isNamespace(target, "cel") || value === undefined || body === undefined || args.length !== 3)
    return undefined
  return { kind: "bind", macro: "bind", name: nameOf(variable, fail), value, body, at }
}

const optional = (macro: Bind["macro"]): Expand => {
  return ({ target, args, at }, fail) => {
    const [variable, body] = args
    if (target === undefined || body === undefined || args.length !== 2) return undefined
    return { kind: "bind", macro, name: nameOf(variable, fail), value: target, body, at }
  }
}

const isNumeric = (expr: Expr): boolean =>
  expr.kind === "literal"
    ? isInt(expr.value) || (typeof expr.value === "object" && expr.value !== null && "value" in expr.value)
    : expr.kind !== "list" && expr.kind !== "map" && expr.kind !== "struct"

/** `math.greatest(a, b, ...)`: of two straight, of more through a list. */
const extreme = (name: "greatest" | "least", overload: string): Expand => {
  const isList = (expr: Expr): boolean =>
    expr.kind === "list" && expr.items.length > 0 && expr.items.every(({ value }) => isNumeric(value))
  return ({ target, args, at }, fail) => {
    if (!isNamespace(target, "math")) return undefined
    const [first] = args
    if (first === undefined) return fail(at, `math.${name}() requires at least one argument`)
    if (args.length === 1 && !isNumeric(first) && !isList(first)) {
      return fail(first.at, `math.${name}() invalid single argument value`)
    }
    const wrong = args.length === 1 ? undefined : args.find((arg) => !isNumeric(arg))
    if (wrong !== undefined) return fail(wrong.at, `math.${name}() simple literal arguments must be numeric`)
    const list: Expr = { kind: "list", items: args.map((value) => ({ value, optional: false })), at }
    return { kind: "call", name: overload, target: undefined, args: args.length > 2 ? [list] : args, at }
  }
}

/** `list.sortBy(x, key)`: the list is named, so that it is evaluated once. */
const sortBy: Expand = ({ target, args, at }, fail) => {
  const [variable, key] = args
  if (target === undefined || key === undefined || args.length !== 2) return undefined
  const name = nameOf(variable, fail)
  const input: Expr = { kind: "ident", name: "@input", at }
  const keys: Expr = {
    kind: "fold",
    macro: "list",
    range: { ...input },
    variables: [name],
    predicate: undefined,
    transform: key,
    at,
  }
  const sorted: Expr = { kind: "call", name: "@sortByAssociatedKeys", target: input, args: [keys], at }
  return { kind: "bind", macro: "bind", name: "@input", value: target, body: sorted, at }
}

const macros: ReadonlyMap<string, ReadonlyArray<Expand>> = new Map([
  ["has", [has]],
  ["all", [fold("all", 1), fold("all", 2)]],
  ["exists", [fold("exists", 1), fold("exists", 2)]],
  ["exists_one", [fold("existsOne", 1), fold("existsOne", 2)]],
  ["existsOne", [fold("existsOne", 1), fold("existsOne", 2)]],
  ["map", [fold("list", 1)]],
  ["filter", [filter]],
  ["transformList", [fold("list", 2)]],
  ["transformMap", [fold("map", 2)]],
  ["transformMapEntry", [fold("mapEntry", 2)]],
  ["sortBy", [sortBy]],
  ["bind", [bind]],
  ["optMap", [optional("optMap")]],
  ["optFlatMap", [optional("optFlatMap")]],
  ["greatest", [extreme("greatest", "math.@max")]],
  ["least", [extreme("least", "math.@min")]],
])

/** What a call is by a macro, undefined when no macro is called so. */
export const expandMacro: Expand = (call, fail) => {
  for (const expand of macros.get(call.name) ?? []) {
    const expanded = expand(call, fail)
    if (expanded !== undefined) return expanded
  }
  return undefined
}
