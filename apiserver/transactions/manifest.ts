/** The manifests of a transaction, each matched with what is served: where it would be sent by itself. */
import { apiVersionOf } from "../../schemas/index.ts"
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import type { Target } from "../registry/context.ts"
import { metadataOf, stringOf } from "../registry/object-meta.ts"
import type { ResourceTable, Served } from "../resource-table.ts"
import { badRequest, failure, invalid, methodNotAllowed, type StatusError } from "../status-error.ts"
import type { Problem } from "./problem.ts"

/** One object of a transaction, and where it goes. */
export interface Manifest {
  readonly verb: "patch" | "delete"
  /** Where it stands in the request: `spec.objects[3]`, or `spec.prune`. */
  readonly at: string
  /** Its place among those of the answer. */
  readonly index: number
  /** `ConfigMap default/settings` */
  readonly title: string
  readonly target: Target
  readonly object: MutableObject
}

export const titleOf = (kind: string, namespace: string, name: string): string =>
  [kind, namespace === "" ? name : `${namespace}/${name}`].filter((part) => part !== "").join(" ")

export const namespacesId = "/namespaces"

/** The label that says which set an object is a part of. Source: KEP-3659. */
export const partOfSet = "applyset.kubernetes.io/part-of"

interface Reading {
  readonly resources: ResourceTable
  /** The set that all of them are, "" for none. */
  readonly set: string
}

/** Those that can be sent, and what is wrong with the others. */
export const readManifests = (
  objects: ReadonlyArray<MutableObject>,
  reading: Reading,
): { readonly manifests: ReadonlyArray<Manifest>; readonly problems: ReadonlyArray<Problem> } => {
  const manifests: Manifest[] = []
  const problems: Problem[] = []
  const seen = new Map<string, Manifest>()
  for (const [index, object] of objects.entries()) {
    const at = `spec.objects[${index}]`
    const title = titleOf(
      stringOf(object, "kind"),
      stringOf(metadataOf(object), "namespace"),
      stringOf(metadataOf(object), "name"),
    )
    const read = manifestOf(object, { at, index, title, objects, ...reading })
    if (!("target" in read)) {
      problems.push({ at, object: title, status: read })
      continue
    }
    const { resource, namespace, name } = read.target
    const key = resource.key(namespace, name)
    const first = seen.get(key)
    if (first === undefined) {
      seen.set(key, read)
      manifests.push(read)
    } else problems.push({ at, object: title, status: twice(read, first) })
  }
  return { manifests, problems }
}

interface Read extends Reading {
  readonly at: string
  readonly index: number
  readonly title: string
  readonly objects: ReadonlyArray<MutableObject>
}

const manifestOf = (object: MutableObject, read: Read): Manifest | StatusError => {
  const { resources, at, index, title, set } = read
  const served = findServed(resources, object)
  if (served === undefined) return unknownKind(object, read)
  const { resource } = served
  const { strategy } = resource
  const isWritten = strategy.answer === undefined && strategy.verbs?.includes("patch") !== false
  if (!isWritten) return methodNotAllowed(resource.subject(), "PATCH")
  const metadata = metadataOf(object)
  const name = stringOf(metadata, "name")
  const namespace = resource.namespaced ? stringOf(metadata, "namespace") : ""
  const missing = [
    ...(name === "" ? ["metadata.name"] : []),
    ...(resource.namespaced && namespace === "" ? ["metadata.namespace"] : []),
  ]
  const wrong = [
    ...missing.map((field) => ({ field, type: "FieldValueRequired" as const, detail: "Required value" })),
    ...joinSet(metadata, set),
  ]
  if (wrong.length > 0) return invalid(resource.subject(name), wrong)
  return { verb: "patch", at, index, title, object, target: { ...served, namespace, name, subresource: "" } }
}

/** Gives an object the label of the set, in place; what is wrong when it says that it is a part of another. */
const joinSet = (metadata: MutableObject, set: string) => {
  if (set === "") return []
  const labels = isObject(metadata.labels) ? metadata.labels : {}
  const own = stringOf(labels, partOfSet)
  if (own !== "" && own !== set) {
    const detail = `Invalid value: ${JSON.stringify(own)}: the set that is applied and pruned is ${JSON.stringify(set)}`
    return [{ field: `metadata.labels[${partOfSet}]`, type: "FieldValueInvalid" as const, detail }]
  }
  metadata.labels = { ...labels, [partOfSet]: set }
  return []
}

const findServed = (resources: ResourceTable, object: MutableObject): Served | undefined => {
  const apiVersion = stringOf(object, "apiVersion")
  const kind = stringOf(object, "kind")
  for (const resource of resources.all()) {
    if (resource.kind !== kind) continue
    for (const version of resource.versions.values())
      if (version.apiVersion === apiVersion) return { resource, version }
  }
  return undefined
}

const unknownKind = (object: MutableObject, { objects }: Read): StatusError => {
  const apiVersion = stringOf(object, "apiVersion")
  const kind = stringOf(object, "kind")
  const absent = [...(apiVersion === "" ? ["apiVersion"] : []), ...(kind === "" ? ["kind"] : [])]
  if (absent.length > 0) return badRequest(`${absent.join(" and ")} must be set`)
  const defined = objects.some((other) => defines(other, apiVersion, kind))
  const why = defined
    ? "its CustomResourceDefinition is in the same transaction: apply that first, and its objects once it is Established"
    : "the server does not serve this kind"
  return failure("NotFound", `no kind ${JSON.stringify(kind)} in ${JSON.stringify(apiVersion)}: ${why}`)
}

const defines = (definition: MutableObject, apiVersion: string, kind: string): boolean => {
  if (stringOf(definition, "kind") !== "CustomResourceDefinition" || !isObject(definition.spec)) return false
  const { spec } = definition
  const names = isObject(spec.names) ? spec.names : {}
  const versions = Array.isArray(spec.versions) ? spec.versions.filter(isObject) : []
  const group = stringOf(spec, "group")
  return (
    stringOf(names, "kind") === kind &&
    versions.some((version) => apiVersionOf({ group, version: stringOf(version, "name") }) === apiVersion)
  )
}

const twice = ({ target }: Manifest, first: Manifest): StatusError =>
  invalid(target.resource.subject(target.name), [
    {
      field: "metadata.name",
      type: "FieldValueDuplicate",
      detail: `Duplicate value: ${JSON.stringify(target.name)}: the same object is applied by ${first.at} (${first.title})`,
    },
  ])
