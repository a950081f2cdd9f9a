/** What is wrong with rules of webhooks and policies. Source: admissionregistration/validation. */
import type { FieldError, MutableObject } from "../machinery.ts"
import { objectIn, objectsIn, stringsIn } from "../open-fields.ts"
import { duplicate, invalid, required } from "../schema/field-error.ts"
import { selectorErrors } from "./selector.ts"

/** A list that must have something, and nothing else beside `*`. */
const wildcardErrors = (values: ReadonlyArray<string>, field: string, what: string): FieldError[] => {
  if (values.length === 0) return [required(field)]
  if (values.length === 1 || !values.includes("*")) return []
  return [invalid(field, [...values], `if '*' is present, must not specify other ${what}`)]
}

const emptyErrors = (values: ReadonlyArray<string>, field: string): ReadonlyArray<FieldError> =>
  values.flatMap((value, index) => (value === "" ? [required(`${field}[${index}]`)] : []))

const resourceErrors = (resources: ReadonlyArray<string>, field: string): ReadonlyArray<FieldError> => {
  if (resources.length === 0) return [required(field)]
  const errors: FieldError[] = [...emptyErrors(resources, field)]
  const wholeResources = new Set<string>()
  const wholeSubresources = new Set<string>()
  for (const [index, text] of resources.entries()) {
    const slash = text.indexOf("/")
    if (slash < 0) continue
    const [resource, sub] = [text.slice(0, slash), text.slice(slash + 1)]
    if (wholeResources.has(resource))
      errors.push(
        invalid(`${field}[${index}]`, text, `if '${resource}/*' is present, must not specify ${text}`),
      )
    if (wholeSubresources.has(sub))
      errors.push(invalid(`${field}[${index}]`, text, `if '*/${sub}' is present, must not specify ${text}`))
    if (sub === "*") wholeResources.add(resource)
    if (resource === "*") wholeSubresources.add(sub)
  }
  if (resources.length > 1 && resources.includes("*/*"))
    errors.push(invalid(field, [...resources], "if '*/*' is present, must not specify other resources"))
  if (resources.includes("*") && resources.some((text) => text !== "*" && !text.includes("/")))
    errors.push(
      invalid(
        field,
        [...resources],
        "if '*' is present, must not specify other resources without subresources",
      ),
    )
  return errors
}

export const ruleErrors = (rule: MutableObject, field: string): ReadonlyArray<FieldError> => {
  const versions = stringsIn(rule, "apiVersions")
  return [
    ...wildcardErrors(stringsIn(rule, "operations"), `${field}.operations`, "operations"),
    ...wildcardErrors(stringsIn(rule, "apiGroups"), `${field}.apiGroups`, "API groups"),
    ...wildcardErrors(versions, `${field}.apiVersions`, "API versions"),
    ...emptyErrors(versions, `${field}.apiVersions`),
    ...resourceErrors(stringsIn(rule, "resources"), `${field}.resources`),
  ]
}

const nameErrors = (rule: MutableObject, field: string): ReadonlyArray<FieldError> => {
  const seen = new Set<string>()
  return stringsIn(rule, "resourceNames").flatMap((name, index) => {
    const at = `${field}.resourceNames[${index}]`
    if (seen.has(name)) return [duplicate(at, name)]
    seen.add(name)
    return name === "" || /[/%]/.test(name)
      ? [invalid(at, name, "must be a name that can stand in a path")]
      : []
  })
}

/** matchConstraints of a policy, or matchResources of a binding. */
export const matchResourcesErrors = (
  match: MutableObject | undefined,
  field: string,
): ReadonlyArray<FieldError> => {
  if (match === undefined) return []
  const rules = ["resourceRules", "excludeResourceRules"].flatMap((key) =>
    objectsIn(match, key).flatMap((rule, index) => {
      const at = `${field}.${key}[${index}]`
      return [...nameErrors(rule, at), ...ruleErrors(rule, at)]
    }),
  )
  return [
    ...selectorErrors(objectIn(match, "namespaceSelector"), `${field}.namespaceSelector`),
    ...selectorErrors(objectIn(match, "objectSelector"), `${field}.objectSelector`),
    ...rules,
  ]
}
