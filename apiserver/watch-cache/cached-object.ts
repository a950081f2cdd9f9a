/** One version of one object as the cache holds it: its served bytes, and the few fields that selectors ask for. */
import { limits } from "../limits.ts"
import type { MutableObject } from "../machinery.ts"
import { decodeDocument, encodeDocument, withResourceVersion } from "../registry/document.ts"
import { labelsOf, metadataOf, stringOf } from "../registry/object-meta.ts"
import type { Resource, ResourceVersion } from "../resource.ts"
import type { Served } from "../resource-table.ts"
import { RecentBytes } from "./recent-bytes.ts"

export interface CachedObject {
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly revision: bigint
  /** With resourceVersion; what GET, LIST and WATCH write. Shared: never changed. */
  readonly bytes: Buffer
  /** Of the bytes: the storage version, or where a converter is needed, the version that was stored. */
  readonly version: string
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

/** The version in which a stored document is kept: only a converter can bring it from another to the storage version. */
const keptVersion = (object: MutableObject, resource: Resource): ResourceVersion =>
  resource.converter === undefined
    ? resource.storage
    : (resource.declared.get(stringOf(object, "apiVersion")) ?? resource.storage)

/**
 * Reads a stored document once: at the version in which it is kept, pruned and defaulted where its schema has moved on.
 * Undefined when the bytes are no document of ours.
 */
export const cacheDocument = (stored: StoredDocument, resource: Resource): CachedObject | undefined => {
  const text = Buffer.from(stored.value.buffer, stored.value.byteOffset, stored.value.byteLength).toString(
    "utf8",
  )
  let object: MutableObject
  let version: ResourceVersion
  let value = stored.value
  try {
    object = decodeDocument(stored.value)
    version = keptVersion(object, resource)
    readThrough(object, version)
    if (JSON.stringify(object) !== text) value = encodeDocument(object)
  } catch {
    return undefined
  }
  const bytes = withResourceVersion(value, stored.revision)
  if (bytes === undefined) return undefined
  return described(stored, { resource, object, bytes, version: version.name })
}

const described = (
  stored: StoredDocument,
  more: {
    readonly resource: Resource
    readonly object: MutableObject
    readonly bytes: Buffer
    readonly version: string
  },
): CachedObject => {
  const { object, bytes, version } = more
  const metadata = metadataOf(object)
  const { selectableFields } = more.resource
  const fields = selectableFields.map(({ read }) => read(object))
  return {
    key: stored.key,
    namespace: stringOf(metadata, "namespace"),
    name: stringOf(metadata, "name"),
    revision: stored.revision,
    bytes,
    version,
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
  if (bytes === undefined) return undefined
  return described(stored, { resource, object: anticipated.object, bytes, version: resource.storage.name })
}

/** What a converter made: it is asked beforehand, so its answers are kept as long as the object. */
const converted = new WeakMap<CachedObject, Map<string, Buffer>>()

/** Views that can be made again at any time. */
const recentViews = new RecentBytes(limits.views)

/** What a view is remembered by: facades see the same object too. */
const viewId = (version: ResourceVersion, resource: Resource): string => `${resource.id}/${version.name}`

/** Whether the bytes of an object are those of a version as they are. */
const isItself = (object: CachedObject, version: ResourceVersion, { facade }: Resource): boolean =>
  facade === undefined && object.version === version.name

/** Whether {@link bytesIn} has the bytes of a version without a converter. */
export const hasView = (object: CachedObject, version: ResourceVersion, resource: Resource): boolean =>
  isItself(object, version, resource) || converted.get(object)?.has(viewId(version, resource)) === true

const viewBytes = (object: CachedObject, document: MutableObject): Buffer =>
  withResourceVersion(encodeDocument(document), object.revision) ?? object.bytes

/** Remembers what a converter made of an object while the object is. */
export const keepView = (
  object: CachedObject,
  document: MutableObject,
  { version, resource }: Served,
): void => {
  const bytes = viewBytes(object, document)
  const id = viewId(version, resource)
  const made = converted.get(object)
  if (made === undefined) converted.set(object, new Map([[id, bytes]]))
  else made.set(id, bytes)
}

/** Whether the bytes of a version must be made of those that are kept, at the cost of reading and writing them. */
export const isView = (version: ResourceVersion, resource: Resource): boolean =>
  resource.facade !== undefined || version !== resource.storage

/** The object's bytes in a version: the cached ones, or made of them. A converter's must have been made before. */
export const bytesIn = (object: CachedObject, version: ResourceVersion, resource: Resource): Buffer => {
  if (isItself(object, version, resource)) return object.bytes
  if (resource.converter !== undefined) {
    const known = converted.get(object)?.get(viewId(version, resource))
    if (known === undefined) throw new Error(`${object.key} has not been converted to ${version.apiVersion}`)
    return known
  }
  return recentViews.of(object, viewId(version, resource), () => {
    const stored = decodeDocument(object.bytes)
    return viewBytes(object, resource.facade?.view(stored) ?? readThrough(stored, version))
  })
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
