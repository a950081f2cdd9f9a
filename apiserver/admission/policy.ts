/** ValidatingAdmissionPolicies and their bindings, compiled. */
import type { Type } from "../cel/index.ts"
import type { LabelSelector, MutableObject } from "../machinery.ts"
import { objectIn, objectsIn, stringsIn } from "../open-fields.ts"
import { nameOf, stringOf } from "../registry/object-meta.ts"
import { type Constraint, constraintOf } from "./constraint.ts"
import { type Expression, type ExpressionScope, expressionOf, type ResultKind } from "./expression.ts"
import { conditionScope, type MatchConditions, matchConditionsOf } from "./match-conditions.ts"
import { selectorOf } from "./selector.ts"

export interface Validation {
  readonly expression: Expression
  readonly message: string
  readonly messageExpression: Expression | undefined
  /** A StatusReason; "" for Invalid. */
  readonly reason: string
}

export interface Variable {
  readonly name: string
  readonly expression: Expression
}

export interface ParamKind {
  readonly apiVersion: string
  readonly kind: string
}

export interface Policy {
  readonly name: string
  readonly constraint: Constraint
  readonly failurePolicy: "Fail" | "Ignore"
  readonly paramKind: ParamKind | undefined
  readonly conditions: MatchConditions
  readonly variables: ReadonlyArray<Variable>
  readonly validations: ReadonlyArray<Validation>
  readonly auditAnnotations: ReadonlyArray<{ readonly key: string; readonly expression: Expression }>
}

export interface ParamRef {
  readonly name: string
  /** "" for that of the request. */
  readonly namespace: string
  /** Undefined selects all. */
  readonly selector: LabelSelector | undefined
  readonly denies: boolean
}

export interface Binding {
  readonly name: string
  readonly policy: string
  readonly constraint: Constraint
  readonly paramRef: ParamRef | undefined
  readonly actions: ReadonlyArray<string>
}

/** What expressions of a policy may name; messages and annotations do not ask the authorizer. */
const scopeOf = (
  owner: "validation" | "message",
  hasParams: boolean,
  variables: { readonly [name: string]: Type },
): ExpressionScope => ({ hasParams, hasAuthorizer: owner === "validation", variables })

const paramKindOf = (spec: MutableObject): ParamKind | undefined => {
  const given = objectIn(spec, "paramKind")
  return given === undefined
    ? undefined
    : { apiVersion: stringOf(given, "apiVersion"), kind: stringOf(given, "kind") }
}

export interface PolicyCompiler {
  /** In the order in which they may name each other. */
  readonly variables: ReadonlyArray<Variable>
  expression(source: string, owner: "validation" | "message", result: ResultKind): Expression
}

/** Compiles what a policy's spec says; `typed` gives better types than anything to what is named. */
export const policyCompiler = (
  spec: MutableObject,
  hasParams: boolean,
  typed: ExpressionScope["typed"] = {},
): PolicyCompiler => {
  const types: Record<string, Type> = Object.create(null)
  const expression: PolicyCompiler["expression"] = (source, owner, result) =>
    expressionOf(source, { ...scopeOf(owner, hasParams, { ...types }), typed }, result)
  const variables = objectsIn(spec, "variables").map((variable): Variable => {
    const name = stringOf(variable, "name")
    const compiled = expression(stringOf(variable, "expression"), "validation", "any")
    types[name] = compiled.type ?? { kind: "dyn" }
    return { name, expression: compiled }
  })
  return { variables, expression }
}

/** The policy in an object; expressions that cannot be compiled fail when they are evaluated. */
export const policyOf = (object: MutableObject): Policy => {
  const spec = objectIn(object, "spec") ?? {}
  const paramKind = paramKindOf(spec)
  const hasParams = paramKind !== undefined
  const compile = policyCompiler(spec, hasParams)
  return {
    name: nameOf(object),
    constraint: constraintOf(objectIn(spec, "matchConstraints") ?? {}, "resourceRules", "nothing"),
    failurePolicy: stringOf(spec, "failurePolicy") === "Ignore" ? "Ignore" : "Fail",
    paramKind,
    conditions: matchConditionsOf(objectsIn(spec, "matchConditions"), conditionScope(hasParams)),
    variables: compile.variables,
    validations: objectsIn(spec, "validations").map((validation) => ({
      expression: compile.expression(stringOf(validation, "expression"), "validation", "bool"),
      message: stringOf(validation, "message").trim(),
      messageExpression:
        stringOf(validation, "messageExpression") === ""
          ? undefined
          : compile.expression(stringOf(validation, "messageExpression"), "message", "string"),
      reason: stringOf(validation, "reason"),
    })),
    auditAnnotations: objectsIn(spec, "auditAnnotations").map((annotation) => ({
      key: stringOf(annotation, "key"),
      expression: compile.expression(stringOf(annotation, "valueExpression"), "message", "stringOrNull"),
    })),
  }
}

const paramRefOf = (spec: MutableObject): ParamRef | undefined => {
  const given = objectIn(spec, "paramRef")
  if (given === undefined) return undefined
  return {
    name: stringOf(given, "name"),
    namespace: stringOf(given, "namespace"),
    selector: selectorOf(objectIn(given, "selector")),
    denies: stringOf(given, "parameterNotFoundAction") !== "Allow",
  }
}

export const bindingOf = (object: MutableObject): Binding => {
  const spec = objectIn(object, "spec") ?? {}
  return {
    name: nameOf(object),
    policy: stringOf(spec, "policyName"),
    constraint: constraintOf(objectIn(spec, "matchResources") ?? {}, "resourceRules", "everything"),
    paramRef: paramRefOf(spec),
    actions: stringsIn(spec, "validationActions"),
  }
}
