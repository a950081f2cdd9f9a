/** A CustomResourceDefinition such as a provider of a cloud brings by the hundred: about 10 KB, most of it descriptions. */

export interface CustomKind {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly group: string
    readonly names: { readonly plural: string; readonly kind: string }
    readonly [key: string]: unknown
  }
  readonly status?: unknown
}

const words =
  "identifier region network endpoint retention encryption capacity schedule policy replica".split(" ")
const kindsPerGroup = 20

const wordAt = (index: number): string => words[index % words.length] ?? ""

const text = (index: number): string =>
  `The ${wordAt(index)} of the ${wordAt(index * 7 + 3)}, as the provider's interface has it: changing it replaces the ${wordAt(index * 3 + 1)}.`

const field = (index: number): object => {
  const description = text(index)
  switch (index % 6) {
    case 0:
      return { type: "boolean", description }
    case 1:
      return { type: "integer", format: "int64", minimum: 0, description }
    case 2:
      return { type: "array", items: { type: "string" }, description }
    case 3:
      return {
        type: "object",
        additionalProperties: { type: "string" },
        "x-kubernetes-map-type": "granular",
        description,
      }
    case 4:
      return {
        type: "object",
        description,
        required: ["name"],
        properties: {
          name: { type: "string", description: text(index + 1) },
          policy: { type: "string", enum: ["Always", "Never"], default: "Always" },
        },
      }
    default:
      return { type: "string", maxLength: 256, description }
  }
}

const fields = (from: number, count: number): object =>
  Object.fromEntries(
    Array.from({ length: count }, (_, offset) => {
      const index = from + offset
      return [
        `${wordAt(index)}${wordAt(index * 3).replace(/^./, (letter) => letter.toUpperCase())}${index % 97}`,
        field(index),
      ]
    }),
  )

const conditions = {
  type: "array",
  description: "What is known of the object, one condition for each aspect.",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["type"],
  items: {
    type: "object",
    required: ["type", "status", "lastTransitionTime", "reason"],
    properties: {
      type: { type: "string" },
      status: { type: "string" },
      reason: { type: "string" },
      message: { type: "string" },
      lastTransitionTime: { type: "string", format: "date-time" },
    },
  },
}

export const customKind = (index: number, { established }: { readonly established: boolean }): CustomKind => {
  const group = `g${Math.floor(index / kindsPerGroup)}.provider.example.com`
  const names = {
    plural: `things${index}`,
    singular: `thing${index}`,
    kind: `Thing${index}`,
    listKind: `Thing${index}List`,
  }
  const acceptedNames = { ...names, categories: ["provider", "managed"] }
  const now = "2030-01-01T00:00:00Z"
  const condition = (type: string) => ({
    type,
    status: "True",
    lastTransitionTime: now,
    reason: "Accepted",
    message: "",
  })
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${names.plural}.${group}`,
      ...(established
        ? {
            uid: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
            creationTimestamp: now,
            generation: 1,
          }
        : {}),
    },
    spec: {
      group,
      scope: "Namespaced",
      names: acceptedNames,
      conversion: { strategy: "None" },
      versions: [
        {
          name: "v1alpha1",
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            { name: "Ready", type: "string", jsonPath: ".status.conditions[?(@.type=='Ready')].status" },
            { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
          ],
          schema: {
            openAPIV3Schema: {
              type: "object",
              description: `A ${names.kind} is a managed ${wordAt(index)}.`,
              required: ["spec"],
              properties: {
                apiVersion: { type: "string" },
                kind: { type: "string" },
                metadata: { type: "object" },
                spec: {
                  type: "object",
                  properties: {
                    deletionPolicy: { type: "string", enum: ["Orphan", "Delete"], default: "Delete" },
                    forProvider: { type: "object", properties: fields(index, 36) },
                  },
                },
                status: {
                  type: "object",
                  properties: {
                    atProvider: { type: "object", properties: fields(index + 11, 12) },
                    conditions,
                  },
                },
              },
            },
          },
        },
      ],
    },
    ...(established
      ? {
          status: {
            acceptedNames,
            conditions: [condition("NamesAccepted"), condition("Established")],
            storedVersions: ["v1alpha1"],
          },
        }
      : {}),
  }
}

export const kindObject = ({ spec: { group, names } }: CustomKind): object => ({
  apiVersion: `${group}/v1alpha1`,
  kind: names.kind,
  metadata: { name: "first" },
  spec: { forProvider: {} },
})
