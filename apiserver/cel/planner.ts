/**
 * A checked expression as closures: names become slots, calls become functions.
 * Start with {@link planExpression}.
 */
import { hasField, select, selectOptional } from "./access.ts"
import type { Bind, Call, Expr, Fold, List, MapLiteral, Select } from "./ast.ts"
import { callStep } from "./call-step.ts"
import type { Checked } from "./checker.ts"
import { ArrayList, EntryMap } from "./collection.ts"
import { constantOf, constantSet } from "./constant-folding.ts"
import { IDENT_COST, LIST_COST, MAP_COST, SELECT_COST } from "./cost.ts"
import { EvaluationError, noSuchOverload } from "./evaluation-error.ts"
import type { Step } from "./frame.ts"
import { loopStep } from "./loop.ts"
import { keyOf } from "./map-key.ts"
import type { Reference } from "./reference.ts"
import { Double, none, Optional, type Value } from "./value.ts"

export interface Plan {
  readonly step: Step
  /** The variables that the expression names, in the order of their slots; those of loops come behind. */
  readonly variables: ReadonlyArray<string>
  readonly slotCount: number
}

const failing = (message: string): Step => {
  return () => {
    throw new EvaluationError(message)
  }
}

/** `&&` (deciding: false) and `||` (deciding: true): the deciding answer wins over errors in the other terms. */
const junctionStep = (terms: ReadonlyArray<Step>, deciding: boolean): Step => {
  return (frame) => {
    let failure: EvaluationError | undefined
    for (const term of terms) {
      try {
        const value = term(frame)
        if (value === deciding) return deciding
        if (value !== !deciding) failure ??= noSuchOverload()
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        failure ??= error
      }
    }
    if (failure !== undefined) throw failure
    return !deciding
  }
}

const conditionalStep = (condition: Step, truthy: Step, falsy: Step): Step => {
  return (frame) => {
    const value = condition(frame)
    if (value === true) return truthy(frame)
    if (value === false) return falsy(frame)
    throw noSuchOverload()
  }
}

class Planner {
  readonly #checked: Checked
  readonly variables: string[] = []
  readonly #locals: { readonly name: string; readonly slot: number }[] = []
  slotCount: number

  constructor(checked: Checked) {
    this.#checked = checked
    const names = new Set<string>()
    for (const reference of checked.references.values()) {
      if (reference.kind === "variable") names.add(reference.name)
    }
    this.variables = [...names]
    this.slotCount = this.variables.length
  }

  readonly #referenceOf = (expr: Expr): Reference | undefined => this.#checked.references.get(expr)

  plan(expr: Expr): Step {
    const constant = constantOf(expr, this.#referenceOf)
    if (constant !== undefined) return () => constant
    switch (expr.kind) {
      case "literal":
        return () => expr.value
      case "ident":
        return this.#named(expr) ?? failing(`undeclared reference to '${expr.name}'`)
      case "select":
        return this.#named(expr) ?? this.#select(expr)
      case "call":
        return this.#call(expr)
      case "list":
        return this.#list(expr)
      case "map":
        return this.#map(expr)
      case "struct":
        return failing(`undeclared reference to '${expr.name}'`)
      case "fold":
        return this.#fold(expr)
      case "bind":
        return this.#bind(expr)
    }
  }

  /** What stands for a name: a slot or a type. */
  #named(expr: Expr): Step | undefined {
    const reference = this.#checked.references.get(expr)
    if (reference?.kind === "type") {
      const { value } = reference
      return () => value
    }
    if (reference?.kind !== "variable" && reference?.kind !== "local") return undefined
    const { name } = reference
    const slot =
      reference.kind === "variable"
        ? this.variables.indexOf(name)
        : this.#locals.findLast((local) => local.name === name)?.slot
    if (slot === undefined) return undefined
    return (frame) => {
      frame.charge(IDENT_COST)
      const value = frame.slots[slot]
      if (value === undefined) throw new EvaluationError(`no such attribute(s): ${name}`)
      return value
    }
  }

