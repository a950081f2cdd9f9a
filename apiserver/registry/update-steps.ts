/** The steps between a wanted state and one that may be stored. Pure but for changing the wanted object. */

import { isObject } from "../body-object.ts"
import { clone, equal } from "../json/index.ts"
import type { FieldError, MutableJson, MutableObject } from "../machinery.ts"
import { validateObjectMeta } from "../schema/index.ts"
import { invalid } from "../status-error.ts"
import { nameRule } from "../strategy.ts"
import { type Operation, strategyContext, subjectOf, type Target } from "./context.ts"
import { shapeMetadata } from "./metadata-shape.ts"
import { finalizersOf, isDeleting, metadataOf, setManagedFields, stringOf } from "./object-meta.ts"
import { ownedAfter } from "./ownership.ts"
import type { WriteOptions } from "./write-options.ts"

/** The current object in the version of the request. */
export interface CurrentObject {
  /** Not to be changed. */
  readonly object: MutableObject
  /** One that may be. */
  copy(): MutableObject
}

export interface Change {
  readonly options: WriteOptions
  /** The wanted object, pruned by the schema. */
  readonly next: (current: CurrentObject) => MutableObject | Promise<MutableObject>
  /** Sets managedFields by itself (server-side apply). */
  readonly ownsFields?: boolean
}

export interface UpdateStep {
  readonly wanted: MutableObject
  readonly old: MutableObject
  readonly change: Change
}

/** Metadata that no client changes: silently as it was. Source: registry/rest BeforeUpdate. */
const serverOwned = [
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "generation",
  "selfLink",
]

const keepOwned = (wanted: MutableObject, old: MutableObject): void => {
  const to = metadataOf(wanted)
  const from = metadataOf(old)
  for (const key of ["name", "namespace", ...serverOwned]) {
    const value = from[key]
    if (value === undefined) delete to[key]
    else to[key] = value
  }
}

/**
 * Forgets, in place, who owns fields in versions of a custom kind that are no longer declared: nothing could be compared
 * with them. Source: structured-merge-diff, IsMissingVersionError.
 */
export const forgetVersions = (object: MutableObject, { resource }: Target): void => {
  if (resource.origin !== "custom") return
  const metadata = metadataOf(object)
  const { managedFields } = metadata
  if (!Array.isArray(managedFields)) return
  const known = managedFields.filter(
    (entry) => !isObject(entry) || resource.declared.has(stringOf(entry, "apiVersion")),
  )
  if (known.length < managedFields.length) metadata.managedFields = known
}

const copyKey = (to: MutableObject, from: MutableObject, key: string): void => {
  const value = Object.hasOwn(from, key) ? from[key] : undefined
  if (value === undefined) delete to[key]
  else to[key] = clone(value)
}

/** `/status` changes only status (and may not touch metadata but for managedFields); the main endpoint all but status. */
const confineToSubresource = ({ wanted, old }: UpdateStep, operation: Operation): void => {
  const { target } = operation
  if (target.subresource === "status") {
    for (const key of new Set([...Object.keys(wanted), ...Object.keys(old)])) {
      if (key !== "status" && key !== "apiVersion" && key !== "kind" && key !== "metadata")
        copyKey(wanted, old, key)
    }
    const { managedFields } = metadataOf(wanted)
    const metadata = clone(metadataOf(old))
    if (managedFields === undefined) delete metadata.managedFields
    else metadata.managedFields = managedFields
    wanted.metadata = metadata
    return
  }
  const own = target.resource.strategy.subresources?.[target.subresource]
  if (own !== undefined) own(wanted, old)
  else if (target.version.hasStatus) copyKey(wanted, old, "status")
}

const contentOf = (object: MutableObject, hasStatus: boolean): MutableObject => {
  const { metadata: _, apiVersion: __, kind: ___, status, ...rest } = object
  return hasStatus || status === undefined ? rest : { ...rest, status }
}

