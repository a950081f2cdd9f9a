/** CauseReview: why a version of an object was written, for whoever may get the object. */
import { isStoreError, type KeyValue, type Revision } from "../../store/index.ts"
import { type Authorizer, refusal } from "../authorizer.ts"
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import type { Operation } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import { metadataOf, stringOf } from "../registry/object-meta.ts"
import { readReview } from "../registry/review.ts"
import type { SubresourceCreates } from "../registry/subresource-create.ts"
import type { Resource } from "../resource.ts"
import { failure, invalid } from "../status-error.ts"
import { type Cause, causeIn, documentOf, parseCauseLine } from "./cause.ts"
import type { DeletionCauses } from "./deletions.ts"

export interface CauseReviewOptions {
  readonly authorizer: Authorizer
  /** Absent where causes of deletions are not kept. */
  readonly deletions: DeletionCauses | undefined
  /** What is stored, in clear. */
  readonly decrypt: (key: string, value: Uint8Array) => Uint8Array
}

/** What a POST of a CauseReview answers. */
export const causeReviewCreates = (options: CauseReviewOptions): SubresourceCreates => ({
  "meta.miren.dev/causereviews/": {
    kind: { group: "meta.miren.dev", version: "v1alpha1", kind: "CauseReview" },
    answer: (operation) => answer(operation, options),
  },
})

interface Asked {
  readonly resource: Resource
  readonly namespace: string
  readonly name: string
  readonly at: Revision | undefined
}

/** Fails with `Invalid`, `NotFound` (the resource), `Forbidden`, `Expired`. */
const answer = async (operation: Operation, options: CauseReviewOptions): Promise<MutableObject> => {
  const review = await readReview(operation)
  const asked = askedOf(operation, isObject(review.spec) ? review.spec : {})
  await permit(operation, asked, options.authorizer)
  const status = (await versionStatus(operation, asked, options)) ?? (await deletionStatus(asked, options))
  return { ...review, status: status ?? { found: false } }
}

const askedOf = ({ context, target }: Operation, spec: MutableObject): Asked => {
  const id = `${stringOf(spec, "group")}/${stringOf(spec, "resource")}`
  const resource = context.resources.get(id)
  if (resource === undefined)
    throw failure("NotFound", `the server does not serve the resource ${JSON.stringify(id)}`)
  const version = stringOf(spec, "resourceVersion")
  if (version !== "" && !/^[1-9][0-9]*$/.test(version)) {
    const detail = `Invalid value: ${JSON.stringify(version)}: it is not a version of this server`
    throw invalid(target.resource.subject(""), [
      { field: "spec.resourceVersion", type: "FieldValueInvalid", detail },
    ])
  }
  return {
    resource,
    namespace: resource.namespaced ? stringOf(spec, "namespace") : "",
    name: stringOf(spec, "name"),
    at: version === "" ? undefined : BigInt(version),
  }
}

const permit = async ({ call }: Operation, asked: Asked, authorizer: Authorizer): Promise<void> => {
  const { resource, namespace, name } = asked
  const { group, plural, storage } = resource
  const { user } = call.request
  const info = {
    type: "resource",
    verb: "get",
    group,
    version: storage.name,
    resource: plural,
    subresource: "",
    namespace,
    name,
  } as const
  const decision = await authorizer.authorize({ user, info })
  if (!decision.allowed) throw refusal({ user, info }, decision.reason)
}

const keyOfAsked = ({ resource, namespace, name }: Asked): string => resource.stored.key(namespace, name)

const versionStatus = async (
  { context }: Operation,
  asked: Asked,
  { decrypt }: CauseReviewOptions,
): Promise<MutableObject | undefined> => {
  const key = keyOfAsked(asked)
  const kv = await readAt(context.store, key, asked.at)
  if (kv === undefined) return undefined
  const stored = decrypt(key, kv.value)
  return {
    found: true,
    resourceVersion: String(kv.modRevision),
    uid: stringOf(metadataOf(decodeDocument(documentOf(stored))), "uid"),
    ...shown(causeIn(stored)),
  }
}

const readAt = async (
  store: Operation["context"]["store"],
  key: string,
  at: Revision | undefined,
): Promise<KeyValue | undefined> => {
  if (at === undefined) return (await store.get(key)).kv
  try {
    // Of all keys that begin with this one, it is the first.
    const { items } = await store.range({ prefix: key, limit: 1, revision: at })
    return items[0]?.key === key ? items[0] : undefined
  } catch (error) {
    if (isStoreError(error, "Compacted")) throw failure("Expired", `history no longer reaches back to ${at}`)
    if (isStoreError(error, "FutureRevision")) return undefined
    throw error
  }
}

const deletionStatus = async (
  asked: Asked,
  { deletions }: CauseReviewOptions,
): Promise<MutableObject | undefined> => {
  const deletion = await deletions?.last(keyOfAsked(asked))
  if (deletion === undefined || (asked.at !== undefined && deletion.at > asked.at)) return undefined
  return {
    found: true,
    resourceVersion: String(deletion.at),
    deletedVersion: String(deletion.of),
    ...shown(parseCauseLine(deletion.line)),
  }
}

const shown = (cause: Cause | undefined): MutableObject =>
  cause === undefined ? {} : { cause: { ...cause } }
