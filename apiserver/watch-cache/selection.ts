/** Which objects of a resource a list or watch is about: namespace, name, labels, fields. */
import { limits } from "../limits.ts"
import type { FieldRequirement, LabelSelector, MutableObject } from "../machinery.ts"
import { fieldText, valueAt } from "../registry/object-meta.ts"
import type { Resource } from "../resource.ts"
import type { Served } from "../resource-table.ts"
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
  /** Whether `matches` may have to read a document. */
  readonly reads: boolean
  /** What else must hold of the object in the version of the request, where only a converter can show it that. */
  readonly converted: ((document: MutableObject) => boolean) | undefined
  /** Equal for selections that always match the same objects. */
  readonly id: string
}

export interface Selectors {
  readonly namespace: string
  readonly name: string
  readonly labelSelector: string
  readonly fieldSelector: string
}

/** How many objects may be looked at in one turn. */
export const turnObjectsOf = ({ reads }: Pick<Selection, "reads">): number =>
  reads ? limits.turnDocuments : limits.turnObjects

type Test = (object: CachedObject) => boolean

type Reader = (object: CachedObject) => string

/** Fields that every object has. */
const commonReader = (path: string, resource: Resource): Reader | undefined => {
  if (path === "metadata.name") return (object) => object.name
  if (path === "metadata.namespace" && resource.namespaced) return (object) => object.namespace
  return undefined
}

/** The place of a field among those that the cache keeps. Fails with `BadRequest` where the version has no such. */
const indexOf = (path: string, { resource, version }: Served): number => {
  const { selectableFields = [] } = version.definition
  const isSelectable =
    resource.origin === "builtin" ||
    selectableFields.some(({ jsonPath }) => jsonPath.replace(/^\./, "") === path)
  const index = resource.selectableFields.findIndex((field) => field.path === path)
  if (!isSelectable || index < 0) throw badRequest(`field label not supported: ${path}`)
  return index
}

const holds = ({ operator, value }: FieldRequirement, found: string): boolean =>
  (found === value) === (operator === "=")

/** A test of the cached object, or where that may be of another version, of the converted document. */
const fieldTest = (
  requirement: FieldRequirement,
  served: Served,
): { readonly cached: Test } | { readonly converted: (document: MutableObject) => boolean } => {
  const { path } = requirement
  const common = commonReader(path, served.resource)
  if (common !== undefined) return { cached: (object) => holds(requirement, common(object)) }
  const index = indexOf(path, served)
  if (served.resource.converter === undefined)
    return { cached: (object) => holds(requirement, fieldsIn(object, served.resource)[index] ?? "") }
  const keys = path.split(".")
  return { converted: (document) => holds(requirement, fieldText(valueAt(document, keys))) }
}

/** Parses the selectors. Fails with `BadRequest` (a MachineryError where the grammar is broken). */
export const parseSelection = (selectors: Selectors, served: Served): Selection => {
  const labels: LabelSelector | undefined =
    selectors.labelSelector === "" ? undefined : parseLabelSelector(selectors.labelSelector)
  const requirements = selectors.fieldSelector === "" ? [] : parseFieldSelector(selectors.fieldSelector)
  const tests: Test[] = []
  const late: Array<(document: MutableObject) => boolean> = []
  let { name } = selectors
  for (const requirement of requirements) {
    if (requirement.path === "metadata.name" && requirement.operator === "=") {
      if (selectors.name !== "" && requirement.value !== selectors.name) {
        throw badRequest("fieldSelector metadata.name doesn't match requested name")
      }
      name ||= requirement.value
    }
    const test = fieldTest(requirement, served)
    if ("cached" in test) tests.push(test.cached)
    else late.push(test.converted)
  }
  if (labels !== undefined) tests.push((object) => labels(object.labels))
  const { namespace } = selectors
  const { resource } = served
  return {
    namespace,
    name,
    selective: labels !== undefined || requirements.length > 0,
    matches: (object) =>
      (namespace === "" || object.namespace === namespace) &&
      (name === "" || object.name === name) &&
      tests.every((test) => test(object)),
    reads: resource.facade !== undefined && requirements.length > 0,
    converted: late.length === 0 ? undefined : (document) => late.every((test) => test(document)),
    id: JSON.stringify([namespace, name, selectors.labelSelector, selectors.fieldSelector]),
  }
}
