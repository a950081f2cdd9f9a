/**
 * What a webhook, a policy or a binding is about: rules over kinds of requests, selectors over labels.
 *
 * The rules are matched once for a kind of request and remembered; names and labels are looked at each time.
 */
import type { LabelSelector, MutableObject } from "../machinery.ts"
import { objectIn, objectsIn } from "../open-fields.ts"
import { stringOf } from "../registry/object-meta.ts"
import { type RequestKind, type Rule, ruleMatches, ruleNames, ruleOf } from "./rule.ts"
import { selectorOf } from "./selector.ts"

export interface Constraint {
  /** Undefined: every request (a binding that says nothing). */
  readonly rules: ReadonlyArray<Rule> | undefined
  readonly excluded: ReadonlyArray<Rule>
  readonly equivalent: boolean
  readonly namespaceSelector: LabelSelector | undefined
  readonly objectSelector: LabelSelector | undefined
}

/** That a constraint is about a kind of request, and how. */
export interface ConstraintMatch {
  /** The version in which the rules speak of the resource. */
  readonly version: string
  readonly rules: ReadonlyArray<Rule> | undefined
  readonly excluded: ReadonlyArray<Rule>
}

/** Reads a webhook, or the matchConstraints or matchResources of a policy or binding. */
export const constraintOf = (
  document: MutableObject,
  rulesKey: "rules" | "resourceRules",
  whenEmpty: "nothing" | "everything",
): Constraint => {
  const rules = objectsIn(document, rulesKey).map(ruleOf)
  return {
    rules: rules.length === 0 && whenEmpty === "everything" ? undefined : rules,
    excluded: objectsIn(document, "excludeResourceRules").map(ruleOf),
    equivalent: stringOf(document, "matchPolicy") !== "Exact",
    namespaceSelector: selectorOf(objectIn(document, "namespaceSelector")),
    objectSelector: selectorOf(objectIn(document, "objectSelector")),
  }
}

/** The versions that a rule may name for a request: its own first, then equivalent ones. */
const versionsFor = (constraint: Constraint, kind: RequestKind): ReadonlyArray<string> => {
  if (!constraint.equivalent) return [kind.version]
  const others = [...kind.resource.versions.keys()].filter((version) => version !== kind.version)
  return [kind.version, ...others]
}

const matchingRules = (rules: ReadonlyArray<Rule>, kind: RequestKind, version: string): ReadonlyArray<Rule> =>
  rules.filter((rule) => ruleMatches(rule, { ...kind, version }))

/** Whether and how a constraint is about a kind of request. */
export const matchKind = (constraint: Constraint, kind: RequestKind): ConstraintMatch | undefined => {
  const versions = versionsFor(constraint, kind)
  const excluded = versions.flatMap((version) => matchingRules(constraint.excluded, kind, version))
  if (excluded.some((rule) => rule.names.length === 0)) return undefined
  if (constraint.rules === undefined) return { version: kind.version, rules: undefined, excluded }
  for (const version of versions) {
    const rules = matchingRules(constraint.rules, kind, version)
    if (rules.length > 0) return { version, rules, excluded }
  }
  return undefined
}

/** What of a request names and selectors look at. */
export interface Matched {
  readonly name: string
  /** Labels of the namespace; undefined where selectors of namespaces do not apply. */
  readonly namespaceLabels: () => { readonly [key: string]: string } | undefined
  /** Labels of the object and of its old state, where there are such. */
  readonly objectLabels: () => ReadonlyArray<{ readonly [key: string]: string }>
}

export const matchObject = (
  { namespaceSelector, objectSelector }: Constraint,
  { rules, excluded }: ConstraintMatch,
  request: Matched,
): boolean => {
  if (excluded.some((rule) => ruleNames(rule, request.name))) return false
  if (rules !== undefined && !rules.some((rule) => ruleNames(rule, request.name))) return false
  if (namespaceSelector !== undefined) {
    const labels = request.namespaceLabels()
    if (labels !== undefined && !namespaceSelector(labels)) return false
  }
  return objectSelector === undefined || request.objectLabels().some((labels) => objectSelector(labels))
}
