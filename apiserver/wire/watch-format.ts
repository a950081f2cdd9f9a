/** The format of a watch's events, from what was negotiated. */
import type { Negotiated } from "../negotiation.ts"
import type { AskedProjection } from "../projection/index.ts"
import { decodeDocument } from "../registry/document.ts"
import type { Resource, ResourceVersion } from "../resource.ts"
import { bytesIn, type CachedObject } from "../watch-cache/cached-object.ts"
import {
  bookmarkFrame,
  type EventFormat,
  jsonFormat,
  projectedFormat,
  viewFormat,
} from "../watch-cache/event-format.ts"
import type { RecentBytes } from "../watch-cache/recent-bytes.ts"
import { type IncludeObject, partialMetadata, tableOf } from "./views.ts"

export interface WatchView {
  readonly resource: Resource
  readonly version: ResourceVersion
  readonly negotiated: Negotiated
  readonly include: IncludeObject
  readonly now: () => number
  /** What of the objects is sent; undefined: all. */
  readonly asked: AskedProjection | undefined
  /** Projections of the latest events. */
  readonly recent: RecentBytes
}

const partsFormat = (
  { resource, version, recent }: WatchView,
  { projection, skipUnchanged }: AskedProjection,
): EventFormat => {
  const id = `${resource.id}/${version.name}/${projection.id}`
  const of = (object: CachedObject): Buffer =>
    recent.of(object, id, () => projection.of(bytesIn(object, version, resource)))
  return projectedFormat({ id, of, skipUnchanged }, jsonFormat(resource, version))
}

const metadataFormat = ({ resource, version, negotiated }: WatchView): EventFormat => {
  const { viewVersion } = negotiated
  const typeMeta = { apiVersion: `meta.k8s.io/${viewVersion}`, kind: "PartialObjectMetadata" }
  return viewFormat({
    id: `metadata/${viewVersion}/${version.apiVersion}`,
    bookmark: (revision, end) => bookmarkFrame(typeMeta, revision, end),
    view: (object) => partialMetadata(decodeDocument(bytesIn(object, version, resource)), viewVersion),
  })
}

/** Only the first event names the columns, so the format belongs to one watcher. */
const tableFormat = (watch: WatchView): EventFormat => {
  const { resource, version, negotiated } = watch
  let columns = true
  const view = (object: CachedObject): object => {
    const document = decodeDocument(bytesIn(object, version, resource))
    const table = tableOf(
      [document],
      { ...watch, now: watch.now() },
      {
        metadata: { resourceVersion: String(object.revision) },
        columns,
      },
    )
    columns = false
    return table
  }
  const typeMeta = { apiVersion: `meta.k8s.io/${negotiated.viewVersion}`, kind: "Table" }
  return viewFormat({
    id: undefined,
    bookmark: (revision, end) => bookmarkFrame(typeMeta, revision, end),
    view,
  })
}

export const watchFormat = (watch: WatchView): EventFormat => {
  if (watch.asked !== undefined) return partsFormat(watch, watch.asked)
  switch (watch.negotiated.view) {
    case "Table":
      return tableFormat(watch)
    case "PartialObjectMetadata":
      return metadataFormat(watch)
    default:
      return jsonFormat(watch.resource, watch.version)
  }
}
