/** The schemas that a kind publishes: itself, its list, and what both refer to. */
import type { Json, JsonObject, ResourceDefinition, ResourceVersionDefinition } from "../../schemas/index.ts"
import { clone, isArray, isObject, own, put } from "../json/index.ts"
import type { MutableObject } from "../machinery.ts"
import { objectMetaSchema } from "../schema/index.ts"
import { definitionName, metaNames } from "./names.ts"

/** A version of a kind as it is published. */
export interface PublishedKind {
  readonly definition: ResourceDefinition
  readonly version: ResourceVersionDefinition
  /** Of the kind itself; its list has `List` appended. */
  readonly schemaName: string
  readonly groupVersionKind: JsonObject
  readonly listGroupVersionKind: JsonObject
}

export const publishedKinds = (
  definitions: ReadonlyArray<ResourceDefinition>,
): ReadonlyArray<PublishedKind> =>
  definitions.flatMap((definition) => {
    const { group, names } = definition
    return definition.versions
      .filter((version) => version.served)
      .map((version) => ({
        definition,
        version,
        schemaName: definitionName(group, version.name, names.kind),
        groupVersionKind: { group, version: version.name, kind: names.kind },
        listGroupVersionKind: { group, version: version.name, kind: names.listKind },
      }))
  })

const apiVersion: JsonObject = { type: "string", description: "The version of the schema of this object." }
const kind: JsonObject = { type: "string", description: "The kind of this object, in CamelCase." }

const metadataOf = (prefix: string): JsonObject => ({
  description: "Standard object metadata.",
  allOf: [{ $ref: `${prefix}${metaNames.objectMeta}` }],
})

/** Objects with the parts of every resource declared: the root, and what is embedded. */
const withResourceParts = (schema: JsonObject, prefix: string, root: boolean): MutableObject => {
  const result: MutableObject = {}
  for (const [key, value] of Object.entries(schema)) put(result, key, partOf(key, value, prefix))
  const embedded = own(schema, "x-kubernetes-embedded-resource") === true
  if (!root && !embedded) return result
  const properties = own(result, "properties")
  result.type = "object"
  result.properties = {
    ...(isObject(properties) ? properties : {}),
    apiVersion: clone(apiVersion),
    kind: clone(kind),
    metadata: clone(metadataOf(prefix)),
  }
  return result
}

const partOf = (key: string, value: Json, prefix: string): MutableObject[string] => {
  if (key === "properties" && isObject(value)) {
    const properties: MutableObject = {}
    for (const [name, property] of Object.entries(value)) {
      put(properties, name, isObject(property) ? withResourceParts(property, prefix, false) : clone(property))
    }
    return properties
  }
  const nested = key === "items" || key === "additionalProperties"
  return nested && isObject(value) ? withResourceParts(value, prefix, false) : clone(value)
}

/** The two schemas of a kind by name: the kind and its list. `prefix` is what references begin with. */
export const kindSchemas = (published: PublishedKind, prefix: string): JsonObject => {
  const { schemaName, version, groupVersionKind, listGroupVersionKind } = published
  const object = withResourceParts(version.schema.openAPIV3Schema, prefix, true)
  object["x-kubernetes-group-version-kind"] = [clone(groupVersionKind)]
  return {
    [schemaName]: object,
    [`${schemaName}List`]: {
      type: "object",
      description: `A list of ${published.definition.names.kind} objects.`,
      required: ["items"],
      properties: {
        apiVersion,
        kind,
        metadata: {
          description: "Standard list metadata.",
          allOf: [{ $ref: `${prefix}${metaNames.listMeta}` }],
        },
        items: { type: "array", items: { allOf: [{ $ref: `${prefix}${schemaName}` }] } },
      },
      "x-kubernetes-group-version-kind": [listGroupVersionKind],
    },
  }
}

const string: JsonObject = { type: "string" }

/** The schemas that all kinds refer to. */
export const metaSchemas: JsonObject = {
  [metaNames.objectMeta]: { ...objectMetaSchema, description: "Metadata that all objects have." },
  [metaNames.listMeta]: {
    type: "object",
    description: "Metadata that all lists have.",
    properties: {
      resourceVersion: string,
      continue: string,
      remainingItemCount: { type: "integer", format: "int64" },
      selfLink: string,
    },
  },
  [metaNames.status]: {
    type: "object",
    description: "The answer to a request that has no object to return.",
    properties: {
      apiVersion,
      kind,
      metadata: { type: "object", properties: { resourceVersion: string, continue: string } },
      status: string,
      message: string,
      reason: string,
      code: { type: "integer", format: "int32" },
      details: {
        type: "object",
        properties: {
          name: string,
          group: string,
          kind: string,
          uid: string,
          retryAfterSeconds: { type: "integer", format: "int32" },
          causes: {
            type: "array",
            items: { type: "object", properties: { reason: string, message: string, field: string } },
          },
        },
      },
    },
    "x-kubernetes-group-version-kind": [{ group: "", version: "v1", kind: "Status" }],
  },
  [metaNames.deleteOptions]: {
    type: "object",
    description: "How to delete an object.",
    properties: {
      apiVersion,
      kind,
      gracePeriodSeconds: { type: "integer", format: "int64" },
      propagationPolicy: string,
      dryRun: { type: "array", items: string },
      preconditions: { type: "object", properties: { uid: string, resourceVersion: string } },
    },
  },
  [metaNames.patch]: { type: "object", description: "A patch, in the format that its content type names." },
}

/** Whether a schema says anything of a value; used by documents that cannot say all. */
export const isOpen = (schema: JsonObject): boolean =>
  own(schema, "x-kubernetes-preserve-unknown-fields") === true || own(schema, "nullable") === true

/** The references of `allOf: [{$ref}]`, which is how a reference has a description beside it. */
export const referenceOf = (schema: JsonObject): string | undefined => {
  const allOf = own(schema, "allOf")
  const [only] = isArray(allOf) && allOf.length === 1 ? allOf : []
  const reference = isObject(only) ? own(only, "$ref") : undefined
  return typeof reference === "string" ? reference : undefined
}
