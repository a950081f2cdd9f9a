/**
 * The objects of a set that are not applied with it: deleted in the same transaction. Source: KEP-3659 (ApplySet), without a
 * parent object: the server knows every kind and namespace, and needs no hints where to look.
 */
import { type Authorizer, refusal } from "../authorizer.ts"
import { isObject } from "../body-object.ts"
import { crdId } from "../crd/definition.ts"
import type { MutableObject } from "../machinery.ts"
import type { RegistryContext } from "../registry/context.ts"
import type { DeleteOptions } from "../registry/delete-options.ts"
import { decodeDocument } from "../registry/document.ts"
import { isDeleting, metadataOf, stringOf } from "../registry/object-meta.ts"
import type { Resource } from "../resource.ts"
import { conflict, failure, qualified } from "../status-error.ts"
import type { CachedObject } from "../watch-cache/cached-object.ts"
import { writesOf } from "../writes-of.ts"
import { type Manifest, namespacesId, partOfSet, titleOf } from "./manifest.ts"
import type { Outcome } from "./outcome.ts"
import type { Part } from "./part.ts"
import type { Problem } from "./problem.ts"

const hasController = (object: MutableObject): boolean => {
  const { ownerReferences } = metadataOf(object)
  return (
    Array.isArray(ownerReferences) && ownerReferences.some((one) => isObject(one) && one.controller === true)
  )
}

/** What a controller made goes with its owner, whatever labels it has copied; what is going needs no help. */
const isMember = (object: CachedObject): boolean => {
  const document = decodeDocument(object.bytes)
  return !isDeleting(document) && !hasController(document)
}

const membersOf = function* (
  resource: Resource,
  context: RegistryContext,
  set: string,
): Generator<CachedObject> {
  const { strategy } = resource
  if (resource.facade !== undefined || strategy.verbs?.includes("delete") === false) return
  for (const object of context.cache.find(resource)?.all() ?? [])
    if (object.labels?.[partOfSet] === set && isMember(object)) yield object
}

/** The members of a set that are under none of these keys, as manifests of what is to go. */
export const membersBeside = (
  context: RegistryContext,
  { set, kept }: { readonly set: string; readonly kept: ReadonlySet<string> },
): ReadonlyArray<Omit<Manifest, "index">> =>
  context.resources.all().flatMap((resource) => {
    const version = resource.versions.get(resource.storage.name) ?? [...resource.versions.values()][0]
    if (version === undefined) return []
    return [...membersOf(resource, context, set)]
      .filter(({ key }) => !kept.has(key))
      .map(({ namespace, name, bytes }) => ({
        verb: "delete",
        at: "spec.prune",
        title: titleOf(resource.kind, namespace, name),
        object: decodeDocument(bytes),
        target: { resource, version, namespace, name, subresource: "" },
      }))
  })

/** Why a user may not delete a member, whose name is told only to who may read it; undefined when it may be deleted. */
export const refusedMember = async (part: Part, authorizer: Authorizer): Promise<Problem | undefined> => {
  const { operation, manifest } = part
  const { info, request } = operation.call
  const { user } = request
  const decision = await authorizer.authorize({ user, info })
  if (decision.allowed) return undefined
  const { allowed: isSeen } = await authorizer.authorize({ user, info: { ...info, verb: "get" } })
  const { at, title, target } = manifest
  const { plural, group, kind } = target.resource
  const hidden = `the set has ${qualified(plural, group)} that the user may neither read nor delete`
  return isSeen
    ? { at, object: title, status: refusal({ user, info }, decision.reason), operation }
    : { at, object: kind, status: failure("Forbidden", hidden), operation }
}

/** Why a member cannot go: what is applied with it would go too. */
export const neededMember = (
  { at, title, target }: Omit<Manifest, "index">,
  applied: ReadonlyArray<Manifest>,
): Problem | undefined => {
  const { name } = target
  const inside = applied.find(({ target: { resource, namespace } }) => {
    if (target.resource.id === namespacesId) return namespace === name
    return target.resource.id === crdId && `${resource.plural}.${resource.group}` === name
  })
  if (inside === undefined) return undefined
  const why = `is not applied, so it would be deleted, and ${inside.title} (${inside.at}) with it`
  return { at, object: title, status: conflict(target.resource.subject(name), why) }
}

/** Fails as a DELETE of the object does. */
export const pruneObject = async (part: Part, dryRun: boolean): Promise<Outcome> => {
  const { manifest, operation, writer } = part
  const options: DeleteOptions = {
    dryRun,
    propagationPolicy: undefined,
    preconditions: { uid: stringOf(metadataOf(manifest.object), "uid"), resourceVersion: "" },
    gracePeriodSeconds: undefined,
  }
  const deleted = await writesOf(manifest.target.resource).deleteObject(operation, options)
  const { bytes } = deleted.type === "gone" ? deleted.last : deleted.written
  return {
    type: "pruned",
    part,
    object: decodeDocument(bytes),
    write: writer.gathered,
    terminating: deleted.type === "held",
  }
}
