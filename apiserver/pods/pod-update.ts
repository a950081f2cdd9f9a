/** What a changed Pod changes of its Sandbox: metadata, and the image of the container. Pure. */
import { isObject } from "../body-object.ts"
import { clone, equal } from "../json/index.ts"
import type { FieldError, MutableJson, MutableObject } from "../machinery.ts"
import { metadataOf } from "../registry/object-meta.ts"
import { keptFieldsAnnotation } from "./kept-fields.ts"

const firstContainer = (object: MutableObject): MutableObject => {
  const containers = isObject(object.spec) ? object.spec.containers : undefined
  const container = Array.isArray(containers) ? containers[0] : undefined
  return isObject(container) ? container : {}
}

const imageOf = (object: MutableObject): MutableJson => firstContainer(object).image ?? null

const withImage = (spec: MutableJson | undefined, image: MutableJson): MutableObject => {
  const copy = clone(spec ?? {})
  const object = { spec: copy }
  const container = firstContainer(object)
  container.image = image
  return isObject(copy) ? copy : {}
}

/** The fields of two specs that differ, by name. */
const differing = (before: MutableObject, after: MutableObject): ReadonlyArray<string> =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (field) => !equal(before[field] ?? null, after[field] ?? null),
  )

const unchangeable = (field: string): FieldError => ({
  field: `spec.${field}`,
  type: "FieldValueForbidden",
  detail:
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`: " +
    "change the Sandbox of the same name instead, or delete the pod and create it again",
})

/** Source: ValidatePodUpdate. */
export const updateErrors = (before: MutableObject, after: MutableObject): ReadonlyArray<FieldError> => {
  const wanted = isObject(after.spec) ? after.spec : {}
  return differing(withImage(before.spec, imageOf(after)), wanted).map(unchangeable)
}

const taken = ["labels", "annotations", "finalizers", "ownerReferences", "resourceVersion", "uid"]

/** The Sandbox with the Pod's changes in it. Changes `sandbox`. */
export const withPodChanges = (sandbox: MutableObject, pod: MutableObject): MutableObject => {
  const metadata = metadataOf(sandbox)
  const wanted = metadataOf(pod)
  const kept = isObject(metadata.annotations) ? metadata.annotations[keptFieldsAnnotation] : undefined
  for (const key of taken) {
    const value = wanted[key]
    if (value === undefined) delete metadata[key]
    else metadata[key] = clone(value)
  }
  if (kept !== undefined) {
    const annotations = isObject(metadata.annotations) ? metadata.annotations : {}
    metadata.annotations = { ...annotations, [keptFieldsAnnotation]: kept }
  }
  const image = imageOf(pod)
  if (image !== null) firstContainer(sandbox).image = image
  return sandbox
}
