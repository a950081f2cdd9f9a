/**
 * Validation of ObjectMeta. Source: apimachinery `api/validation`, ValidateObjectMeta.
 * Start with {@link validateObjectMeta}.
 */
import type { Json, JsonObject } from "../../schemas/index.ts"
import { isArray, isObject, own } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { forbidden, invalid, required, tooLong, typeInvalid } from "./field-error.ts"
import { isDateTime } from "./formats.ts"
import { ANNOTATIONS_SIZE_MAX } from "./limits.ts"
import {
  dnsLabelProblem,
  dnsSubdomainProblem,
  labelValueProblem,
  pathSegmentProblem,
  qualifiedNameProblem,
} from "./names.ts"
import { ownerReferenceErrors } from "./owner-references.ts"

export interface ObjectMetaRules {
  readonly namespaced: boolean
  readonly nameIs: "dnsLabel" | "dnsSubdomain" | "pathSegment"
  /** Part of another object: it may be without a name and a namespace. */
  readonly embedded?: boolean
}

const expectString = (metadata: JsonObject, name: string): ReadonlyArray<FieldError> => {
  const value = own(metadata, name)
  if (value === undefined || typeof value === "string") return []
  return [typeInvalid(`metadata.${name}`, value, "must be a string")]
}

const stringFields = ["name", "generateName", "namespace", "uid", "resourceVersion", "selfLink"] as const
const timeFields = ["creationTimestamp", "deletionTimestamp"] as const

const shapeErrors = (metadata: JsonObject): ReadonlyArray<FieldError> => {
  const errors = stringFields.flatMap((name) => expectString(metadata, name))
  for (const name of timeFields) {
    const value = own(metadata, name)
    if (value === undefined || value === null || (typeof value === "string" && isDateTime(value))) continue
    errors.push(invalid(`metadata.${name}`, value, "must be an RFC 3339 time"))
  }
  for (const name of ["generation", "deletionGracePeriodSeconds"]) {
    const value = own(metadata, name)
    if (value === undefined || (typeof value === "number" && Number.isInteger(value) && value >= 0)) continue
    errors.push(invalid(`metadata.${name}`, value, "must be greater than or equal to 0"))
  }
  return errors
}

const nameProblems = {
  dnsLabel: dnsLabelProblem,
  dnsSubdomain: dnsSubdomainProblem,
  pathSegment: pathSegmentProblem,
} as const

const nameErrors = (metadata: JsonObject, rules: ObjectMetaRules): ReadonlyArray<FieldError> => {
  const problem = nameProblems[rules.nameIs]
  const errors: FieldError[] = []
  const name = own(metadata, "name") ?? ""
  const generateName = own(metadata, "generateName") ?? ""
  if (typeof generateName === "string" && generateName !== "") {
    const base = generateName.endsWith("-") ? `${generateName.slice(0, -1)}a` : generateName
    const why = problem(base)
    if (why !== undefined) errors.push(invalid("metadata.generateName", generateName, why))
  }
  if (name === "") {
    if (rules.embedded !== true) errors.push(required("metadata.name", "name or generateName is required"))
  } else if (typeof name === "string") {
    const why = problem(name)
    if (why !== undefined) errors.push(invalid("metadata.name", name, why))
  }
  return errors
}

const namespaceErrors = (metadata: JsonObject, rules: ObjectMetaRules): ReadonlyArray<FieldError> => {
  const namespace = own(metadata, "namespace") ?? ""
  if (typeof namespace !== "string") return []
  if (!rules.namespaced) {
    return namespace === "" ? [] : [forbidden("metadata.namespace", "not allowed on this type")]
  }
  if (namespace === "") return rules.embedded === true ? [] : [required("metadata.namespace")]
  const why = dnsLabelProblem(namespace)
  return why === undefined ? [] : [invalid("metadata.namespace", namespace, why)]
}

const labelErrors = (labels: Json | undefined): ReadonlyArray<FieldError> => {
  if (labels === undefined || labels === null) return []
  if (!isObject(labels)) return [typeInvalid("metadata.labels", labels, "must be an object")]
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(labels)) {
    const problem = qualifiedNameProblem(key)
    if (problem !== undefined) errors.push(invalid("metadata.labels", key, problem))
    if (typeof value !== "string") {
      errors.push(typeInvalid(`metadata.labels.${key}`, value, "must be a string"))
      continue
    }
    const why = labelValueProblem(value)
    if (why !== undefined) errors.push(invalid("metadata.labels", value, why))
  }
  return errors
}

const annotationErrors = (annotations: Json | undefined): ReadonlyArray<FieldError> => {
  if (annotations === undefined || annotations === null) return []
  if (!isObject(annotations)) return [typeInvalid("metadata.annotations", annotations, "must be an object")]
  const errors: FieldError[] = []
  let size = 0
  for (const [key, value] of Object.entries(annotations)) {
    const problem = qualifiedNameProblem(key.toLowerCase())
    if (problem !== undefined) errors.push(invalid("metadata.annotations", key, problem))
    if (typeof value === "string") size += Buffer.byteLength(key) + Buffer.byteLength(value)
    else errors.push(typeInvalid(`metadata.annotations.${key}`, value, "must be a string"))
  }
  if (size > ANNOTATIONS_SIZE_MAX) errors.push(tooLong("metadata.annotations", ANNOTATIONS_SIZE_MAX))
  return errors
}

const finalizerErrors = (finalizers: Json | undefined): ReadonlyArray<FieldError> => {
  if (finalizers === undefined || finalizers === null) return []
  if (!isArray(finalizers)) return [typeInvalid("metadata.finalizers", finalizers, "must be a list")]
  const errors: FieldError[] = []
  for (const [index, finalizer] of finalizers.entries()) {
    const field = `metadata.finalizers[${index}]`
    if (typeof finalizer !== "string") {
      errors.push(typeInvalid(field, finalizer, "must be a string"))
      continue
    }
    const problem = qualifiedNameProblem(finalizer)
    if (problem !== undefined) errors.push(invalid("metadata.finalizers", finalizer, problem))
  }
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    errors.push(
      invalid(
        "metadata.finalizers",
        finalizers,
        "finalizer orphan and foregroundDeletion cannot be both set",
      ),
    )
  }
  return errors
}

/** All that is wrong with an object's metadata; a generated name must be in place already. [] is valid. */
export const validateObjectMeta = (metadata: Json | undefined, rules: ObjectMetaRules): FieldError[] => {
  if (!isObject(metadata)) return [typeInvalid("metadata", metadata ?? null, "must be an object")]
  return [
    ...shapeErrors(metadata),
    ...nameErrors(metadata, rules),
    ...namespaceErrors(metadata, rules),
    ...labelErrors(own(metadata, "labels")),
    ...annotationErrors(own(metadata, "annotations")),
    ...ownerReferenceErrors(own(metadata, "ownerReferences")),
    ...finalizerErrors(own(metadata, "finalizers")),
  ]
}
