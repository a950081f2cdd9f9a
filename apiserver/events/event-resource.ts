/** events.k8s.io/v1 Events as they are served: those of core/v1 in other words. Start with {@link eventTwin}. */
import type { ResourceDefinition } from "../../schemas/index.ts"
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import { Resource } from "../resource.ts"
import type { Strategy } from "../strategy.ts"
import { humanDuration } from "../table/index.ts"
import { newerEvent } from "./event-twin.ts"

export const eventTwinId = "events.k8s.io/events"
export const storedEventsId = "/events"

const lastSeen = (event: MutableObject): string =>
  stringOf(isObject(event.series) ? event.series : {}, "lastObservedTime") ||
  stringOf(event, "deprecatedLastTimestamp") ||
  stringOf(event, "eventTime")

const cells = (event: MutableObject, now: number): { readonly [column: number]: string } => {
  const time = Date.parse(lastSeen(event))
  return { 0: Number.isNaN(time) ? "<unknown>" : humanDuration(now - time) }
}

/** The resource of the newer Events over that of the stored ones. */
export const eventTwin = (definition: ResourceDefinition, events: Resource, strategy: Strategy): Resource =>
  new Resource(definition, { origin: "builtin", strategy, facade: { of: events, view: newerEvent, cells } })
