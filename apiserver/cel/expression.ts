/**
 * Single expressions over variables: conditions and policies of admission.
 *
 * Example: `compileExpression({ source: "object.spec.replicas < 5", variables: { object: anyVariable } })`.
 * Start with {@link compileExpression}.
 */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { baseFunctions } from "./base-environment.ts"
import { estimateCost } from "./cost-estimate.ts"
import { type Declaration, declarationOf } from "./declaration.ts"
import { EvaluationError } from "./evaluation-error.ts"
import { valueOfJson } from "./json-value.ts"
import { authorizerType, resourceCheckType } from "./library/authorization.ts"
import { compile, type Evaluation } from "./program.ts"
import { CompileError, type Issue } from "./source.ts"
import type { Type } from "./type.ts"
import * as t from "./type.ts"
import { ObjectValue, Opaque, type Value } from "./value.ts"

/** What an expression knows of a variable. */
export type VariableType = Declaration

const withType = (type: Type): VariableType => ({ type, maxElements: 0, minSize: 0 })

/** Anything: JSON as it looks, types checked as the expression runs. */
export const anyVariable: VariableType = withType(t.dyn)
export const authorizerVariable: VariableType = withType(authorizerType)
export const resourceCheckVariable: VariableType = withType(resourceCheckType)

/** JSON of a schema; undefined when expressions see nothing of such a value. */
export const schemaVariable = (schema: JsonObject, name: string): VariableType | undefined =>
  declarationOf(schema, { name })

/** Values by name that other expressions give: `variables` of a policy. */
export const computedVariable = (types: { readonly [name: string]: Type }): VariableType =>
  withType(t.objectOf("variables", new Map(Object.entries(types))))

/** The values of a {@link computedVariable}, each computed once, when it is first asked for. */
export class ComputedValues extends ObjectValue {
  readonly typeName = "variables"
  readonly #compute: (name: string) => Evaluation | undefined
  readonly #computed = new Map<string, Evaluation | undefined>()

  /** `compute` is undefined for names that stand for nothing. */
  constructor(compute: (name: string) => Evaluation | undefined) {
    super()
    this.#compute = compute
  }

  field(name: string): Value | undefined {
    if (!this.#computed.has(name)) this.#computed.set(name, this.#compute(name))
    const result = this.#computed.get(name)
    if (result === undefined || result.kind === "value") return result?.value
    throw new EvaluationError(`composited variable "${name}" fails to evaluate: ${result.message}`)
  }

  fieldNames(): ReadonlyArray<string> {
    return [...this.#computed.keys()]
  }
}

export interface ExpressionOptions {
  readonly source: string
  readonly variables: { readonly [name: string]: VariableType }
  /** What it must evaluate to; absent, anything. */
  readonly resultType?: "bool" | "string"
}

export type Bindings = { readonly [name: string]: Json | ObjectValue | Opaque | undefined }

export type Expression =
  | {
      readonly kind: "expression"
      readonly resultType: Type
      /** The most that it may cost, as far as the variables' bounds tell. */
      readonly maxCost: number
      /** Evaluates within a budget of cost units. */
      evaluate(bindings: Bindings, budget: number): Evaluation
    }
  /** In cel-go's words, with the place in the source. */
  | { readonly kind: "error"; readonly message: string; readonly issues: ReadonlyArray<Issue> }

const isValue = (value: Json | ObjectValue | Opaque): value is ObjectValue | Opaque =>
  value instanceof ObjectValue || value instanceof Opaque

/** Never throws for what is written in the source. */
export const compileExpression = ({ source, variables, resultType }: ExpressionOptions): Expression => {
  const declared = new Map(Object.entries(variables))
  try {
    const program = compile(source, {
      functions: baseFunctions,
      variables: new Map([...declared].map(([name, { type }]) => [name, type])),
      container: "",
      mixedLiterals: false,
    })
    if (resultType !== undefined && program.type.kind !== resultType && program.type.kind !== "dyn") {
      return { kind: "error", message: `must evaluate to ${resultType}`, issues: [] }
    }
    return {
      kind: "expression",
      resultType: program.type,
      maxCost: estimateCost(program.checked, declared).max,
      evaluate: (bindings, budget) =>
        program.run((name) => {
          const value = Object.hasOwn(bindings, name) ? bindings[name] : undefined
          if (value === undefined || isValue(value)) return value
          return valueOfJson(value, declared.get(name))
        }, budget),
    }
  } catch (error) {
    if (error instanceof CompileError)
      return { kind: "error", message: `compilation failed: ${error.message}`, issues: error.issues }
    throw error
  }
}
