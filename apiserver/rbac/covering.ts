/**
 * Whether rules that somebody holds cover rules that they want to give. Each wanted rule is taken apart into single
 * permissions, and each of those must be covered by one held rule. Source: component-helpers auth/rbac/validation Covers.
 */
import { MachineryError } from "../machinery.ts"
import { rbacLimits } from "./limits.ts"
import { coversName, coversPath, coversResource, type PolicyRule } from "./policy-rule.ts"

const one = (rule: Partial<PolicyRule>): PolicyRule => ({
  verbs: [],
  apiGroups: [],
  resources: [],
  resourceNames: [],
  nonResourceURLs: [],
  ...rule,
})

function* permissionsOf(rule: PolicyRule): Generator<PolicyRule> {
  for (const verb of rule.verbs) {
    for (const url of rule.nonResourceURLs) yield one({ verbs: [verb], nonResourceURLs: [url] })
    for (const group of rule.apiGroups) {
      for (const resource of rule.resources) {
        const single = one({ verbs: [verb], apiGroups: [group], resources: [resource] })
        if (rule.resourceNames.length === 0) yield single
        for (const name of rule.resourceNames) yield { ...single, resourceNames: [name] }
      }
    }
  }
}

const resourceCovered = (held: PolicyRule, wanted: string): boolean => {
  const slash = wanted.indexOf("/")
  return slash < 0
    ? coversResource(held.resources, wanted, "")
    : coversResource(held.resources, wanted.slice(0, slash), wanted.slice(slash + 1))
}

const covers = (held: PolicyRule, wanted: PolicyRule): boolean => {
  const [verb = ""] = wanted.verbs
  if (!held.verbs.includes("*") && !held.verbs.includes(verb)) return false
  const [url] = wanted.nonResourceURLs
  if (url !== undefined) return coversPath(held.nonResourceURLs, url)
  const [group = ""] = wanted.apiGroups
  const [resource = ""] = wanted.resources
  const [name] = wanted.resourceNames
  if (!held.apiGroups.includes("*") && !held.apiGroups.includes(group)) return false
  if (!resourceCovered(held, resource)) return false
  return name === undefined ? held.resourceNames.length === 0 : coversName(held.resourceNames, name)
}

/** The wanted permissions that nothing held covers, one rule each. Fails with `Invalid` when there are too many. */
export const uncovered = (
  held: ReadonlyArray<PolicyRule>,
  wanted: ReadonlyArray<PolicyRule>,
): ReadonlyArray<PolicyRule> => {
  const found: PolicyRule[] = []
  let count = 0
  for (const rule of wanted) {
    for (const permission of permissionsOf(rule)) {
      if (++count > rbacLimits.permissionsMax) {
        throw new MachineryError(
          "Invalid",
          `a role may give at most ${rbacLimits.permissionsMax} permissions`,
        )
      }
      if (!held.some((candidate) => covers(candidate, permission))) found.push(permission)
    }
  }
  return found
}
