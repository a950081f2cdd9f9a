/** How the events of a watch look on the wire. Start with {@link EventFormat}. */
import { restamped } from "../registry/document.ts"
import type { Resource, ResourceVersion } from "../resource.ts"
import { bytesIn, type CachedObject, isView } from "./cached-object.ts"

export type EventType = "ADDED" | "MODIFIED" | "DELETED"

export interface EventFormat {
  /** Formats with the same id give the same bytes, so watchers share them; undefined when the format keeps state. */
  readonly id: string | undefined
  /** Whether `event` reads `previous`: what a converter must bring to the version before. */
  readonly comparesPrevious?: boolean
  /**
   * The pieces of one frame, in order; nothing is copied. None: the event is left out. `previous` is the state before, where
   * there was one.
   */
  event(type: EventType, object: CachedObject, previous?: CachedObject): ReadonlyArray<Uint8Array>
  bookmark(revision: bigint, initialEventsEnd: boolean): Uint8Array
  /** What a byte of an object costs to frame, where copying it costs 1. */
  readonly cost: number
}

const encoder = new TextEncoder()

const openings: { readonly [T in EventType]: Uint8Array } = {
  ADDED: encoder.encode('{"type":"ADDED","object":'),
  MODIFIED: encoder.encode('{"type":"MODIFIED","object":'),
  DELETED: encoder.encode('{"type":"DELETED","object":'),
}
const closing = encoder.encode("}\n")

/** A frame around any document. */
export const frame = (type: string, document: unknown): Uint8Array =>
  encoder.encode(`${JSON.stringify({ type, object: document })}\n`)

export const bookmarkFrame = (
  typeMeta: { readonly apiVersion: string; readonly kind: string },
  revision: bigint,
  initialEventsEnd: boolean,
): Uint8Array =>
  frame("BOOKMARK", {
    kind: typeMeta.kind,
    apiVersion: typeMeta.apiVersion,
    metadata: {
      resourceVersion: String(revision),
      creationTimestamp: null,
      ...(initialEventsEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
    },
  })

/** Plain objects in JSON: the cache's own bytes. */
export const jsonFormat = (resource: Resource, version: ResourceVersion): EventFormat => ({
  id: `json/${version.apiVersion}`,
  cost: isView(version, resource) ? 8 : 1,
  event: (type, object) => [openings[type], bytesIn(object, version, resource), closing],
  bookmark: (revision, end) =>
    bookmarkFrame({ apiVersion: version.apiVersion, kind: resource.kind }, revision, end),
})

export interface ProjectedView {
  /** Equal for views that give the same bytes of an object. */
  readonly id: string
  /** What is sent of an object. */
  readonly of: (object: CachedObject) => Buffer
  /** Whether MODIFIED events that change nothing of it are left out. */
  readonly skipUnchanged: boolean
}

/** Parts of objects in JSON. */
export const projectedFormat = (
  { id, of, skipUnchanged }: ProjectedView,
  whole: Pick<EventFormat, "bookmark" | "cost">,
): EventFormat => {
  const isSame = (object: CachedObject, previous: CachedObject): boolean =>
    restamped(of(object), undefined).equals(restamped(of(previous), undefined))
  return {
    id: `fields/${skipUnchanged ? "skip" : "tell"}/${id}`,
    cost: whole.cost + 1,
    comparesPrevious: skipUnchanged,
    event: (type, object, previous) => {
      const skipped =
        skipUnchanged && type === "MODIFIED" && previous !== undefined && isSame(object, previous)
      return skipped ? [] : [openings[type], of(object), closing]
    },
    bookmark: whole.bookmark,
  }
}

/** Any other view, made from the object's bytes. */
export const viewFormat = (
  format: Pick<EventFormat, "id" | "bookmark"> & { readonly view: (object: CachedObject) => unknown },
): EventFormat => ({
  id: format.id,
  cost: 8,
  event: (type, object) => [frame(type, format.view(object))],
  bookmark: format.bookmark,
})
