/**
 * Conversion of what is cached or under way. Kinds without a {@link Converter} need none of it beforehand: their views are
 * made as they are asked for. For the others, {@link ensureViews} comes before whatever reads `bytesIn`.
 */
import type { MutableObject } from "../machinery.ts"
import { decodeDocument } from "../registry/document.ts"
import { stringOf } from "../registry/object-meta.ts"
import type { Resource, ResourceVersion } from "../resource.ts"
import { type CachedObject, hasView, keepView, readThrough } from "./cached-object.ts"

/** Objects at a version, pruned and defaulted by it. May change and reuse them. Rejects when they cannot be converted. */
export const convertObjects = async (
  objects: ReadonlyArray<MutableObject>,
  version: ResourceVersion,
  resource: Resource,
): Promise<ReadonlyArray<MutableObject>> => {
  const { converter } = resource
  if (converter === undefined) return objects.map((object) => readThrough(object, version))
  const other = objects.filter((object) => stringOf(object, "apiVersion") !== version.apiVersion)
  if (other.length === 0) return objects
  const converted = [...(await converter.convert(other, version.apiVersion))].reverse()
  return objects.map((object) =>
    stringOf(object, "apiVersion") === version.apiVersion
      ? object
      : readThrough(converted.pop() ?? object, version),
  )
}

export const convertObject = async (
  object: MutableObject,
  version: ResourceVersion,
  resource: Resource,
): Promise<MutableObject> => (await convertObjects([object], version, resource))[0] ?? object

/** Makes the views that `bytesIn` needs, all in one go. Rejects when they cannot be converted. */
export const ensureViews = async (
  objects: ReadonlyArray<CachedObject>,
  version: ResourceVersion,
  resource: Resource,
): Promise<void> => {
  if (resource.converter === undefined) return
  const missing = objects.filter((object) => !hasView(object, version, resource))
  if (missing.length === 0) return
  const documents = missing.map((object) => decodeDocument(object.bytes))
  const converted = await convertObjects(documents, version, resource)
  for (const [index, object] of missing.entries()) {
    const document = converted[index]
    if (document !== undefined) keepView(object, document, { version, resource })
  }
}
