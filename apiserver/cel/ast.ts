/** The syntax tree. Macros that loop or bind have nodes of their own. */
import type { Constant } from "./value.ts"

interface Node {
  /** Where errors about it are shown: an operator's sign, a call's parenthesis. */
  readonly at: number
}

export interface Literal extends Node {
  readonly kind: "literal"
  readonly value: Constant
}

export interface Ident extends Node {
  readonly kind: "ident"
  /** A leading dot means: in no container. */
  readonly name: string
}

export interface Select extends Node {
  readonly kind: "select"
  readonly operand: Expr
  readonly field: string
  /** `has(a.b)`. */
  readonly test: boolean
  /** `a.?b`. */
  readonly optional: boolean
}

export interface Call extends Node {
  readonly kind: "call"
  readonly name: string
  readonly target: Expr | undefined
  readonly args: ReadonlyArray<Expr>
}

export interface Item {
  readonly value: Expr
  readonly optional: boolean
}

export interface List extends Node {
  readonly kind: "list"
  readonly items: ReadonlyArray<Item>
}

export interface Entry extends Node {
  readonly key: Expr
  readonly value: Expr
  readonly optional: boolean
}

export interface MapLiteral extends Node {
  readonly kind: "map"
  readonly entries: ReadonlyArray<Entry>
}

export interface Struct extends Node {
  readonly kind: "struct"
  readonly name: string
  readonly fields: ReadonlyArray<{ readonly name: string; readonly value: Expr; readonly at: number }>
}

export type FoldMacro = "all" | "exists" | "existsOne" | "list" | "map" | "mapEntry"

/** A loop over a list or a map. */
export interface Fold extends Node {
  readonly kind: "fold"
  readonly macro: FoldMacro
  readonly range: Expr
  readonly variables: readonly [string] | readonly [string, string]
  /** What is asked of each; of lists and maps being made, which are taken. */
  readonly predicate: Expr | undefined
  /** What is made of each that is taken. */
  readonly transform: Expr | undefined
}

/** `cel.bind(name, value, body)`, and `optMap` and `optFlatMap` over an optional. */
export interface Bind extends Node {
  readonly kind: "bind"
  readonly macro: "bind" | "optMap" | "optFlatMap"
  readonly name: string
  readonly value: Expr
  readonly body: Expr
}

export type Expr = Literal | Ident | Select | Call | List | MapLiteral | Struct | Fold | Bind

/** The parts of a node, in the order in which they are written. */
export const childrenOf = (expr: Expr): ReadonlyArray<Expr> => {
  switch (expr.kind) {
    case "literal":
    case "ident":
      return []
    case "select":
      return [expr.operand]
    case "call":
      return expr.target === undefined ? expr.args : [expr.target, ...expr.args]
    case "list":
      return expr.items.map(({ value }) => value)
    case "map":
      return expr.entries.flatMap(({ key, value }) => [key, value])
    case "struct":
      return expr.fields.map(({ value }) => value)
    case "fold":
      return [expr.range, expr.predicate, expr.transform].filter((part) => part !== undefined)
    case "bind":
      return [expr.value, expr.body]
  }
}
