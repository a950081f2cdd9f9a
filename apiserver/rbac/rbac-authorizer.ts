/** RBAC: what is allowed is what some rule of some role bound to the user or one of their groups allows. */
import type { AccessRequest, Authorizer, Rules } from "../authorizer.ts"
import { allows, type PolicyRule } from "./policy-rule.ts"
import type { Grant, RoleIndex, RoleRef } from "./role-index.ts"

const plurals: { readonly [kind: string]: string } = { Role: "role", ClusterRole: "clusterrole" }

const missingText = ({ kind, name }: RoleRef): string =>
  `${plurals[kind] ?? kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`

const subjectText = (subject: string): string => {
  const colon = subject.indexOf(":")
  return `${subject.slice(0, colon)} ${JSON.stringify(subject.slice(colon + 1))}`
}

const allowedText = ({ binding, subject }: Grant): string => {
  const { namespace, name, role } = binding
  const bound =
    namespace === ""
      ? `ClusterRoleBinding ${JSON.stringify(name)}`
      : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`
  return `RBAC: allowed by ${bound} of ${role.kind} ${JSON.stringify(role.name)} to ${subjectText(subject)}`
}

const anyAllows = (rules: ReadonlyArray<PolicyRule>, request: AccessRequest): boolean => {
  for (const rule of rules) if (allows(rule, request)) return true
  return false
}

/** Each rule once, in the order found. */
const rulesOf = (rules: ReadonlyArray<PolicyRule>): Rules => {
  const different = [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()]
  return {
    resourceRules: different.filter((rule) => rule.resources.length > 0),
    nonResourceRules: different.filter((rule) => rule.nonResourceURLs.length > 0),
  }
}

/** Decides from the index alone, at once. Members of `system:masters` are not asked about: see the caller. */
export const rbacAuthorizer = (index: RoleIndex): Authorizer => ({
  authorize: ({ user, info }) => {
    const missing: string[] = []
    for (const grant of index.grants(user, info.type === "resource" ? info.namespace : "")) {
      if (grant.rules === undefined) missing.push(missingText(grant.binding.role))
      else if (anyAllows(grant.rules, info)) return { allowed: true, reason: allowedText(grant) }
    }
    return { allowed: false, reason: missing.length === 0 ? "" : `RBAC: ${missing.join(", ")}` }
  },
  rules: (user, namespace) => rulesOf(index.rulesFor(user, namespace)),
})
