/** What is wrong with matchConditions. Source: admissionregistration/validation. */
import type { FieldError, MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import { invalid, required, tooMany } from "../schema/field-error.ts"
import { qualifiedNameProblem } from "../schema/index.ts"
import { type ExpressionScope, expressionOf, type ResultKind } from "./expression.ts"
import { limits } from "./limits.ts"

/** An expression that must be there and compile. */
export const expressionErrors = (
  source: string,
  field: string,
  compiled: { readonly scope: ExpressionScope; readonly result: ResultKind },
): ReadonlyArray<FieldError> => {
  const { problem } = expressionOf(source, compiled.scope, compiled.result)
  return problem === undefined ? [] : [invalid(field, source, problem)]
}

export const matchConditionErrors = (
  conditions: ReadonlyArray<MutableObject>,
  field: string,
  scope: ExpressionScope,
): ReadonlyArray<FieldError> => {
  if (conditions.length > limits.matchConditionsMax)
    return [tooMany(field, conditions.length, limits.matchConditionsMax)]
  const errors: FieldError[] = []
  for (const [index, condition] of conditions.entries()) {
    const at = `${field}[${index}]`
    const name = stringOf(condition, "name")
    const source = stringOf(condition, "expression").trim()
    if (source === "") errors.push(required(`${at}.expression`))
    else errors.push(...expressionErrors(source, `${at}.expression`, { scope, result: "bool" }))
    const problem = qualifiedNameProblem(name)
    if (name === "") errors.push(required(`${at}.name`))
    else if (problem !== undefined) errors.push(invalid(`${at}.name`, name, problem))
  }
  return errors
}
