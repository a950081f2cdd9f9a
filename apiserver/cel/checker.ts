/**
 * Types and references of an expression: what each part is, what each name and call stands for.
 * Source: cel-go's checker, whose errors these are. Start with {@link checkExpression}.
 */
import type { Bind, Call, Expr, Fold, Ident, List, MapLiteral, Select, Struct } from "./ast.ts"
import { candidateNames, type Environment, type Overload } from "./environment.ts"
import { Inference, mostGeneral } from "./inference.ts"
import { resolveOverloads } from "./overload-resolution.ts"
import { qualifiedName, type Reference } from "./reference.ts"
import type { Issue } from "./source.ts"
import type { Type } from "./type.ts"
import * as t from "./type.ts"
import { literalType, namedTypes, typeNamed } from "./type-names.ts"

export interface Checked {
  readonly expr: Expr
  readonly type: Type
  readonly typeOf: (expr: Expr) => Type
  readonly references: ReadonlyMap<Expr, Reference>
  readonly issues: ReadonlyArray<Issue>
}

interface Scope {
  readonly name: string
  readonly type: Type
  readonly outer: Scope | undefined
}

class Checker {
  readonly #environment: Environment
  readonly #inference = new Inference()
  readonly #types = new Map<Expr, Type>()
  readonly references = new Map<Expr, Reference>()
  readonly issues: Issue[] = []
  #scope: Scope | undefined
  #mixedLiterals: boolean

  constructor(environment: Environment) {
    this.#environment = environment
    this.#mixedLiterals = environment.mixedLiterals
  }

  /** The type of a part that has been checked, parameters that stayed open being dyn. */
  readonly typeOf = (expr: Expr): Type => this.#inference.resolve(this.#types.get(expr) ?? t.dyn, true)

  check(expr: Expr): Type {
    const type = this.#typeFor(expr)
    this.#types.set(expr, type)
    return type
  }

