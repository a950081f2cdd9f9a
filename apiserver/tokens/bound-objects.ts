/**
 * The objects that a token is bound to. A token is as alive as its ServiceAccount and the object it was made for: each is
 * looked up in the cache whenever the token is used.
 */
import type { RegistryContext } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import { isDeleting, metadataOf, stringOf } from "../registry/object-meta.ts"

/** Kinds that a token can be bound to: their claim, their apiVersions, and where they may be stored, in the order of looking. */
const boundKinds = {
  Pod: { claim: "pod", apiVersions: ["v1"], ids: ["/pods", "compute.miren.dev/sandboxes"], namespaced: true },
  Sandbox: {
    claim: "sandbox",
    apiVersions: ["compute.miren.dev/v1alpha1"],
    ids: ["compute.miren.dev/sandboxes"],
    namespaced: true,
  },
  Secret: { claim: "secret", apiVersions: ["v1"], ids: ["/secrets"], namespaced: true },
  Node: { claim: "node", apiVersions: ["v1"], ids: ["/nodes"], namespaced: false },
} as const

export type BoundKind = keyof typeof boundKinds

export const isBoundKind = (kind: string): kind is BoundKind => Object.hasOwn(boundKinds, kind)

export const boundKindRow = (kind: BoundKind) => boundKinds[kind]

export const boundKindNames = Object.keys(boundKinds).filter(isBoundKind)

export interface Reference {
  readonly namespace: string
  readonly name: string
}

/** The uid of an object that lives; undefined when it is missing or its deletion has begun. */
export const livingUid = (
  context: RegistryContext,
  ids: ReadonlyArray<string>,
  { namespace, name }: Reference,
): string | undefined => {
  for (const id of ids) {
    const resource = context.resources.get(id)
    const found = resource && context.cache.find(resource)?.get(resource.key(namespace, name))
    if (found === undefined) continue
    const object = decodeDocument(found.bytes)
    return isDeleting(object) ? undefined : stringOf(metadataOf(object), "uid")
  }
  return undefined
}

export const livingBoundUid = (
  context: RegistryContext,
  kind: BoundKind,
  reference: Reference,
): string | undefined => {
  const { ids, namespaced } = boundKinds[kind]
  return livingUid(context, ids, namespaced ? reference : { ...reference, namespace: "" })
}

export const livingAccountUid = (context: RegistryContext, reference: Reference): string | undefined =>
  livingUid(context, ["/serviceaccounts"], reference)
