/** What OpenAPI documents are known by, told from what they are made of: to name a document it need not be made. */
import { createHash } from "node:crypto"
import type { ResourceDefinition } from "../../schemas/index.ts"
import { openapiV2Parts } from "./openapi-v2.ts"
import { openapiV3Parts } from "./openapi-v3.ts"

const digests = new WeakMap<ResourceDefinition, string>()

const digestOf = (definition: ResourceDefinition): string => {
  const known = digests.get(definition)
  if (known !== undefined) return known
  const made = createHash("sha256").update(JSON.stringify(definition)).digest("base64")
  digests.set(definition, made)
  return made
}

/** Has one of everything that the documents tell of a kind. */
const sample: ResourceDefinition = {
  group: "sample.example.com",
  scope: "Namespaced",
  names: { plural: "samples", singular: "sample", kind: "Sample", listKind: "SampleList" },
  versions: [
    {
      name: "v1",
      served: true,
      storage: true,
      subresources: { status: {}, scale: { specReplicasPath: ".spec.n", statusReplicasPath: ".status.n" } },
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: {
            spec: {
              type: "object",
              required: ["n"],
              properties: { n: { type: "integer", default: 1, enum: [1] } },
            },
            part: { type: "object", "x-kubernetes-embedded-resource": true },
            open: { "x-kubernetes-preserve-unknown-fields": true, nullable: true },
          },
        },
      },
    },
  ],
}

let ofThisProgram: string | undefined

/** Changes with how documents are made, so that another release's are other documents. */
const programDigest = (): string => {
  if (ofThisProgram !== undefined) return ofThisProgram
  const hash = createHash("sha256")
  for (const part of openapiV3Parts({ group: sample.group, version: "v1", definitions: [sample] }))
    hash.update(part)
  for (const part of openapiV2Parts([sample])) hash.update(part)
  ofThisProgram = hash.digest("base64")
  return ofThisProgram
}

/** Upper-case hex; equal for documents of this name whose definitions are equal and in the same order. */
export const openapiFingerprint = (name: string, definitions: ReadonlyArray<ResourceDefinition>): string => {
  const hash = createHash("sha256").update(`${name}\n${programDigest()}`)
  for (const definition of definitions) hash.update(digestOf(definition))
  return hash.digest("hex").toUpperCase()
}
