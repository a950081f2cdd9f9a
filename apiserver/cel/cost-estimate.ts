/**
 * The least and the most that an expression may cost, from the bounds that a schema sets.
 * Source: cel-go `checker/cost.go`. Start with {@link estimateCost}.
 */
import type { Bind, Call, Expr, Fold } from "./ast.ts"
import { type CallSizes, estimateCall } from "./call-estimate.ts"
import type { Checked } from "./checker.ts"
import { lengthOf } from "./code-points.ts"
import { IDENT_COST, LIST_COST, MAP_COST, SELECT_COST } from "./cost.ts"
import type { Declaration } from "./declaration.ts"
import { anything, either, exactly, nothing, plus, type Span, times, total } from "./span.ts"
import type { Type } from "./type.ts"

/** What is known of a value besides its type. */
interface Known {
  readonly size: Span | undefined
  /** Of the keys and the values of what it holds. */
  readonly keys?: Span | undefined
  readonly values?: Span | undefined
  readonly declaration?: Declaration | undefined
}

interface Local extends Known {
  readonly name: string
}

const scalars = ["bool", "double", "duration", "int", "timestamp", "uint"]

const sizeOfType = (type: Type): Span | undefined => {
  if (type.kind === "optional") return sizeOfType(type.item)
  return scalars.includes(type.kind) ? exactly(1) : undefined
}

const sizeOfLiteral = (value: unknown): number => {
  if (typeof value === "string") return lengthOf(value)
  return value instanceof Uint8Array ? value.length : 1
}

const sizeOfDeclaration = (declaration: Declaration | undefined): Span | undefined =>
  declaration && { min: 0, max: declaration.maxElements }

const unknown: Known = { size: undefined }

class Estimator {
  readonly #checked: Checked
  readonly #variables: ReadonlyMap<string, Declaration>
  readonly #known = new Map<Expr, Known>()
  readonly #locals: Local[] = []

  constructor(checked: Checked, variables: ReadonlyMap<string, Declaration>) {
    this.#checked = checked
    this.#variables = variables
  }

  cost(expr: Expr): Span {
    switch (expr.kind) {
      case "literal":
        this.#known.set(expr, { size: exactly(sizeOfLiteral(expr.value)) })
        return nothing
      case "ident":
        return this.#named(expr) ?? exactly(IDENT_COST)
      case "select":
        return this.#named(expr) ?? this.#select(expr)
      case "call":
        return this.#call(expr)
      case "list": {
        const costs = expr.items.map(({ value }) => this.cost(value))
        const values = expr.items.map(({ value }) => this.#size(value))
        this.#known.set(expr, {
          size: exactly(values.length),
          values: values.reduce(either, values[0] ?? nothing),
        })
        return plus(exactly(LIST_COST), total(costs))
      }
      case "map": {
        const costs = expr.entries.flatMap(({ key, value }) => [this.cost(key), this.cost(value)])
        const keys = expr.entries.map(({ key }) => this.#size(key))
        const values = expr.entries.map(({ value }) => this.#size(value))
        const span = (spans: ReadonlyArray<Span>): Span => spans.reduce(either, spans[0] ?? nothing)
        this.#known.set(expr, { size: exactly(keys.length), keys: span(keys), values: span(values) })
        return plus(exactly(MAP_COST), total(costs))
      }
      case "struct":
        return nothing
      case "fold":
        return this.#fold(expr)
      case "bind":
        return this.#bind(expr)
    }
  }

  #knownOf(expr: Expr): Known {
    return this.#known.get(expr) ?? unknown
  }

  /** The size of a part whose cost has been estimated. */
  #size(expr: Expr): Span {
    const { size, declaration } = this.#knownOf(expr)
    return size ?? sizeOfDeclaration(declaration) ?? sizeOfType(this.#checked.typeOf(expr)) ?? anything
  }