  #typeFor(expr: Expr): Type {
    switch (expr.kind) {
      case "literal":
        return literalType(expr.value)
      case "ident":
        return this.#ident(expr)
      case "select":
        return this.#qualified(expr) ?? this.#select(expr)
      case "call":
        return this.#call(expr)
      case "list":
        return this.#list(expr)
      case "map":
        return this.#map(expr)
      case "struct":
        return this.#struct(expr)
      case "fold":
        return this.#fold(expr)
      case "bind":
        return this.#bind(expr)
    }
  }

  #report(at: number, message: string): Type {
    this.issues.push({ at, message })
    return t.error
  }

  #text(type: Type): string {
    return t.typeText(this.#inference.resolve(type, true))
  }

  #mismatch(at: number, expected: Type, found: Type): Type {
    return this.#report(at, `expected type '${this.#text(expected)}' but found '${this.#text(found)}'`)
  }

  #expect(expr: Expr, type: Type): void {
    const found = this.check(expr)
    if (!this.#inference.unifies(type, found)) this.#mismatch(expr.at, type, found)
  }

  #undeclared(at: number, name: string): Type {
    return this.#report(
      at,
      `undeclared reference to '${name}' (in container '${this.#environment.container}')`,
    )
  }

  #local(name: string): Scope | undefined {
    for (let scope = this.#scope; scope !== undefined; scope = scope.outer)
      if (scope.name === name) return scope
    return undefined
  }

  /** A variable or a type by a name that may have dots. */
  #global(expr: Expr, name: string): Type | undefined {
    for (const candidate of candidateNames(this.#environment.container, name)) {
      const variable = this.#environment.variables.get(candidate)
      if (variable !== undefined) {
        this.references.set(expr, { kind: "variable", name: candidate })
        return variable
      }
      const type = namedTypes.get(candidate)
      if (type !== undefined) {
        this.references.set(expr, { kind: "type", value: typeNamed(candidate) })
        return t.typeOf(type)
      }
    }
    return undefined
  }

  #ident(expr: Ident): Type {
    const local = this.#local(expr.name)
    if (local !== undefined) {
      this.references.set(expr, { kind: "local", name: expr.name })
      return local.type
    }
    return this.#global(expr, expr.name) ?? this.#undeclared(expr.at, expr.name)
  }

  /** A select that is one name: of a variable, or of a type. */
  #qualified(expr: Select): Type | undefined {
    const qualified = qualifiedName(expr)
    if (qualified === undefined || this.#local(qualified.root) !== undefined) return undefined
    return this.#global(expr, qualified.name)
  }

  #select(expr: Select): Type {
    const operand = this.#inference.resolve(this.check(expr.operand))
    const target = operand.kind === "optional" ? operand.item : operand
    const field = this.#fieldType(expr, target)
    if (expr.test) return t.bool
    const isOptional = operand.kind === "optional" || expr.optional
    return isOptional ? t.optionalOf(field) : field
  }

  #fieldType(expr: Select, target: Type): Type {
    switch (target.kind) {
      case "map":
        return target.value
      case "object":
        return target.fields.get(expr.field) ?? this.#report(expr.at, `undefined field '${expr.field}'`)
      case "parameter":
        this.#inference.unifies(t.dyn, target)
        return t.dyn
      default:
        if (!t.isDyn(target)) {
          this.#report(expr.at, `type '${this.#text(target)}' does not support field selection`)
        }
        return t.dyn
    }
  }

  /** What is to be formatted may be of any types. */
  #args({ name, args }: Call): void {
    const outer = this.#mixedLiterals
    if (name === "format") this.#mixedLiterals = true
    for (const arg of args) this.check(arg)
    this.#mixedLiterals = outer
  }

  #call(expr: Call): Type {
    this.#args(expr)
    const { target } = expr
    const namespaced = target && qualifiedName(target)
    const isNamespace = namespaced !== undefined && this.#local(namespaced.root) === undefined
    const names = isNamespace ? [`${namespaced.name}.${expr.name}`] : target === undefined ? [expr.name] : []
    for (const name of names.flatMap((each) => candidateNames(this.#environment.container, each))) {
      const overloads = this.#environment.functions.get(name)
      if (overloads !== undefined)
        return this.#resolve(expr, { name, overloads, args: expr.args, hasTarget: false })
    }
    if (target === undefined) return this.#undeclared(expr.at, expr.name)
    this.check(target)
    const overloads = this.#environment.functions.get(expr.name)
    if (overloads === undefined) return this.#undeclared(expr.at, expr.name)
    return this.#resolve(expr, { name: expr.name, overloads, args: [target, ...expr.args], hasTarget: true })
  }

  #resolve(
    expr: Call,
    found: {
      readonly name: string
      readonly overloads: ReadonlyArray<Overload>
      readonly args: ReadonlyArray<Expr>
      readonly hasTarget: boolean
    },
  ): Type {
    const { name, args, hasTarget } = found
    const argTypes = args.map((arg) => this.#types.get(arg) ?? t.dyn)
    if (name === "_&&_" || name === "_||_") return this.#junction(expr, found, argTypes)
    const candidates = found.overloads.filter((each) => each.member === hasTarget)
    const { fitting, result } = resolveOverloads(this.#inference, candidates, argTypes)
    const overloads = fitting.length > 0 ? fitting : candidates
    this.references.set(expr, { kind: "call", name, overloads, args, hasTarget })
    if (result !== undefined) return result
    const shown = argTypes.map((type) => this.#text(type))
    const signature = hasTarget ? `${shown[0]}.(${shown.slice(1).join(", ")})` : `(${shown.join(", ")})`
    return this.#report(expr.at, `found no matching overload for '${name}' applied to '${signature}'`)
  }

  #junction(
    expr: Call,
    found: {
      readonly name: string
      readonly overloads: ReadonlyArray<Overload>
      readonly args: ReadonlyArray<Expr>
    },
    argTypes: ReadonlyArray<Type>,
  ): Type {
    this.references.set(expr, { kind: "call", ...found, hasTarget: false })
    for (const [index, arg] of found.args.entries()) {
      const type = argTypes[index] ?? t.dyn
      if (!this.#inference.unifies(t.bool, type)) this.#mismatch(arg.at, t.bool, type)
    }
    return t.bool
  }

  #join(expr: Expr, previous: Type | undefined, current: Type): Type {
    if (previous === undefined) return current
    if (this.#inference.unifies(previous, current)) return mostGeneral(previous, current)
    return this.#mixedLiterals ? t.dyn : this.#mismatch(expr.at, previous, current)
  }

  /** The type of an item or an entry; what is behind a question mark must be an optional. */
  #part(expr: Expr, optional: boolean): Type {
    const type = this.check(expr)
    if (!optional) return type
    const resolved = this.#inference.resolve(type)
    if (resolved.kind === "optional") return resolved.item
    return t.isDyn(resolved) ? resolved : this.#mismatch(expr.at, t.optionalOf(resolved), resolved)
  }

  #list(expr: List): Type {
    let item: Type | undefined
    for (const { value, optional } of expr.items) item = this.#join(value, item, this.#part(value, optional))
    return t.listOf(item ?? this.#inference.variable())
  }

  #map(expr: MapLiteral): Type {
    let key: Type | undefined
    let value: Type | undefined
    for (const entry of expr.entries) {
      key = this.#join(entry.key, key, this.check(entry.key))
      value = this.#join(entry.value, value, this.#part(entry.value, entry.optional))
    }
    return t.mapOf(key ?? this.#inference.variable(), value ?? this.#inference.variable())
  }

  /** No message type is declared: an expression cannot make objects. */
  #struct(expr: Struct): Type {
    for (const { value } of expr.fields) this.check(value)
    return this.#undeclared(expr.at, expr.name)
  }

  #rangeTypes(expr: Fold): readonly [Type, Type] {
    const range = this.#inference.resolve(this.check(expr.range))
    const hasTwo = expr.variables.length === 2
    switch (range.kind) {
      case "list":
        return hasTwo ? [t.int, range.item] : [range.item, t.dyn]
      case "map":
        return [range.key, range.value]
      case "parameter":
        this.#inference.unifies(t.dyn, range)
        return [t.dyn, t.dyn]
      default:
        if (t.isDyn(range)) return [t.dyn, t.dyn]
        this.#report(
          expr.range.at,
          `expression of type '${this.#text(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        )
        return [t.error, t.error]
    }
  }

  /** Checks with names that only hold inside. */
  #within<A>(locals: ReadonlyArray<readonly [string, Type]>, check: () => A): A {
    const outer = this.#scope
    for (const [name, type] of locals) this.#scope = { name, type, outer: this.#scope }
    const result = check()
    this.#scope = outer
    return result
  }

  #fold(expr: Fold): Type {
    const types = this.#rangeTypes(expr)
    const locals = expr.variables.map((name, index) => [name, types[index] ?? t.dyn] as const)
    return this.#within(locals, () => {
      if (expr.predicate !== undefined) this.#expect(expr.predicate, t.bool)
      const made = expr.transform === undefined ? t.bool : this.check(expr.transform)
      switch (expr.macro) {
        case "list":
          return t.listOf(this.#inference.resolve(made))
        case "map":
          return t.mapOf(this.#inference.resolve(types[0]), this.#inference.resolve(made))
        case "mapEntry": {
          const entry = t.mapOf(this.#inference.variable(), this.#inference.variable())
          if (this.#inference.unifies(entry, made)) return this.#inference.resolve(entry)
          return this.#mismatch(expr.transform?.at ?? expr.at, entry, made)
        }
        default:
          return t.bool
      }
    })
  }

  #bind(expr: Bind): Type {
    let type = this.#inference.resolve(this.check(expr.value))
    if (expr.macro !== "bind") {
      if (type.kind === "optional") type = type.item
      else if (t.isDyn(type)) type = t.dyn
      else {
        const signature = `${this.#text(type)}.()`
        return this.#report(expr.at, `found no matching overload for 'hasValue' applied to '${signature}'`)
      }
    }
    const body = this.#within([[expr.name, type]], () => this.#inference.resolve(this.check(expr.body)))
    if (expr.macro === "optMap") return t.optionalOf(body)
    if (expr.macro === "bind" || body.kind === "optional" || t.isDyn(body)) return body
    return this.#mismatch(expr.body.at, t.optionalOf(this.#inference.variable()), body)
  }
}

/** Checks an expression; what is wrong comes back as issues. */
export const checkExpression = (expr: Expr, environment: Environment): Checked => {
  const checker = new Checker(environment)
  checker.check(expr)
  const { typeOf, references, issues } = checker
  return { expr, type: typeOf(expr), typeOf, references, issues }
}