/** Owned metadata kept, confined, defaulted, generation counted. */
const shapeUpdate = (operation: Operation, step: UpdateStep): void => {
  const { target } = operation
  const { wanted, old } = step
  const { strategy } = target.resource
  keepOwned(wanted, old)
  confineToSubresource(step, operation)
  strategy.prepareUpdate?.(wanted, old, strategyContext(operation))
  target.version.schema.applyDefaults(wanted)
  const metadata = metadataOf(wanted)
  delete metadata.resourceVersion
  if (strategy.generation) {
    const { hasStatus } = target.version
    const before = Number(metadata.generation ?? 0)
    if (!equal(contentOf(wanted, hasStatus), contentOf(old, hasStatus))) metadata.generation = before + 1
  }
}

/** Brings a wanted object that admission has changed back into shape: pruned, and prepared again; its owners stay. */
export const settleUpdate = (
  operation: Operation,
  step: UpdateStep,
  owners: MutableJson | undefined,
): void => {
  const { wanted } = step
  shapeMetadata(wanted)
  operation.target.version.schema.prune(wanted)
  shapeUpdate(operation, step)
  const metadata = metadataOf(wanted)
  if (owners === undefined) delete metadata.managedFields
  else metadata.managedFields = owners
}

/** Prepares the wanted object: shaped, and its fields owned; at once where nothing has to be converted for that. */
export const prepareUpdate = (operation: Operation, step: UpdateStep): Promise<void> | undefined => {
  const { target } = operation
  const { wanted, old, change } = step
  shapeUpdate(operation, step)
  if (change.ownsFields === true) return undefined
  const owned = ownedAfter(operation, {
    live: old,
    next: wanted,
    manager: change.options.fieldManager,
    subresource: target.subresource,
    schema: target.version.schema,
    now: strategyContext(operation).now,
  })
  if (owned instanceof Promise) return owned.then((entries) => setManagedFields(wanted, entries))
  setManagedFields(wanted, owned)
  return undefined
}

const finalizerErrors = (wanted: MutableObject, old: MutableObject): ReadonlyArray<FieldError> => {
  if (!isDeleting(old)) return []
  const before = new Set(finalizersOf(old))
  const added = finalizersOf(wanted).filter((finalizer) => !before.has(finalizer))
  if (added.length === 0) return []
  const named = added.map((finalizer) => JSON.stringify(finalizer)).join(", ")
  const detail =
    "Forbidden: no new finalizers can be added if the object is being deleted, " +
    `found new finalizers []string{${named}}`
  return [{ field: "metadata.finalizers", type: "FieldValueForbidden", detail }]
}

/** Fails with `Invalid`. */
export const validateUpdate = (wanted: MutableObject, old: MutableObject, operation: Operation): void => {
  const { resource, version } = operation.target
  const errors = [
    ...validateObjectMeta(metadataOf(wanted), {
      namespaced: resource.namespaced,
      nameIs: nameRule(resource.strategy),
    }),
    ...finalizerErrors(wanted, old),
    ...version.schema.validate(wanted, old, (text) => operation.call.warnings.push(text)),
    ...(resource.strategy.validate?.(wanted, old) ?? []),
  ]
  if (errors.length > 0) throw invalid(subjectOf(operation.target), errors)
}

const withoutTimes = (entries: MutableJson | undefined): MutableJson =>
  Array.isArray(entries)
    ? entries.map((entry) => {
        if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return entry
        const { time: _, ...rest } = entry
        return rest
      })
    : null

/** Whether nothing but the times of managedFields (and the resourceVersion) differs: then nothing is written. */
export const sameButForTimes = (wanted: MutableObject, old: MutableObject): boolean => {
  const a = metadataOf(wanted)
  const b = metadataOf(old)
  if (!equal(withoutTimes(a.managedFields), withoutTimes(b.managedFields))) return false
  const { managedFields: _, resourceVersion: __, ...left } = a
  const { managedFields: ___, resourceVersion: ____, ...right } = b
  return equal(left, right) && equal({ ...wanted, metadata: null }, { ...old, metadata: null })
}

export const resourceVersionOf = (object: MutableObject): string =>
  stringOf(metadataOf(object), "resourceVersion")
