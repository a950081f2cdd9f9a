/** One version of one object as the cache holds it: its served bytes, and the few fields that selectors ask for. */
import type { MutableObject } from "../machinery.ts"
import { decodeDocument, encodeDocument, withResourceVersion } from "../registry/document.ts"
import { labelsOf, metadataOf, stringOf } from "../registry/object-meta.ts"
import type { Resource, ResourceVersion } from "../resource.ts"

export interface CachedObject {
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly revision: bigint
  /** In the storage version, with resourceVersion; what GET, LIST and WATCH write. Shared: never changed. */
  readonly bytes: Buffer
  readonly labels: { readonly [key: string]: string } | undefined
  /** Values of the resource's selectable fields, in their order. */
  readonly fields: ReadonlyArray<string> | undefined
}

export interface StoredDocument {
  readonly key: string
  readonly value: Uint8Array
  readonly revision: bigint
}

/** A document read through a version: converted, pruned, defaulted. Changes `object`. */
export const readThrough = (object: MutableObject, version: ResourceVersion): MutableObject => {
  object.apiVersion = version.apiVersion
  version.schema.prune(object)
  version.schema.applyDefaults(object)
  return object
}

/**
 * Reads a stored document once: converted to the storage version, pruned and defaulted where its schema has moved on.
 * Undefined when the bytes are no document of ours.
 */
export const cacheDocument = (stored: StoredDocument, resource: Resource): CachedObject | undefined => {
  const text = Buffer.from(stored.value.buffer, stored.value.byteOffset, stored.value.byteLength).toString(
    "utf8",
  )
  let object: MutableObject
  let value = stored.value
  try {
    object = readThrough(decodeDocument(stored.value), resource.storage)
    if (JSON.stringify(object) !== text) value = encodeDocument(object)
  } catch {
    return undefined
  }
  const bytes = withResourceVersion(value, stored.revision)
  if (bytes === undefined) return undefined
  return described(stored, { resource, object, bytes })
}

const described = (
  stored: StoredDocument,
  more: { readonly resource: Resource; readonly object: MutableObject; readonly bytes: Buffer },
): CachedObject => {
  const { object, bytes } = more
  const metadata = metadataOf(object)
  const { selectableFields } = more.resource
  const fields = selectableFields.map(({ read }) => read(object))
  return {
    key: stored.key,
    namespace: stringOf(metadata, "namespace"),
    name: stringOf(metadata, "name"),
    revision: stored.revision,
    bytes,
    labels: labelsOf(object),
    fields: fields.length === 0 ? undefined : fields,
  }
}

/** A write of this server under way: what its event will say, so that it need not be read again. */
export interface Anticipated {
  /** In the storage version, pruned and defaulted. */
  readonly object: MutableObject
  readonly value: Uint8Array
  readonly resource: Resource
}

/** As {@link cacheDocument}, from the write that put these very bytes. */
export const cacheAnticipated = (
  stored: StoredDocument,
  resource: Resource,
  anticipated: Anticipated | undefined,
): CachedObject | undefined => {
  if (anticipated?.resource !== resource) return cacheDocument(stored, resource)
  const bytes = withResourceVersion(stored.value, stored.revision)
  return bytes === undefined ? undefined : described(stored, { resource, object: anticipated.object, bytes })
}

const views = new WeakMap<CachedObject, Map<string, Buffer>>()

/** The object's bytes in a version: the cached ones, or made once and remembered while the object is. */
export const bytesIn = (object: CachedObject, version: ResourceVersion, resource: Resource): Buffer => {
  const { facade } = resource
  if (facade === undefined && version === resource.storage) return object.bytes
  let made = views.get(object)
  if (made === undefined) {
    made = new Map()
    views.set(object, made)
  }
  const id = `${resource.id}/${version.name}`
  const known = made.get(id)
  if (known !== undefined) return known
  const stored = decodeDocument(object.bytes)
  const document = encodeDocument(facade?.view(stored) ?? readThrough(stored, version))
  const bytes = withResourceVersion(document, object.revision) ?? object.bytes
  made.set(id, bytes)
  return bytes
}

const viewFields = new WeakMap<CachedObject, ReadonlyArray<string>>()

/** The values of the selectable fields of a resource, in their order. */
export const fieldsIn = (object: CachedObject, resource: Resource): ReadonlyArray<string> => {
  if (resource.facade === undefined) return object.fields ?? []
  const known = viewFields.get(object)
  if (known !== undefined) return known
  const view = decodeDocument(bytesIn(object, resource.storage, resource))
  const fields = resource.selectableFields.map(({ read }) => read(view))
  viewFields.set(object, fields)
  return fields
}
