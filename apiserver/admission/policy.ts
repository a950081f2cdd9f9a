/** ValidatingAdmissionPolicies and their bindings, compiled. */
import type { LabelSelector, MutableObject } from "../machinery.ts"
import { objectIn, objectsIn, stringsIn } from "../open-fields.ts"
import { nameOf, stringOf } from "../registry/object-meta.ts"
import { type Constraint, constraintOf } from "./constraint.ts"
import { type Expression, expressionOf } from "./expression.ts"
import { type MatchConditions, matchConditionsOf } from "./match-conditions.ts"
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

const common = ["object", "oldObject", "request", "namespaceObject"] as const

/** The variables of expressions in a policy, `variables.NAME` aside. */
export const policyVariables = (
  hasParams: boolean,
  owner: "validation" | "message" | "auditAnnotation",
): ReadonlyArray<string> => [
  ...common,
  ...(hasParams ? ["params"] : []),
  ...(owner === "validation" ? ["authorizer"] : []),
]

const paramKindOf = (spec: MutableObject): ParamKind | undefined => {
  const given = objectIn(spec, "paramKind")
  return given === undefined
    ? undefined
    : { apiVersion: stringOf(given, "apiVersion"), kind: stringOf(given, "kind") }
}

/** The policy in an object; expressions that cannot be compiled fail when they are evaluated. */
export const policyOf = (object: MutableObject): Policy => {
  const spec = objectIn(object, "spec") ?? {}
  const paramKind = paramKindOf(spec)
  const hasParams = paramKind !== undefined
  const composed: string[] = []
  const compile = (
    source: string,
    owner: Parameters<typeof policyVariables>[1],
    result: "bool" | "string" | "stringOrNull" | "any",
  ): Expression =>
    expressionOf({ source, variables: policyVariables(hasParams, owner), composed: [...composed], result })
  const variables = objectsIn(spec, "variables").map((variable): Variable => {
    const name = stringOf(variable, "name")
    const expression = compile(stringOf(variable, "expression"), "validation", "any")
    composed.push(name)
    return { name, expression }
  })
  return {
    name: nameOf(object),
    constraint: constraintOf(objectIn(spec, "matchConstraints") ?? {}, "resourceRules", "nothing"),
    failurePolicy: stringOf(spec, "failurePolicy") === "Ignore" ? "Ignore" : "Fail",
    paramKind,
    conditions: matchConditionsOf(
      objectsIn(spec, "matchConditions"),
      hasParams ? "policyWithParams" : "policy",
    ),
    variables,
    validations: objectsIn(spec, "validations").map((validation) => ({
      expression: compile(stringOf(validation, "expression"), "validation", "bool"),
      message: stringOf(validation, "message").trim(),
      messageExpression:
        stringOf(validation, "messageExpression") === ""
          ? undefined
          : compile(stringOf(validation, "messageExpression"), "message", "string"),
      reason: stringOf(validation, "reason"),
    })),
    auditAnnotations: objectsIn(spec, "auditAnnotations").map((annotation) => ({
      key: stringOf(annotation, "key"),
      expression: compile(stringOf(annotation, "valueExpression"), "auditAnnotation", "stringOrNull"),
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
