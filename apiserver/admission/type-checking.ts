/**
 * A policy's expressions checked against the schemas of the kinds that it is about. What is found are warnings: it does
 * not change what the policy does. Source: policy/validating/typechecking.
 */
import { schemaVariable, type VariableType } from "../cel/index.ts"
import type { MutableObject } from "../machinery.ts"
import { objectIn, objectsIn, stringsIn } from "../open-fields.ts"
import { stringOf } from "../registry/object-meta.ts"
import type { ResourceVersion } from "../resource.ts"
import type { ResourceTable, Served } from "../resource-table.ts"
import { limits } from "./limits.ts"
import { findKind } from "./params.ts"
import { type PolicyCompiler, policyCompiler } from "./policy.ts"
import { countErrors } from "./policy-errors.ts"

export interface ExpressionWarning {
  readonly fieldRef: string
  readonly warning: string
}

const kindText = ({ resource, version }: Served): string => `${version.apiVersion}, Kind=${resource.kind}`

/** The kinds that the rules name in full: wildcards and subresources say nothing about a type. */
const typesOf = (spec: MutableObject, resources: ResourceTable): ReadonlyArray<Served> => {
  const found = new Map<string, Served>()
  for (const rule of objectsIn(objectIn(spec, "matchConstraints") ?? {}, "resourceRules")) {
    const groups = stringsIn(rule, "apiGroups")
    const versions = stringsIn(rule, "apiVersions")
    if (groups.includes("*") || versions.includes("*")) continue
    const plurals = stringsIn(rule, "resources").filter((resource) => !/[*/]/.test(resource))
    for (const group of groups)
      for (const version of versions)
        for (const plural of plurals) {
          const served = resources.find(group, version, plural)
          if (served !== undefined) found.set(kindText(served), served)
        }
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .slice(0, limits.typesCheckedMax)
    .map(([, served]) => served)
}

/** The schema with what every object has, as expressions see it. */
const typeOf = (version: ResourceVersion, kind: string): VariableType | undefined =>
  schemaVariable(
    { ...version.definition.schema.openAPIV3Schema, "x-kubernetes-embedded-resource": true },
    kind,
  )

const paramsType = (spec: MutableObject, resources: ResourceTable): VariableType | undefined => {
  const given = objectIn(spec, "paramKind")
  if (given === undefined) return undefined
  const paramKind = { apiVersion: stringOf(given, "apiVersion"), kind: stringOf(given, "kind") }
  const found = findKind({ resources }, paramKind)
  return found === undefined ? undefined : typeOf(found.version, paramKind.kind)
}

interface Checked {
  readonly text: string
  readonly compiler: PolicyCompiler
}

const compilersOf = (spec: MutableObject, resources: ResourceTable): ReadonlyArray<Checked> => {
  const params = paramsType(spec, resources)
  const hasParams = objectIn(spec, "paramKind") !== undefined
  return typesOf(spec, resources).flatMap((served) => {
    const object = typeOf(served.version, served.resource.kind)
    if (object === undefined) return []
    const typed = { object, oldObject: object, ...(params === undefined ? {} : { params }) }
    return [{ text: kindText(served), compiler: policyCompiler(spec, hasParams, typed) }]
  })
}

/** What the schemas do not agree with, in the order of the fields. */
export const typeWarnings = (
  policy: MutableObject,
  resources: ResourceTable,
): ReadonlyArray<ExpressionWarning> => {
  const spec = objectIn(policy, "spec") ?? {}
  // It will be refused for that.
  if (countErrors(spec).length > 0) return []
  const compilers = compilersOf(spec, resources)
  const check = (
    source: string,
    owner: "validation" | "message",
    fieldRef: string,
  ): ReadonlyArray<ExpressionWarning> => {
    if (source === "") return []
    const problems = compilers.flatMap(({ text, compiler }) => {
      const { problem } = compiler.expression(source, owner, "any")
      return problem === undefined ? [] : [`${text}: ${problem.replace(/^compilation failed: /, "")}\n`]
    })
    return problems.length === 0 ? [] : [{ fieldRef, warning: problems.join("\n") }]
  }
  return objectsIn(spec, "validations").flatMap((validation, index) => {
    const at = `spec.validations[${index}]`
    return [
      ...check(stringOf(validation, "expression"), "validation", `${at}.expression`),
      ...check(stringOf(validation, "messageExpression"), "message", `${at}.messageExpression`),
    ]
  })
}
