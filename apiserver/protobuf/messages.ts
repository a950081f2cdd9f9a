/**
 * The messages that typed Go clients post, as far as these kinds are served. Numbers are those of the `generated.proto`
 * beside each API package of Kubernetes.
 */
export type FieldType =
  /** "" is absent: Go writes it always. */
  | "string"
  /** Base64 in JSON. */
  | "bytes"
  /** Written only when set. */
  | "integer"
  /** Written always: 0 is absent. */
  | "count"
  | "boolean"
  | "time"
  | "microTime"
  /** FieldsV1: JSON as bytes of a message. */
  | "fieldsV1"
  | { readonly message: Message }
  | { readonly list: "string" | { readonly message: Message } }
  | { readonly map: "string" | "bytes" }

export type Message = { readonly [number: number]: readonly [name: string, type: FieldType] }

const ownerReference: Message = {
  1: ["kind", "string"],
  3: ["name", "string"],
  4: ["uid", "string"],
  5: ["apiVersion", "string"],
  6: ["controller", "boolean"],
  7: ["blockOwnerDeletion", "boolean"],
}

const managedFieldsEntry: Message = {
  1: ["manager", "string"],
  2: ["operation", "string"],
  3: ["apiVersion", "string"],
  4: ["time", "time"],
  6: ["fieldsType", "string"],
  7: ["fieldsV1", "fieldsV1"],
  8: ["subresource", "string"],
}

const objectMeta: Message = {
  1: ["name", "string"],
  2: ["generateName", "string"],
  3: ["namespace", "string"],
  4: ["selfLink", "string"],
  5: ["uid", "string"],
  6: ["resourceVersion", "string"],
  7: ["generation", "count"],
  8: ["creationTimestamp", "time"],
  9: ["deletionTimestamp", "time"],
  10: ["deletionGracePeriodSeconds", "integer"],
  11: ["labels", { map: "string" }],
  12: ["annotations", { map: "string" }],
  13: ["ownerReferences", { list: { message: ownerReference } }],
  14: ["finalizers", { list: "string" }],
  17: ["managedFields", { list: { message: managedFieldsEntry } }],
}

const metadata = ["metadata", { message: objectMeta }] as const

const objectReference: Message = {
  1: ["kind", "string"],
  2: ["namespace", "string"],
  3: ["name", "string"],
  4: ["uid", "string"],
  5: ["apiVersion", "string"],
  6: ["resourceVersion", "string"],
  7: ["fieldPath", "string"],
}

const namespace: Message = {
  1: metadata,
  2: ["spec", { message: { 1: ["finalizers", { list: "string" }] } }],
  3: ["status", { message: { 1: ["phase", "string"] } }],
}

const configMap: Message = {
  1: metadata,
  2: ["data", { map: "string" }],
  3: ["binaryData", { map: "bytes" }],
  4: ["immutable", "boolean"],
}

const secret: Message = {
  1: metadata,
  2: ["data", { map: "bytes" }],
  3: ["type", "string"],
  4: ["stringData", { map: "string" }],
  5: ["immutable", "boolean"],
}

const serviceAccount: Message = {
  1: metadata,
  2: ["secrets", { list: { message: objectReference } }],
  3: ["imagePullSecrets", { list: { message: { 1: ["name", "string"] } } }],
  4: ["automountServiceAccountToken", "boolean"],
}

const event: Message = {
  1: metadata,
  2: ["involvedObject", { message: objectReference }],
  3: ["reason", "string"],
  4: ["message", "string"],
  5: ["source", { message: { 1: ["component", "string"], 2: ["host", "string"] } }],
  6: ["firstTimestamp", "time"],
  7: ["lastTimestamp", "time"],
  8: ["count", "count"],
  9: ["type", "string"],
  10: ["eventTime", "microTime"],
  11: ["series", { message: { 1: ["count", "count"], 2: ["lastObservedTime", "microTime"] } }],
  12: ["action", "string"],
  13: ["related", { message: objectReference }],
  14: ["reportingComponent", "string"],
  15: ["reportingInstance", "string"],
}

const lease: Message = {
  1: metadata,
  2: [
    "spec",
    {
      message: {
        1: ["holderIdentity", "string"],
        2: ["leaseDurationSeconds", "integer"],
        3: ["acquireTime", "microTime"],
        4: ["renewTime", "microTime"],
        5: ["leaseTransitions", "integer"],
        6: ["strategy", "string"],
        7: ["preferredHolder", "string"],
      },
    },
  ],
}

const deleteOptions: Message = {
  1: ["gracePeriodSeconds", "integer"],
  2: ["preconditions", { message: { 1: ["uid", "string"], 2: ["resourceVersion", "string"] } }],
  3: ["orphanDependents", "boolean"],
  4: ["propagationPolicy", "string"],
  5: ["dryRun", { list: "string" }],
}

const accessReviewSpec: Message = {
  1: [
    "resourceAttributes",
    {
      message: {
        1: ["namespace", "string"],
        2: ["verb", "string"],
        3: ["group", "string"],
        4: ["version", "string"],
        5: ["resource", "string"],
        6: ["subresource", "string"],
        7: ["name", "string"],
      },
    },
  ],
  2: ["nonResourceAttributes", { message: { 1: ["path", "string"], 2: ["verb", "string"] } }],
}

/** By `apiVersion/Kind`. */
export const messages: { readonly [typeMeta: string]: Message } = {
  "v1/Namespace": namespace,
  "v1/ConfigMap": configMap,
  "v1/Secret": secret,
  "v1/ServiceAccount": serviceAccount,
  "v1/Event": event,
  "coordination.k8s.io/v1/Lease": lease,
  "v1/DeleteOptions": deleteOptions,
  "meta.k8s.io/v1/DeleteOptions": deleteOptions,
  "authorization.k8s.io/v1/SelfSubjectAccessReview": {
    1: metadata,
    2: ["spec", { message: accessReviewSpec }],
  },
  "authorization.k8s.io/v1/SelfSubjectRulesReview": {
    1: metadata,
    2: ["spec", { message: { 1: ["namespace", "string"] } }],
  },
  "authentication.k8s.io/v1/SelfSubjectReview": { 1: metadata },
}
