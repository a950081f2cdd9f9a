/** The kinds by which users ask about themselves: answered, never stored. */
import type { JsonObject, ResourceDefinition } from "../../schemas/index.ts"

const open: JsonObject = { type: "object", "x-kubernetes-preserve-unknown-fields": true }

const review = (group: string, kind: string, description: string): ResourceDefinition => ({
  group,
  scope: "Cluster",
  names: { plural: `${kind.toLowerCase()}s`, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
  versions: [
    {
      name: "v1",
      served: true,
      storage: true,
      schema: { openAPIV3Schema: { type: "object", description, properties: { spec: open, status: open } } },
    },
  ],
})

export const reviewDefinitions: ReadonlyArray<ResourceDefinition> = [
  review("authentication.k8s.io", "SelfSubjectReview", "Who the server takes the asking user for."),
  review("authorization.k8s.io", "SelfSubjectAccessReview", "Whether the asking user may do one thing."),
  review("authorization.k8s.io", "SelfSubjectRulesReview", "What the asking user may do in a namespace."),
]
