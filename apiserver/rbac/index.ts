/** Who may do what, by roles and bindings. Start with {@link Rbac}. */
export { uncovered } from "./covering.ts"
export {
  coversPath,
  coversResource,
  type PolicyRule,
  parseRules,
  rbacGroup,
  ruleDocument,
} from "./policy-rule.ts"
export { Rbac, type RbacOptions } from "./rbac.ts"
export { rbacAuthorizer } from "./rbac-authorizer.ts"
export { type Grant, RoleIndex, serviceAccountName } from "./role-index.ts"
export { rbacStrategies } from "./strategies.ts"
