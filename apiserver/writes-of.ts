/** The verbs that write a resource: those of the registry, or those of the facade that it is. */
import { eventTwinId } from "./events/event-resource.ts"
import { eventWrites } from "./events/event-writes.ts"
import { podWrites } from "./pods/pod-writes.ts"
import { registryWrites, type Writes } from "./registry/writes.ts"
import type { Resource } from "./resource.ts"

export const writesOf = (resource: Resource): Writes =>
  resource.facade === undefined
    ? registryWrites
    : (resource.id === eventTwinId ? eventWrites : podWrites)(resource, resource.facade)
