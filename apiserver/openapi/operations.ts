/**
 * What can be asked of a kind, as both OpenAPI documents list it. kubectl reads three things of it: the kind that
 * an operation is for, whether a patch takes `dryRun`, and whether it takes `fieldValidation`.
 */
import { apiVersionOf } from "../../schemas/index.ts"
import type { PublishedKind } from "./kind-schema.ts"
import { metaNames } from "./names.ts"

export type Method = "get" | "put" | "post" | "patch" | "delete"
type Action = "list" | "get" | "post" | "put" | "patch" | "delete" | "deletecollection"

export interface Parameter {
  readonly name: string
  readonly in: "query" | "path"
  readonly type: "string" | "boolean" | "integer"
  readonly description: string
}

export interface Operation {
  readonly method: Method
  readonly action: Action
  readonly id: string
  readonly parameters: ReadonlyArray<Parameter>
  /** Names of schemas. */
  readonly body: string | undefined
  readonly response: string
}

export interface PathItem {
  readonly path: string
  readonly kind: PublishedKind
  readonly operations: ReadonlyArray<Operation>
}

export const patchMediaTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/apply-patch+yaml",
] as const

const query = (name: string, description: string, type: Parameter["type"] = "string"): Parameter => ({
  name,
  in: "query",
  type,
  description,
})
const inPath = (name: string, description: string): Parameter => ({
  name,
  in: "path",
  type: "string",
  description,
})

const dryRun = query("dryRun", "All: check and answer, but store nothing.")
const fieldManager = query("fieldManager", "Who owns the fields that this request sets.")
const fieldValidation = query(
  "fieldValidation",
  "Ignore, Warn or Strict: what to do about unknown and duplicate fields.",
)
const force = query("force", "Take fields from other managers instead of failing with a conflict.", "boolean")
const writing = [dryRun, fieldManager, fieldValidation]
const fields = query(
  "fields",
  "Only these fields, as comma-separated paths: spec.containers[*].image, metadata.labels['app.kubernetes.io/name'].",
)
const selecting = [
  query("labelSelector", "Only objects whose labels match."),
  query("fieldSelector", "Only objects whose fields match."),
  query("limit", "At most this many objects; the rest by continue.", "integer"),
  query("continue", "Where an earlier list stopped."),
  query("resourceVersion", "How new the answer must be."),
  query("resourceVersionMatch", "How resourceVersion is meant."),
  query("timeoutSeconds", "How long the request may take.", "integer"),
  query("watch", "Changes as they come, instead of a list.", "boolean"),
  query("allowWatchBookmarks", "Also tell how far the watch has come.", "boolean"),
  query("sendInitialEvents", "Begin the watch with what exists.", "boolean"),
]
const listing = [
  ...selecting,
  fields,
  query("skipUnchanged", "Leave out events of a watch that change nothing of its fields.", "boolean"),
]
const deleting = [
  dryRun,
  query("gracePeriodSeconds", "How long the object may take to end.", "integer"),
  query("propagationPolicy", "Orphan, Background or Foreground: what becomes of dependents."),
]

const collectionOperations = (published: PublishedKind, id: string): ReadonlyArray<Operation> => {
  const { schemaName } = published
  const list = `${schemaName}List`
  return [
    { method: "get", action: "list", id: `list${id}`, parameters: listing, body: undefined, response: list },
    {
      method: "post",
      action: "post",
      id: `create${id}`,
      parameters: writing,
      body: schemaName,
      response: schemaName,
    },
    {
      method: "delete",
      action: "deletecollection",
      id: `deleteCollection${id}`,
      parameters: [...selecting, ...deleting],
      body: metaNames.deleteOptions,
      response: metaNames.status,
    },
  ]
}

const readWrite = (published: PublishedKind, id: string): ReadonlyArray<Operation> => {
  const { schemaName } = published
  return [
    {
      method: "get",
      action: "get",
      id: `read${id}`,
      parameters: [fields],
      body: undefined,
      response: schemaName,
    },
    {
      method: "put",
      action: "put",
      id: `replace${id}`,
      parameters: writing,
      body: schemaName,
      response: schemaName,
    },
    {
      method: "patch",
      action: "patch",
      id: `patch${id}`,
      parameters: [...writing, force],
      body: metaNames.patch,
      response: schemaName,
    },
  ]
}

const remove = (id: string): Operation => ({
  method: "delete",
  action: "delete",
  id: `delete${id}`,
  parameters: deleting,
  body: metaNames.deleteOptions,
  response: metaNames.status,
})

const named = (
  operations: ReadonlyArray<Operation>,
  parameters: ReadonlyArray<Parameter>,
): ReadonlyArray<Operation> =>
  operations.map((operation) => ({ ...operation, parameters: [...parameters, ...operation.parameters] }))

/** All paths of one kind. */
export const pathItems = (kind: PublishedKind): ReadonlyArray<PathItem> => {
  const { group, scope, names } = kind.definition
  const base = `/${group === "" ? "api" : "apis"}/${apiVersionOf({ group, version: kind.version.name })}`
  const namespaced = scope === "Namespaced"
  const id = kind.schemaName.replaceAll(/[^A-Za-z0-9]+(.)/g, (_, letter: string) => letter.toUpperCase())
  const place = namespaced ? [inPath("namespace", "The namespace of the object.")] : []
  const one = [...place, inPath("name", "The name of the object.")]
  const collection = namespaced ? `${base}/namespaces/{namespace}/${names.plural}` : `${base}/${names.plural}`
  const items: PathItem[] = [
    { path: collection, kind, operations: named(collectionOperations(kind, id), place) },
    { path: `${collection}/{name}`, kind, operations: named([...readWrite(kind, id), remove(id)], one) },
  ]
  if (namespaced) {
    const [list] = collectionOperations(kind, `${id}ForAllNamespaces`)
    if (list !== undefined) items.push({ path: `${base}/${names.plural}`, kind, operations: [list] })
  }
  if (kind.version.subresources?.status !== undefined) {
    items.push({
      path: `${collection}/{name}/status`,
      kind,
      operations: named(readWrite(kind, `${id}Status`), one),
    })
  }
  return items
}
