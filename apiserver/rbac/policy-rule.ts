/**
 * One rule of a role, and whether it allows a request. Rules are parsed once, when their role is taken up.
 * Source: plugin/pkg/auth/authorizer/rbac and apis/rbac/v1/evaluation_helpers.
 */
import type { AccessRequest } from "../authorizer.ts"
import { isObject } from "../body-object.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"

export const rbacGroup = "rbac.authorization.k8s.io"

export interface PolicyRule {
  readonly verbs: ReadonlyArray<string>
  readonly apiGroups: ReadonlyArray<string>
  readonly resources: ReadonlyArray<string>
  readonly resourceNames: ReadonlyArray<string>
  readonly nonResourceURLs: ReadonlyArray<string>
}

const all = "*"

const textsOf = (rule: MutableObject, key: string): ReadonlyArray<string> => {
  const value = Object.hasOwn(rule, key) ? rule[key] : undefined
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : []
}

export const parseRule = (rule: MutableObject): PolicyRule => ({
  verbs: textsOf(rule, "verbs"),
  apiGroups: textsOf(rule, "apiGroups"),
  resources: textsOf(rule, "resources"),
  resourceNames: textsOf(rule, "resourceNames"),
  nonResourceURLs: textsOf(rule, "nonResourceURLs"),
})

/** The rules of a role as it is stored; what is no rule is left out. */
export const parseRules = (rules: MutableJson | undefined): ReadonlyArray<PolicyRule> =>
  Array.isArray(rules) ? rules.filter(isObject).map(parseRule) : []

/** As it stands in a role: empty lists are left out. */
export const ruleDocument = (rule: PolicyRule): MutableObject => {
  const document: MutableObject = { verbs: [...rule.verbs] }
  for (const key of ["apiGroups", "resources", "resourceNames", "nonResourceURLs"] as const) {
    if (rule[key].length > 0) document[key] = [...rule[key]]
  }
  return document
}

const has = (list: ReadonlyArray<string>, value: string): boolean =>
  list.includes(value) || list.includes(all)

/** `pods`, `pods/log`, `*\/scale`, `*`; `pods` does not mean its subresources, `*` means them too. */
export const coversResource = (
  list: ReadonlyArray<string>,
  resource: string,
  subresource: string,
): boolean => {
  if (list.includes(all)) return true
  if (subresource === "") return list.includes(resource)
  return list.includes(`${resource}/${subresource}`) || list.includes(`*/${subresource}`)
}

/** A path itself, or below one that ends in `*`. */
export const coversPath = (list: ReadonlyArray<string>, path: string): boolean =>
  list.some((known) => known === path || (known.endsWith(all) && path.startsWith(known.slice(0, -1))))

export const coversName = (list: ReadonlyArray<string>, name: string): boolean =>
  list.length === 0 || list.includes(name)

/** Whether the rule alone allows the request. */
export const allows = (rule: PolicyRule, request: AccessRequest): boolean => {
  if (!has(rule.verbs, request.verb)) return false
  if (request.type === "path") return coversPath(rule.nonResourceURLs, request.path)
  return (
    has(rule.apiGroups, request.group) &&
    coversResource(rule.resources, request.resource, request.subresource) &&
    coversName(rule.resourceNames, request.name)
  )
}