  #select({ operand: inner, field, test, optional }: Select): Step {
    const operand = this.plan(inner)
    if (test) return (frame) => hasField(operand(frame), field)
    const read = optional ? selectOptional : select
    return (frame) => {
      const value = operand(frame)
      frame.charge(SELECT_COST)
      return read(value, field)
    }
  }

  #call(expr: Call): Step {
    const reference = this.#checked.references.get(expr)
    if (reference?.kind !== "call") return failing(`undeclared reference to '${expr.name}'`)
    const { name, overloads } = reference
    const args = reference.args.map((arg) => this.plan(arg))
    if (name === "@in") {
      const member = this.#constantMember(reference.args)
      if (member !== undefined) return member
    }
    const [first, second, third] = args
    if (name === "_&&_" || name === "_||_") return junctionStep(args, name === "_||_")
    if (name === "_?_:_" && first !== undefined && second !== undefined && third !== undefined) {
      return conditionalStep(first, second, third)
    }
    const lazy = this.#lazyCall(name, args)
    if (lazy !== undefined) return lazy
    const described = args.map((step, index) => {
      const arg = reference.args[index]
      return { step, constant: arg && constantOf(arg, this.#referenceOf) }
    })
    return callStep(name, overloads, described)
  }

  /** `a in ["b", "c"]`. */
  #constantMember([element, list]: ReadonlyArray<Expr>): Step | undefined {
    const items = list && constantSet(constantOf(list, this.#referenceOf))
    if (element === undefined || items === undefined) return undefined
    const step = this.plan(element)
    return (frame) => {
      const key = keyOf(step(frame))
      return key !== undefined && items.has(key)
    }
  }

  /** `a.or(b)` and `a.orValue(b)`: the second is evaluated only when the first holds nothing. */
  #lazyCall(name: string, [first, second]: ReadonlyArray<Step>): Step | undefined {
    if ((name !== "or" && name !== "orValue") || first === undefined || second === undefined) return undefined
    return (frame) => {
      const optional = first(frame)
      if (!(optional instanceof Optional)) throw noSuchOverload()
      frame.charge(1)
      if (optional.value !== undefined) return name === "or" ? optional : optional.value
      return second(frame)
    }
  }

  #list(expr: List): Step {
    const items = expr.items.map(({ value, optional }) => ({ step: this.plan(value), optional }))
    return (frame) => {
      const values: Value[] = []
      for (const { step, optional } of items) {
        const value = step(frame)
        if (!optional) values.push(value)
        else if (!(value instanceof Optional)) throw noSuchOverload()
        else if (value.value !== undefined) values.push(value.value)
      }
      frame.charge(LIST_COST)
      return new ArrayList(values)
    }
  }

  #map(expr: MapLiteral): Step {
    const entries = expr.entries.map(({ key, value, optional }) => ({
      keyStep: this.plan(key),
      step: this.plan(value),
      optional,
    }))
    return (frame) => {
      const made: (readonly [Value, Value])[] = []
      const seen = new Set<unknown>()
      for (const { keyStep, step, optional } of entries) {
        const key = keyStep(frame)
        const plain = keyOf(key)
        if (plain === undefined || key instanceof Double) throw new EvaluationError("unsupported key type")
        if (seen.has(plain)) throw new EvaluationError(`Failed with repeated key: ${String(plain)}`)
        const value = step(frame)
        seen.add(plain)
        if (!optional) made.push([key, value])
        else if (!(value instanceof Optional)) throw noSuchOverload()
        else if (value.value !== undefined) made.push([key, value.value])
      }
      frame.charge(MAP_COST)
      return new EntryMap(made)
    }
  }

  /** Plans with names that only hold inside, each in a slot of its own. */
  #within<A>(names: ReadonlyArray<string>, plan: (slots: ReadonlyArray<number>) => A): A {
    const slots = names.map(() => this.slotCount++)
    for (const [index, name] of names.entries()) this.#locals.push({ name, slot: slots[index] ?? 0 })
    const planned = plan(slots)
    this.#locals.length -= names.length
    return planned
  }

  #fold(expr: Fold): Step {
    const range = this.plan(expr.range)
    return this.#within(expr.variables, ([first = 0, second]) =>
      loopStep({
        macro: expr.macro,
        range,
        slots: { first, second },
        predicate: expr.predicate && this.plan(expr.predicate),
        transform: expr.transform && this.plan(expr.transform),
      }),
    )
  }

  #bind({ macro, name, value, body }: Bind): Step {
    const outer = this.plan(value)
    return this.#within([name], ([slot = 0]) => {
      const inner = this.plan(body)
      if (macro === "bind") {
        return (frame) => {
          frame.slots[slot] = outer(frame)
          frame.charge(LIST_COST)
          return inner(frame)
        }
      }
      return (frame) => {
        const optional = outer(frame)
        if (!(optional instanceof Optional)) throw noSuchOverload()
        frame.charge(LIST_COST)
        if (optional.value === undefined) return none
        frame.slots[slot] = optional.value
        const result = inner(frame)
        return macro === "optMap" ? new Optional(result) : result
      }
    })
  }
}

export const planExpression = (checked: Checked): Plan => {
  const planner = new Planner(checked)
  const step = planner.plan(checked.expr)
  return { step, variables: planner.variables, slotCount: planner.slotCount }
}
