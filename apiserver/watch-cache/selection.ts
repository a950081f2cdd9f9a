/** Which objects of a resource a list or watch is about: namespace, name, labels, fields. */
import type { FieldRequirement, LabelSelector } from "../machinery.ts"
import type { Resource } from "../resource.ts"
import { parseFieldSelector, parseLabelSelector } from "../selectors/index.ts"
import { badRequest } from "../status-error.ts"
import { type CachedObject, fieldsIn } from "./cached-object.ts"

export interface Selection {
  /** "" for all namespaces. */
  readonly namespace: string
  /** The one name that can match, "" when any. */
  readonly name: string
  /** Whether labels or fields narrow it: such lists do not know how many items remain. */
  readonly selective: boolean
  readonly matches: (object: CachedObject) => boolean
  /** Equal for selections that always match the same objects. */
  readonly id: string
}

export interface Selectors {
  readonly namespace: string
  readonly name: string
  readonly labelSelector: string
  readonly fieldSelector: string
}

type Test = (object: CachedObject) => boolean

const reader = (requirement: FieldRequirement, resource: Resource): ((object: CachedObject) => string) => {
  const { path } = requirement
  if (path === "metadata.name") return (object) => object.name
  if (path === "metadata.namespace" && resource.namespaced) return (object) => object.namespace
  const index = resource.selectableFields.findIndex((field) => field.path === path)
  if (index < 0) throw badRequest(`field label not supported: ${path}`)
  return (object) => fieldsIn(object, resource)[index] ?? ""
}

const fieldTest = (requirement: FieldRequirement, resource: Resource): Test => {
  const read = reader(requirement, resource)
  const { value } = requirement
  return requirement.operator === "="
    ? (object) => read(object) === value
    : (object) => read(object) !== value
}

/** Parses the selectors. Fails with `BadRequest` (a MachineryError where the grammar is broken). */
export const parseSelection = (selectors: Selectors, resource: Resource): Selection => {
  const labels: LabelSelector | undefined =
    selectors.labelSelector === "" ? undefined : parseLabelSelector(selectors.labelSelector)
  const requirements = selectors.fieldSelector === "" ? [] : parseFieldSelector(selectors.fieldSelector)
  const tests: Test[] = []
  let { name } = selectors
  for (const requirement of requirements) {
    if (requirement.path === "metadata.name" && requirement.operator === "=") {
      if (selectors.name !== "" && requirement.value !== selectors.name) {
        throw badRequest("fieldSelector metadata.name doesn't match requested name")
      }
      name ||= requirement.value
    }
    tests.push(fieldTest(requirement, resource))
  }
  if (labels !== undefined) tests.push((object) => labels(object.labels))
  const { namespace } = selectors
  return {
    namespace,
    name,
    selective: labels !== undefined || requirements.length > 0,
    matches: (object) =>
      (namespace === "" || object.namespace === namespace) &&
      (name === "" || object.name === name) &&
      tests.every((test) => test(object)),
    id: JSON.stringify([namespace, name, selectors.labelSelector, selectors.fieldSelector]),
  }
}