  /** A name of a variable, or of what a loop or binding names. */
  #named(expr: Expr): Span | undefined {
    const reference = this.#checked.references.get(expr)
    if (reference?.kind === "type") return exactly(IDENT_COST)
    if (reference?.kind === "local") {
      const local = this.#locals.findLast(({ name }) => name === reference.name)
      if (local !== undefined) this.#known.set(expr, local)
      return exactly(IDENT_COST)
    }
    if (reference?.kind !== "variable") return undefined
    this.#known.set(expr, { size: undefined, declaration: this.#variables.get(reference.name) })
    return exactly(IDENT_COST)
  }

  #select(expr: Expr & { readonly kind: "select" }): Span {
    const operand = this.cost(expr.operand)
    if (expr.test) return operand
    const { declaration } = this.#knownOf(expr.operand)
    const field = declaration?.fields?.get(expr.field)?.declaration ?? declaration?.item
    this.#known.set(expr, { size: undefined, declaration: field })
    const { kind } = this.#checked.typeOf(expr.operand)
    const isCharged = expr.optional || kind === "map" || kind === "object" || kind === "dyn"
    return isCharged ? plus(operand, exactly(SELECT_COST)) : operand
  }

  #call(expr: Call): Span {
    const reference = this.#checked.references.get(expr)
    if (reference?.kind !== "call") return nothing
    const { name, args, overloads } = reference
    const costs = args.map((arg) => this.cost(arg))
    const [first, second, third] = args
    if (name === "_&&_" || name === "_||_") return { min: costs[0]?.min ?? 0, max: total(costs).max }
    if (name === "_?_:_" && second !== undefined && third !== undefined) {
      const [condition = nothing, truthy = nothing, falsy = nothing] = costs
      const [left, right] = [this.#knownOf(second), this.#knownOf(third)]
      const values = left.values && right.values && either(left.values, right.values)
      this.#known.set(expr, { size: either(this.#size(second), this.#size(third)), values })
      return plus(condition, either(truthy, falsy))
    }
    if (name === "dyn" && first !== undefined) {
      this.#known.set(expr, this.#knownOf(first))
      return plus(total(costs), exactly(1))
    }
    const { cost, size } = estimateCall(
      name,
      overloads.map(({ id }) => id),
      this.#callSizes(args),
    )
    this.#known.set(expr, this.#result(name, args, size))
    return plus(total(costs), cost)
  }

  #callSizes(args: ReadonlyArray<Expr>): CallSizes {
    const [first, , third] = args
    const type = first && this.#checked.typeOf(first)
    const isTexts = type?.kind === "list" && (type.item.kind === "string" || type.item.kind === "bytes")
    const known = first === undefined ? unknown : this.#knownOf(first)
    return {
      sizes: args.map((arg) => this.#size(arg)),
      textItems: isTexts
        ? (known.values ?? sizeOfDeclaration(known.declaration?.item) ?? anything)
        : undefined,
      isList: type?.kind === "list",
      limit: third?.kind === "literal" && typeof third.value === "number" ? third.value : undefined,
    }
  }

  #result(name: string, [first, second]: ReadonlyArray<Expr>, size: Span | undefined): Known {
    const known = first === undefined ? unknown : this.#knownOf(first)
    if (name === "_[_]" || name === "_[?_]")
      return { size: known.values, declaration: known.declaration?.item }
    if (name !== "_+_" || second === undefined) return { size }
    const values = this.#knownOf(second).values
    return { size, values: known.values && values && either(known.values, values) }
  }

  #within<A>(locals: ReadonlyArray<Local>, estimate: () => A): A {
    this.#locals.push(...locals)
    const result = estimate()
    this.#locals.length -= locals.length
    return result
  }

  /** What a loop's variables stand for. */
  #loopLocals({ range, variables: [first, second] }: Fold): ReadonlyArray<Local> {
    const { keys, values, declaration } = this.#knownOf(range)
    const isList = this.#checked.typeOf(range).kind === "list"
    const value: Known = { size: values, declaration: declaration?.item }
    const mapKey: Known = { size: keys ?? (declaration && { min: 0, max: KEY_SIZE_MAX }) }
    if (second === undefined) return [{ name: first, ...(isList ? value : mapKey) }]
    return [
      { name: first, ...(isList ? { size: exactly(1) } : mapKey) },
      { name: second, ...value },
    ]
  }

  #fold(expr: Fold): Span {
    const range = this.cost(expr.range)
    const count = this.#size(expr.range)
    return this.#within(this.#loopLocals(expr), () => {
      const predicate = expr.predicate === undefined ? nothing : this.cost(expr.predicate)
      const transform = expr.transform === undefined ? nothing : this.cost(expr.transform)
      const values = expr.transform && { min: 0, max: this.#size(expr.transform).max }
      const isMade = expr.macro === "list" || expr.macro === "map" || expr.macro === "mapEntry"
      this.#known.set(expr, isMade ? { size: count, values } : { size: exactly(1) })
      const [start, step, end] = loopCosts(expr, predicate, transform)
      return plus(range, exactly(start), exactly(end), times(count, step))
    })
  }

  #bind({ macro, name, value, body }: Bind): Span {
    const outer = this.cost(value)
    const known = this.#knownOf(value)
    return this.#within(
      [{ ...known, size: known.size ?? sizeOfType(this.#checked.typeOf(value)), name }],
      () => {
        const inner = this.cost(body)
        const cost = plus(exactly(LIST_COST), outer, inner)
        return macro === "bind" ? cost : plus(cost, outer, exactly(3))
      },
    )
  }
}

/** What bounds the keys of a declared map: nothing but the request. Source: keys have no declared length. */
const KEY_SIZE_MAX = 0

/** The cost before a loop, of each turn, and behind it, as cel-go's expansion of the macro has it. */
const loopCosts = (
  { macro, predicate: asked }: Fold,
  predicate: Span,
  transform: Span,
): readonly [number, Span, number] => {
  const chosen = (taken: Span): Span =>
    asked === undefined ? taken : plus(predicate, either(taken, exactly(1)))
  switch (macro) {
    case "all":
      return [0, { min: 3, max: 3 + predicate.max }, 1]
    case "exists":
      return [0, { min: 4, max: 4 + predicate.max }, 1]
    case "existsOne":
      return [0, plus(predicate, { min: 1, max: 2 }), 2]
    case "list":
      return [LIST_COST, chosen(plus(exactly(LIST_COST + 2), transform)), 1]
    case "map":
      return [MAP_COST, chosen(plus(exactly(3), transform)), 1]
    case "mapEntry":
      return [MAP_COST, chosen(plus(exactly(2), transform)), 1]
  }
}

/** The declarations are those of variables, by name. */
export const estimateCost = (checked: Checked, variables: ReadonlyMap<string, Declaration>): Span =>
  new Estimator(checked, variables).cost(checked.expr)
