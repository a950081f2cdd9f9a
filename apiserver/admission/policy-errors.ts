/** What policies and their bindings must be beyond their schemas. Source: admissionregistration/validation. */
import { equal } from "../json/index.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { objectIn, objectsIn, stringsIn } from "../open-fields.ts"
import { nameOf, stringOf } from "../registry/object-meta.ts"
import { duplicate, invalid, notSupported, required, tooMany } from "../schema/field-error.ts"
import { dnsLabelProblem, dnsSubdomainProblem, qualifiedNameProblem } from "../schema/index.ts"
import { matchConditionErrors } from "./condition-errors.ts"
import type { Expression } from "./expression.ts"
import { limits } from "./limits.ts"
import { conditionScope } from "./match-conditions.ts"
import { type PolicyCompiler, policyCompiler } from "./policy.ts"
import { matchResourcesErrors } from "./rule-errors.ts"
import { selectorErrors } from "./selector.ts"

const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"]

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/
const reserved: ReadonlySet<string> = new Set(
  "false true null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
)

const problemOf = ({ source, problem }: Expression, field: string): ReadonlyArray<FieldError> =>
  problem === undefined ? [] : [invalid(field, source, problem)]

const paramKindErrors = (kind: MutableObject | undefined, field: string): ReadonlyArray<FieldError> => {
  if (kind === undefined) return []
  const errors: FieldError[] = []
  const apiVersion = stringOf(kind, "apiVersion")
  const parts = apiVersion.split("/")
  const version = parts.at(-1) ?? ""
  if (apiVersion === "") errors.push(required(`${field}.apiVersion`))
  else if (parts.length > 2)
    errors.push(invalid(`${field}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  else {
    const [group] = parts
    const problem =
      (parts.length === 2 && group !== undefined ? dnsSubdomainProblem(group) : undefined) ??
      (version === "" ? "version must be specified" : dnsLabelProblem(version))
    if (problem !== undefined) errors.push(invalid(`${field}.apiVersion`, apiVersion, problem))
  }
  const name = stringOf(kind, "kind")
  const problem = dnsLabelProblem(name.toLowerCase())
  if (name === "") errors.push(required(`${field}.kind`))
  else if (problem !== undefined)
    errors.push(invalid(`${field}.kind`, name, `may have mixed case, but should otherwise match: ${problem}`))
  return errors
}

const variableErrors = (spec: MutableObject, { variables }: PolicyCompiler): ReadonlyArray<FieldError> =>
  variables.flatMap(({ name, expression }, index): ReadonlyArray<FieldError> => {
    const at = `spec.variables[${index}]`
    const named =
      name.trim() === ""
        ? [required(`${at}.name`, "name is not specified")]
        : identifier.test(name) && !reserved.has(name)
          ? []
          : [invalid(`${at}.name`, name, "name is not a valid CEL identifier")]
    if (stringOf(objectsIn(spec, "variables")[index] ?? {}, "expression").trim() === "")
      return [...named, required(`${at}.expression`, "expression is not specified")]
    return [...named, ...problemOf(expression, `${at}.expression`)]
  })

const messageErrors = (validation: MutableObject, at: string): ReadonlyArray<FieldError> => {
  const message = stringOf(validation, "message")
  const trimmed = message.trim()
  if (message !== "" && trimmed === "")
    return [invalid(`${at}.message`, message, "message must be non-empty if specified")]
  if (/[\n\r]/.test(trimmed))
    return [invalid(`${at}.message`, message, "message must not contain line breaks")]
  if (/[\n\r]/.test(stringOf(validation, "expression").trim()) && trimmed === "")
    return [required(`${at}.message`, "message must be specified if expression contains line breaks")]
  return []
}

const validationErrors = (
  validation: MutableObject,
  at: string,
  compiler: PolicyCompiler,
): ReadonlyArray<FieldError> => {
  const source = stringOf(validation, "expression")
  const messageSource = stringOf(validation, "messageExpression")
  const reason = stringOf(validation, "reason")
  return [
    ...(source.trim() === ""
      ? [required(`${at}.expression`, "expression is not specified")]
      : problemOf(compiler.expression(source, "validation", "bool"), `${at}.expression`)),
    ...(messageSource === ""
      ? []
      : messageSource.trim() === ""
        ? [invalid(`${at}.messageExpression`, messageSource, "must be non-empty if specified")]
        : problemOf(compiler.expression(messageSource, "message", "string"), `${at}.messageExpression`)),
    ...messageErrors(validation, at),
    ...(reason === "" || reasons.includes(reason) ? [] : [notSupported(`${at}.reason`, reason, reasons)]),
  ]
}

const annotationErrors = (policy: string, spec: MutableObject, compiler: PolicyCompiler) => {
  const field = "spec.auditAnnotations"
  const annotations = objectsIn(spec, "auditAnnotations")
  const keys = annotations.map((annotation) => stringOf(annotation, "key"))
  const errors: FieldError[] = []
  if (annotations.length > limits.auditAnnotationsMax)
    return [tooMany(field, annotations.length, limits.auditAnnotationsMax)]
  for (const [index, annotation] of annotations.entries()) {
    const at = `${field}[${index}]`
    const key = keys[index] ?? ""
    const problem = qualifiedNameProblem(`${policy}/${key}`)
    if (key === "") errors.push(required(`${at}.key`))
    else if (problem !== undefined) errors.push(invalid(`${at}.key`, key, problem))
    if (keys.indexOf(key) !== index) errors.push(duplicate(`${at}.key`, key))
    const source = stringOf(annotation, "valueExpression")
    if (source.trim() === "")
      errors.push(required(`${at}.valueExpression`, "valueExpression is not specified"))
    else if (source.length > limits.expressionCharactersMax)
      errors.push(
        required(
          `${at}.valueExpression`,
          `must not exceed ${limits.expressionCharactersMax} bytes in length`,
        ),
      )
    else
      errors.push(
        ...problemOf(compiler.expression(source, "message", "stringOrNull"), `${at}.valueExpression`),
      )
  }
  return errors
}

const constraintErrors = (spec: MutableObject): ReadonlyArray<FieldError> => {
  const field = "spec.matchConstraints"
  const constraints = objectIn(spec, "matchConstraints")
  if (constraints === undefined) return [required(field)]
  const errors = matchResourcesErrors(constraints, field)
  return objectsIn(constraints, "resourceRules").length > 0
    ? errors
    : [...errors, required(`${field}.resourceRules`)]
}

/** More of them than are compiled, for whatever end. */
export const countErrors = (spec: MutableObject): ReadonlyArray<FieldError> => {
  const counted = [
    ["variables", limits.variablesMax],
    ["validations", limits.validationsMax],
  ] as const
  return counted.flatMap(([key, max]) => {
    const { length } = objectsIn(spec, key)
    return length > max ? [tooMany(`spec.${key}`, length, max)] : []
  })
}

const contentErrors = (policy: MutableObject, spec: MutableObject): ReadonlyArray<FieldError> => {
  const excess = countErrors(spec)
  if (excess.length > 0) return excess
  const compiler = policyCompiler(spec, objectIn(spec, "paramKind") !== undefined)
  const validations = objectsIn(spec, "validations")
  const variables = variableErrors(spec, compiler)
  if (validations.length === 0 && objectsIn(spec, "auditAnnotations").length === 0) {
    const why = "validations or auditAnnotations must contain at least one item"
    return [...variables, required("spec.validations", why), required("spec.auditAnnotations", why)]
  }
  return [
    ...variables,
    ...validations.flatMap((validation, index) =>
      validationErrors(validation, `spec.validations[${index}]`, compiler),
    ),
    ...annotationErrors(nameOf(policy), spec, compiler),
  ]
}

/** All errors of a ValidatingAdmissionPolicy; a spec that is what it was may stay. */
export const policyErrors = (
  policy: MutableObject,
  old: MutableObject | undefined,
): ReadonlyArray<FieldError> => {
  const spec = objectIn(policy, "spec") ?? {}
  if (old !== undefined && equal(spec, objectIn(old, "spec") ?? {})) return []
  const paramKind = objectIn(spec, "paramKind")
  return [
    ...paramKindErrors(paramKind, "spec.paramKind"),
    ...constraintErrors(spec),
    ...matchConditionErrors(
      objectsIn(spec, "matchConditions"),
      "spec.matchConditions",
      conditionScope(paramKind !== undefined),
    ),
    ...contentErrors(policy, spec),
  ]
}

const paramRefErrors = (ref: MutableObject | undefined): ReadonlyArray<FieldError> => {
  if (ref === undefined) return []
  const field = "spec.paramRef"
  const errors: FieldError[] = []
  const name = stringOf(ref, "name")
  const selector = objectIn(ref, "selector")
  if (name !== "" && selector !== undefined) {
    const why = "name and selector are mutually exclusive"
    errors.push(invalid(`${field}.name`, name, why), invalid(`${field}.selector`, selector, why))
  } else if (name === "" && selector === undefined)
    errors.push(required(field, "one of name or selector must be specified"))
  errors.push(...selectorErrors(selector, `${field}.selector`))
  if (stringOf(ref, "parameterNotFoundAction") === "")
    errors.push(required(`${field}.parameterNotFoundAction`))
  return errors
}

const actionErrors = (actions: ReadonlyArray<string>): ReadonlyArray<FieldError> => {
  const field = "spec.validationActions"
  if (actions.length === 0) return [required(field, "at least one validation action is required")]
  if (!(actions.includes("Deny") && actions.includes("Warn"))) return []
  const why =
    "must not contain both Deny and Warn (repeating the same validation failure information in the API response and " +
    "headers serves no purpose)"
  return [invalid(field, [...actions], why)]
}

/** All errors of a ValidatingAdmissionPolicyBinding. */
export const bindingErrors = (binding: MutableObject): ReadonlyArray<FieldError> => {
  const spec = objectIn(binding, "spec") ?? {}
  const policy = stringOf(spec, "policyName")
  const problem = dnsSubdomainProblem(policy)
  return [
    ...(policy === ""
      ? [required("spec.policyName")]
      : problem === undefined
        ? []
        : [invalid("spec.policyName", policy, problem)]),
    ...paramRefErrors(objectIn(spec, "paramRef")),
    ...matchResourcesErrors(objectIn(spec, "matchResources"), "spec.matchResources"),
    ...actionErrors(stringsIn(spec, "validationActions")),
  ]
}
