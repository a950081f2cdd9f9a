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

interface NameConflict {
  readonly field: "plural" | "singular" | "shortNames" | "kind" | "listKind"
  readonly reason: string
  readonly message: string
}

/** The names of this CRD that other resources of its group have already. Source: apiextensions' naming controller. */
export const nameConflicts = (crd: MutableObject, resources: ResourceTable): ReadonlyArray<NameConflict> => {
  const definition = definitionOf(crd)
  if (definition === undefined) return []
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
  const wanted = [
    ["plural", "PluralConflict", [names.plural], words],
    ["singular", "SingularConflict", [names.singular], words],
    ["shortNames", "ShortNamesConflict", names.shortNames ?? [], words],
    ["kind", "KindConflict", [names.kind], kinds],
    ["listKind", "ListKindConflict", [names.listKind], kinds],
  ] as const
  return wanted.flatMap(([field, reason, asked, taken]) => {
    const message = asked
      .filter((word) => taken.has(word))
      .map((word) => `${JSON.stringify(word)} is already in use`)
      .join(", ")
    return message === "" ? [] : [{ field, reason, message }]
  })
}

/** The names that are this kind's: those that nobody else has, and what was accepted before of the others. */
const acceptedNames = (crd: MutableObject, conflicts: ReadonlyArray<NameConflict>): MutableObject => {
  const before = objectAt(statusOf(crd), "acceptedNames")
  const names: MutableObject = { plural: "", kind: "", ...clone(objectAt(specOf(crd), "names")) }
  for (const { field } of conflicts) {
    const accepted = before[field]
    if (accepted !== undefined) names[field] = clone(accepted)
    else if (field === "plural" || field === "kind") names[field] = ""
    else delete names[field]
  }
  return names
}

/** Decides, in place, whether the names are accepted and the kind is served. Keeps other conditions. */
export const establish = (crd: MutableObject, resources: ResourceTable, now: string): void => {
  const conflicts = nameConflicts(crd, resources)
  const conflict = conflicts.at(-1)
  if (conflict === undefined) {
    setCondition(
      crd,
      { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found" },
      now,
    )
    const message = "the initial names have been accepted"
    setCondition(crd, { type: "Established", status: "True", reason: "InitialNamesAccepted", message }, now)
  } else {
    const { reason, message: why } = conflict
    setCondition(crd, { type: "NamesAccepted", status: "False", reason, message: why }, now)
    const established = conditionsOf(crd).some((one) => one.type === "Established" && one.status === "True")
    if (!established) {
      const message = "not all names are accepted"
      setCondition(crd, { type: "Established", status: "False", reason: "NotAccepted", message }, now)
    }
  }
  const storage = versionsOf(crd).find((version) => version.storage === true)
  const stored = new Set(stringsIn(statusOf(crd), "storedVersions"))
  if (storage !== undefined) stored.add(stringOf(storage, "name"))
  const names = acceptedNames(crd, conflicts)
  crd.status = { ...statusOf(crd), acceptedNames: names, storedVersions: [...stored] }
}
