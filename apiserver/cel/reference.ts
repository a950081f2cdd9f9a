/** What names and calls of an expression stand for. */
import type { Expr } from "./ast.ts"
import type { Overload } from "./environment.ts"
import type { TypeValue } from "./value.ts"

/** What a name or a call was found to be. */
export type Reference =
  | { readonly kind: "local"; readonly name: string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "type"; readonly value: TypeValue }
  | {
      readonly kind: "call"
      readonly name: string
      readonly overloads: ReadonlyArray<Overload>
      /** The target of a member call included. */
      readonly args: ReadonlyArray<Expr>
      readonly hasTarget: boolean
    }

/** `a.b.c` of an ident and selects; undefined for anything else. */
export const qualifiedName = (expr: Expr): { readonly name: string; readonly root: string } | undefined => {
  if (expr.kind === "ident") return { name: expr.name, root: expr.name }
  if (expr.kind !== "select" || expr.test || expr.optional) return undefined
  const operand = qualifiedName(expr.operand)
  return operand && { name: `${operand.name}.${expr.field}`, root: operand.root }
}
