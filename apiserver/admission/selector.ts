/** Label selectors as objects have them (`metav1.LabelSelector`): their predicate, and what is wrong with one. */
import type { FieldError, LabelSelector, MutableObject } from "../machinery.ts"
import { objectIn, objectsIn, stringsIn } from "../open-fields.ts"
import { stringOf } from "../registry/object-meta.ts"
import { forbidden, invalid, required } from "../schema/field-error.ts"
import { labelValueProblem, qualifiedNameProblem } from "../schema/index.ts"

type Labels = { readonly [key: string]: string }
type Requirement = (labels: Labels) => boolean

const none: Labels = {}

const labelOf = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined

const expressionOf = (expression: MutableObject): Requirement => {
  const key = stringOf(expression, "key")
  const values = new Set(stringsIn(expression, "values"))
  switch (stringOf(expression, "operator")) {
    case "In":
      return (labels) => {
        const value = labelOf(labels, key)
        return value !== undefined && values.has(value)
      }
    case "NotIn":
      return (labels) => {
        const value = labelOf(labels, key)
        return value === undefined || !values.has(value)
      }
    case "Exists":
      return (labels) => Object.hasOwn(labels, key)
    case "DoesNotExist":
      return (labels) => !Object.hasOwn(labels, key)
    default:
      return () => false
  }
}

/** The predicate; undefined when everything matches (an absent or empty selector). */
export const selectorOf = (selector: MutableObject | undefined): LabelSelector | undefined => {
  if (selector === undefined) return undefined
  const requirements: Requirement[] = []
  for (const [key, value] of Object.entries(objectIn(selector, "matchLabels") ?? {})) {
    requirements.push((labels) => labelOf(labels, key) === value)
  }
  requirements.push(...objectsIn(selector, "matchExpressions").map(expressionOf))
  if (requirements.length === 0) return undefined
  return (labels) => requirements.every((requirement) => requirement(labels ?? none))
}

const expressionErrors = (expression: MutableObject, field: string): ReadonlyArray<FieldError> => {
  const errors: FieldError[] = []
  const operator = stringOf(expression, "operator")
  const values = stringsIn(expression, "values")
  const needsValues = operator === "In" || operator === "NotIn"
  if (needsValues && values.length === 0)
    errors.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
  if (!needsValues && values.length > 0)
    errors.push(
      forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
    )
  const key = stringOf(expression, "key")
  const problem = qualifiedNameProblem(key)
  if (problem !== undefined) errors.push(invalid(`${field}.key`, key, problem))
  for (const [index, value] of values.entries()) {
    const wrong = labelValueProblem(value)
    if (wrong !== undefined) errors.push(invalid(`${field}.values[${index}]`, value, wrong))
  }
  return errors
}

export const selectorErrors = (
  selector: MutableObject | undefined,
  field: string,
): ReadonlyArray<FieldError> => {
  if (selector === undefined) return []
  const labels = Object.entries(objectIn(selector, "matchLabels") ?? {})
  return [
    ...labels.flatMap(([key, value]): ReadonlyArray<FieldError> => {
      const problem =
        qualifiedNameProblem(key) ?? (typeof value === "string" ? labelValueProblem(value) : "must be a text")
      return problem === undefined ? [] : [invalid(`${field}.matchLabels`, key, problem)]
    }),
    ...objectsIn(selector, "matchExpressions").flatMap((expression, index) =>
      expressionErrors(expression, `${field}.matchExpressions[${index}]`),
    ),
  ]
}
