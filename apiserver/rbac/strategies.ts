/** Roles and bindings as objects: defaults and what each field may say. Source: apis/rbac/validation. */
import { isObject } from "../body-object.ts"
import { equal } from "../json/index.ts"
import type { FieldError, MutableJson, MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import type { Strategy } from "../strategy.ts"
import { type PolicyRule, parseRule, rbacGroup } from "./policy-rule.ts"

const required = (field: string, why: string): FieldError => ({
  field,
  type: "FieldValueRequired",
  detail: `Required value: ${why}`,
})

const invalid = (field: string, value: MutableJson, why: string): FieldError => ({
  field,
  type: "FieldValueInvalid",
  detail: `Invalid value: ${JSON.stringify(value)}: ${why}`,
})

const notSupported = (field: string, value: string, supported: ReadonlyArray<string>): FieldError => ({
  field,
  type: "FieldValueNotSupported",
  detail: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map((item) => JSON.stringify(item)).join(", ")}`,
})

const ruleErrors = (rule: PolicyRule, field: string, namespaced: boolean): ReadonlyArray<FieldError> => {
  const errors: FieldError[] = []
  if (rule.verbs.length === 0)
    errors.push(required(`${field}.verbs`, "verbs must contain at least one value"))
  const urls = `${field}.nonResourceURLs`
  if (rule.nonResourceURLs.length > 0) {
    if (namespaced) {
      errors.push(
        invalid(urls, [...rule.nonResourceURLs], "namespaced rules cannot apply to non-resource URLs"),
      )
    }
    if (rule.apiGroups.length + rule.resources.length + rule.resourceNames.length > 0) {
      const why = "rules cannot apply to both regular resources and non-resource URLs"
      errors.push(invalid(urls, [...rule.nonResourceURLs], why))
    }
    return errors
  }
  if (rule.apiGroups.length === 0)
    errors.push(required(`${field}.apiGroups`, "resource rules must supply at least one api group"))
  if (rule.resources.length === 0)
    errors.push(required(`${field}.resources`, "resource rules must supply at least one resource"))
  return errors
}

const rulesErrors =
  (namespaced: boolean) =>
  (role: MutableObject): ReadonlyArray<FieldError> => {
    const rules = Array.isArray(role.rules) ? role.rules : []
    return rules.flatMap((rule, index) =>
      isObject(rule) ? ruleErrors(parseRule(rule), `rules[${index}]`, namespaced) : [],
    )
  }

const subjectsOf = (binding: MutableObject): ReadonlyArray<MutableObject> =>
  Array.isArray(binding.subjects) ? binding.subjects.filter(isObject) : []

const fillBinding = (binding: MutableObject): void => {
  if (isObject(binding.roleRef) && stringOf(binding.roleRef, "apiGroup") === "")
    binding.roleRef.apiGroup = rbacGroup
  for (const subject of subjectsOf(binding)) {
    if (stringOf(subject, "apiGroup") !== "") continue
    const kind = stringOf(subject, "kind")
    if (kind === "User" || kind === "Group") subject.apiGroup = rbacGroup
    else delete subject.apiGroup
  }
}

const subjectErrors = (subject: MutableObject, field: string): ReadonlyArray<FieldError> => {
  const errors: FieldError[] = []
  const kind = stringOf(subject, "kind")
  const group = stringOf(subject, "apiGroup")
  if (stringOf(subject, "name") === "") errors.push(required(`${field}.name`, ""))
  if (kind === "ServiceAccount") {
    if (group !== "") errors.push(notSupported(`${field}.apiGroup`, group, [""]))
    if (stringOf(subject, "namespace") === "") errors.push(required(`${field}.namespace`, ""))
  } else if (kind === "User" || kind === "Group") {
    if (group !== rbacGroup) errors.push(notSupported(`${field}.apiGroup`, group, [rbacGroup]))
  } else errors.push(notSupported(`${field}.kind`, kind, ["ServiceAccount", "User", "Group"]))
  return errors
}

const roleRefErrors = (
  { roleRef }: MutableObject,
  kinds: ReadonlyArray<string>,
): ReadonlyArray<FieldError> => {
  const reference = isObject(roleRef) ? roleRef : {}
  const errors: FieldError[] = []
  const group = stringOf(reference, "apiGroup")
  const kind = stringOf(reference, "kind")
  if (group !== rbacGroup) errors.push(notSupported("roleRef.apiGroup", group, [rbacGroup]))
  if (!kinds.includes(kind)) errors.push(notSupported("roleRef.kind", kind, kinds))
  if (stringOf(reference, "name") === "") errors.push(required("roleRef.name", ""))
  return errors
}

const bindingErrors =
  (kinds: ReadonlyArray<string>) =>
  (binding: MutableObject, old: MutableObject | undefined): ReadonlyArray<FieldError> => {
    const errors = [
      ...roleRefErrors(binding, kinds),
      ...subjectsOf(binding).flatMap((subject, index) => subjectErrors(subject, `subjects[${index}]`)),
    ]
    if (old !== undefined && !equal(binding.roleRef, old.roleRef))
      errors.push(invalid("roleRef", binding.roleRef ?? null, "cannot change roleRef"))
    return errors
  }

const plain = {
  generation: false,
  unconditionalUpdate: true,
  createOnUpdate: true,
  pathNames: true,
} as const

const binding = (kinds: ReadonlyArray<string>): Strategy => ({
  ...plain,
  prepareCreate: fillBinding,
  prepareUpdate: fillBinding,
  validate: bindingErrors(kinds),
})

/** By `group/plural`. */
export const rbacStrategies: { readonly [id: string]: Strategy } = {
  [`${rbacGroup}/roles`]: { ...plain, validate: rulesErrors(true) },
  [`${rbacGroup}/clusterroles`]: { ...plain, validate: rulesErrors(false) },
  [`${rbacGroup}/rolebindings`]: binding(["Role", "ClusterRole"]),
  [`${rbacGroup}/clusterrolebindings`]: binding(["ClusterRole"]),
}
