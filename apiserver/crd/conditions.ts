/** The status of a CustomResourceDefinition: accepted names, stored versions, conditions. */

import { clone } from "../json/index.ts"
import type { MutableObject } from "../machinery.ts"
import { stringsIn } from "../open-fields.ts"
import { nameOf, stringOf } from "../registry/object-meta.ts"
import type { ResourceTable } from "../resource-table.ts"
import { conditionsOf, definitionOf, objectAt, specOf, statusOf, versionsOf } from "./definition.ts"

export interface ConditionUpdate {
  readonly type: string
  readonly status: "True" | "False"
  readonly reason: string
  readonly message: string
}

/** Sets a condition in place; its time moves only when its status does. */
export const setCondition = (crd: MutableObject, next: ConditionUpdate, now: string): void => {
  const conditions = conditionsOf(crd).filter((condition) => condition.type !== next.type)
  const before = conditionsOf(crd).find((condition) => condition.type === next.type)
  const since = before?.status === next.status ? stringOf(before, "lastTransitionTime") : now
  const { type, status, reason, message } = next
  const made: MutableObject = {
    type,
    status,
    lastTransitionTime: since === "" ? now : since,
    reason,
    message,
  }
  const all = [...conditionsOf(crd)]
  const at = all.findIndex((condition) => condition.type === type)
  crd.status = { ...statusOf(crd), conditions: at < 0 ? [...conditions, made] : all.with(at, made) }
}

const emptying = "InstanceDeletionInProgress"

/** Whether the deletion of its objects has begun. */
export const isEmptying = (crd: MutableObject): boolean =>
  conditionsOf(crd).some(({ type, reason }) => type === "Terminating" && reason === emptying)

/** Says, in place, that the objects are being deleted. Source: apiextensions' finalizer controller. */
export const markEmptying = (crd: MutableObject, now: string): void => {
  const message = "CustomResource deletion is in progress"
  setCondition(crd, { type: "Terminating", status: "True", reason: emptying, message }, now)
}

/** A name of this CRD that another resource of its group has already. */
export const namesConflict = (
  crd: MutableObject,
  resources: ResourceTable,
): { reason: string; message: string } | undefined => {
  const definition = definitionOf(crd)
  if (definition === undefined) return undefined
  const { group, names } = definition
  const others = (resources.group(group)?.resources ?? []).filter(
    (other) => `${other.plural}.${other.group}` !== nameOf(crd),
  )
  const words = new Set(
    others.flatMap(({ definition: { names: taken } }) => [
      taken.plural,
      taken.singular,
      ...(taken.shortNames ?? []),
    ]),
  )
  const kinds = new Set(others.flatMap(({ definition: { names: taken } }) => [taken.kind, taken.listKind]))
  const taken = (word: string): string => `${JSON.stringify(word)} is already in use`
  if (words.has(names.plural)) return { reason: "PluralConflict", message: taken(names.plural) }
  if (words.has(names.singular)) return { reason: "SingularConflict", message: taken(names.singular) }
  const short = names.shortNames?.find((word) => words.has(word))
  if (short !== undefined) return { reason: "ShortNamesConflict", message: taken(short) }
  if (kinds.has(names.kind)) return { reason: "KindConflict", message: taken(names.kind) }
  if (kinds.has(names.listKind)) return { reason: "ListKindConflict", message: taken(names.listKind) }
  return undefined
}

/** Decides, in place, whether the names are accepted and the kind is served. Keeps other conditions. */
export const establish = (crd: MutableObject, resources: ResourceTable, now: string): void => {
  const conflict = namesConflict(crd, resources)
  if (conflict === undefined) {
    setCondition(
      crd,
      { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found" },
      now,
    )
    const message = "the initial names have been accepted"
    setCondition(crd, { type: "Established", status: "True", reason: "InitialNamesAccepted", message }, now)
  } else {
    setCondition(crd, { type: "NamesAccepted", status: "False", ...conflict }, now)
    const established = conditionsOf(crd).some((one) => one.type === "Established" && one.status === "True")
    if (!established) {
      const message = "not all names are accepted"
      setCondition(crd, { type: "Established", status: "False", reason: "NotAccepted", message }, now)
    }
  }
  const storage = versionsOf(crd).find((version) => version.storage === true)
  const stored = new Set(stringsIn(statusOf(crd), "storedVersions"))
  if (storage !== undefined) stored.add(stringOf(storage, "name"))
  const acceptedNames =
    conflict === undefined ? clone(objectAt(specOf(crd), "names")) : objectAt(statusOf(crd), "acceptedNames")
  const names: MutableObject =
    Object.keys(acceptedNames).length === 0 ? { plural: "", kind: "" } : acceptedNames
  crd.status = { ...statusOf(crd), acceptedNames: names, storedVersions: [...stored] }
}
