/** Events: notes about objects, kept in the namespace of what they are about. Source: registry/core/event. */
import { isObject } from "../body-object.ts"
import { eventErrors } from "../events/event-rules.ts"
import type { MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"
import type { Strategy } from "../strategy.ts"

/** Who says so: in the older words, or else in the newer. */
const sourceOf = (event: MutableObject): string =>
  stringOf(isObject(event.source) ? event.source : {}, "component") || stringOf(event, "reportingComponent")

export const eventStrategy: Strategy = {
  generation: false,
  unconditionalUpdate: true,
  createOnUpdate: true,
  selectable: { source: sourceOf },
  validate: eventErrors,
}
