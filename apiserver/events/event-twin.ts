/** An Event in its two vocabularies: core/v1, as it is stored, and events.k8s.io/v1. Source: apis/events/v1 conversion. */
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"

/** The field in events.k8s.io/v1, and in core/v1. */
const words: ReadonlyArray<readonly [string, string]> = [
  ["regarding", "involvedObject"],
  ["note", "message"],
  ["reportingController", "reportingComponent"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
]

const rename = (object: MutableObject, pairs: Iterable<readonly [string, string]>): MutableObject => {
  for (const [from, to] of pairs) {
    const value = Object.hasOwn(object, from) ? object[from] : undefined
    delete object[from]
    if (value !== undefined) object[to] = value
  }
  return object
}

/** A stored Event as events.k8s.io/v1 has it. Changes and gives back `stored`. */
export const newerEvent = (stored: MutableObject): MutableObject => {
  const event = rename(
    stored,
    words.map(([newer, older]) => [older, newer] as const),
  )
  event.apiVersion = "events.k8s.io/v1"
  if (!isObject(event.regarding)) event.regarding = {}
  if (event.eventTime === undefined) event.eventTime = null
  return event
}

/** An Event of events.k8s.io/v1 as it is stored. Changes and gives back `event`. */
export const storedEvent = (event: MutableObject): MutableObject => {
  const stored = rename(event, words)
  stored.apiVersion = "v1"
  if (!isObject(stored.involvedObject)) stored.involvedObject = {}
  if (stored.eventTime === null) delete stored.eventTime
  return stored
}
