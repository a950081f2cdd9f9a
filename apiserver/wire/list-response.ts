/** Answers that are a list: the cached bytes one after the other, or another view of them. */
import type { Call } from "../call.ts"
import type { Negotiated, View } from "../negotiation.ts"
import type { Projection } from "../projection/index.ts"
import { decodeDocument } from "../registry/document.ts"
import type { Listed } from "../registry/list.ts"
import type { Resource, ResourceVersion } from "../resource.ts"
import { bytesIn, type CachedObject } from "../watch-cache/cached-object.ts"
import { sendValue } from "./object-response.ts"
import { sendPieces } from "./response.ts"
import { type IncludeObject, partialMetadata, tableOf } from "./views.ts"

export const listViews: ReadonlySet<View> = new Set<View>(["", "Table", "PartialObjectMetadataList"])

export interface ListAnswer {
  readonly listed: Listed
  readonly resource: Resource
  readonly version: ResourceVersion
  readonly negotiated: Negotiated
  readonly include: IncludeObject
  readonly now: number
  /** What of the objects is sent; undefined: all. */
  readonly projection: Projection | undefined
}

/** What is sent of an object, as it is in the version of the request. */
const sentBytes = (object: CachedObject, { resource, version, projection }: ListAnswer): Buffer => {
  const bytes = bytesIn(object, version, resource)
  return projection === undefined ? bytes : projection.of(bytes)
}

const metadataOf = ({ listed }: ListAnswer): object => ({
  ...(listed.continue === "" ? {} : { continue: listed.continue }),
  ...(listed.remaining === undefined ? {} : { remainingItemCount: listed.remaining }),
  resourceVersion: String(listed.revision),
})

const encoder = new TextEncoder()
const comma = encoder.encode(",")
const closing = encoder.encode("]}\n")

function* pieces(answer: ListAnswer): Generator<Uint8Array> {
  const { resource, version, listed } = answer
  const { listKind } = resource.definition.names
  const head = JSON.stringify({
    kind: listKind,
    apiVersion: version.apiVersion,
    metadata: metadataOf(answer),
  })
  yield encoder.encode(`${head.slice(0, -1)},"items":[`)
  let first = true
  for (const object of listed.items) {
    if (!first) yield comma
    first = false
    yield sentBytes(object, answer)
  }
  yield closing
}

const viewed = (answer: ListAnswer): unknown => {
  const { listed, version, resource, negotiated } = answer
  const objects = listed.items.map((object) => decodeDocument(sentBytes(object, answer)))
  const metadata = metadataOf(answer)
  switch (negotiated.view) {
    case "Table":
      return tableOf(objects, answer, { metadata, columns: true })
    case "PartialObjectMetadataList":
      return {
        kind: "PartialObjectMetadataList",
        apiVersion: `meta.k8s.io/${negotiated.viewVersion}`,
        metadata,
        items: objects.map((object) => partialMetadata(object, negotiated.viewVersion)),
      }
    default:
      return {
        kind: resource.definition.names.listKind,
        apiVersion: version.apiVersion,
        metadata,
        items: objects,
      }
  }
}

export const sendList = (call: Call, answer: ListAnswer): Promise<void> => {
  const { encoding, view, pretty } = answer.negotiated
  if (encoding === "json" && view === "" && !pretty) {
    return sendPieces(call, { status: 200, contentType: "application/json" }, pieces(answer))
  }
  return sendValue(call, { status: 200, negotiated: answer.negotiated }, viewed(answer))
}
