/** What an Event must be, in the words of core/v1 as upstream names fields for both. Source: apis/core/validation/events.go. */
import { isObject } from "../body-object.ts"
import { equal } from "../json/index.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { metadataOf, stringOf } from "../registry/object-meta.ts"
import { qualifiedNameProblem } from "../schema/index.ts"

const wordMax = 128
const noteMax = 1024

const invalid = (field: string, value: unknown, why: string): FieldError => ({
  field,
  type: "FieldValueInvalid",
  detail: `Invalid value: ${JSON.stringify(value)}: ${why}`,
})

const required = (field: string): FieldError => ({
  field,
  type: "FieldValueRequired",
  detail: "Required value",
})

const objectAt = (event: MutableObject, key: string): MutableObject => {
  const value = event[key]
  return isObject(value) ? value : {}
}

const isTimed = (event: MutableObject): boolean => stringOf(event, "eventTime") !== ""

/** An Event lives where its object does; that of a cluster-scoped one in `default` (or, of the newer form, `kube-system`). */
const namespaceErrors = (event: MutableObject): ReadonlyArray<FieldError> => {
  const own = stringOf(metadataOf(event), "namespace")
  const involved = stringOf(objectAt(event, "involvedObject"), "namespace")
  const timed = isTimed(event)
  const fits =
    involved === "" ? own === "default" || (timed && own === "kube-system") : timed || own === involved
  return fits ? [] : [invalid("involvedObject.namespace", involved, "does not match event.namespace")]
}

const wordErrors = (event: MutableObject, field: string): ReadonlyArray<FieldError> => {
  const word = stringOf(event, field)
  if (word === "") return [required(field)]
  return word.length > wordMax ? [invalid(field, "", `can have at most ${wordMax} characters`)] : []
}

/** Of the newer form: those that say when they were noticed. */
const timedErrors = (event: MutableObject): ReadonlyArray<FieldError> => {
  if (!isTimed(event)) return []
  const controller = stringOf(event, "reportingComponent")
  const problem = controller === "" ? undefined : qualifiedNameProblem(controller)
  const errors: FieldError[] = []
  if (controller === "") errors.push(required("reportingController"))
  if (problem !== undefined) errors.push(invalid("reportingController", controller, problem))
  for (const field of ["reportingInstance", "action", "reason"]) errors.push(...wordErrors(event, field))
  if (stringOf(event, "message").length > noteMax)
    errors.push(invalid("message", "", `can have at most ${noteMax} characters`))
  return errors
}

/** All that is wrong with an Event of either form. */
export const eventErrors = (event: MutableObject): ReadonlyArray<FieldError> => [
  ...namespaceErrors(event),
  ...timedErrors(event),
]

const seriesErrors = (event: MutableObject): ReadonlyArray<FieldError> => {
  if (!isObject(event.series)) return []
  const { count } = event.series
  const errors: FieldError[] = []
  if (typeof count !== "number" || count < 2) errors.push(invalid("series.count", "", "should be at least 2"))
  if (stringOf(event.series, "lastObservedTime") === "") errors.push(required("series.lastObservedTime"))
  return errors
}

/** What the newer form adds for an Event that is created through it. */
export const newEventErrors = (event: MutableObject): ReadonlyArray<FieldError> => {
  const errors = [...seriesErrors(event)]
  const type = stringOf(event, "type")
  if (!isTimed(event)) errors.push(required("eventTime"))
  if (type !== "Normal" && type !== "Warning") errors.push(invalid("type", "", `has invalid value: ${type}`))
  for (const field of ["firstTimestamp", "lastTimestamp"])
    if (stringOf(event, field) !== "") errors.push(invalid(field, "", "needs to be unset"))
  if ((event.count ?? 0) !== 0) errors.push(invalid("count", "", "needs to be unset"))
  const { component = "", host = "" } = objectAt(event, "source")
  if (component !== "" || host !== "") errors.push(invalid("source", "", "needs to be unset"))
  return errors
}

/** What an update through the newer form may not change: everything but the series. */
const fixed = [
  "involvedObject",
  "reason",
  "message",
  "source",
  "firstTimestamp",
  "lastTimestamp",
  "count",
  "type",
  "eventTime",
  "action",
  "related",
  "reportingComponent",
  "reportingInstance",
]

/** What the newer form adds for a change that is made through it. */
export const changedEventErrors = (event: MutableObject, old: MutableObject): ReadonlyArray<FieldError> => [
  ...(equal(event.series ?? null, old.series ?? null) ? [] : seriesErrors(event)),
  ...fixed
    .filter((field) => !equal(event[field] ?? null, old[field] ?? null))
    .map((field) => invalid(field, event[field] ?? null, "field is immutable")),
]
