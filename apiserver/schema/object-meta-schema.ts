/** The schema of ObjectMeta, which every object has whether its own schema says so or not. */
import type { JsonObject } from "../../schemas/index.ts"
import { schemaNode } from "./node.ts"

const string = { type: "string" } as const
const time = { type: "string", format: "date-time" } as const
const integer = { type: "integer", format: "int64" } as const
const strings = { type: "object", additionalProperties: string } as const

/** Source: apimachinery `meta/v1`, ObjectMeta. */
export const objectMetaSchema = {
  type: "object",
  properties: {
    name: string,
    generateName: string,
    namespace: string,
    selfLink: string,
    uid: string,
    resourceVersion: string,
    generation: integer,
    creationTimestamp: time,
    deletionTimestamp: time,
    deletionGracePeriodSeconds: integer,
    labels: strings,
    annotations: strings,
    ownerReferences: {
      type: "array",
      items: {
        type: "object",
        required: ["apiVersion", "kind", "name", "uid"],
        properties: {
          apiVersion: string,
          kind: string,
          name: string,
          uid: string,
          controller: { type: "boolean" },
          blockOwnerDeletion: { type: "boolean" },
        },
        "x-kubernetes-map-type": "atomic",
      },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["uid"],
      "x-kubernetes-patch-merge-key": "uid",
      "x-kubernetes-patch-strategy": "merge",
    },
    finalizers: {
      type: "array",
      items: string,
      "x-kubernetes-list-type": "set",
      "x-kubernetes-patch-strategy": "merge",
    },
    managedFields: {
      type: "array",
      items: {
        type: "object",
        properties: {
          manager: string,
          operation: string,
          apiVersion: string,
          time,
          fieldsType: string,
          fieldsV1: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
          subresource: string,
        },
      },
      "x-kubernetes-list-type": "atomic",
    },
  },
} as const satisfies JsonObject

export const objectMetaNode = schemaNode(objectMetaSchema)
