/**
 * Writing over an object: what update, patch, apply and the subresources share.
 *
 * The current state comes from the cache first; whenever the outcome could be due to its age (a conflict, a refusal, no
 * change at all), it is read from the store and tried again. Source: GuaranteedUpdate.
 */

import { isStoreError } from "../../store/index.ts"
import { limits } from "../limits.ts"
import type { MutableObject } from "../machinery.ts"
import { conflict, notFound, StatusError, staleObject } from "../status-error.ts"
import { keyOf, type Operation, subjectOf } from "./context.ts"
import { finalizersOf, isDeleting, metadataOf, stringOf } from "./object-meta.ts"
import {
  type Change,
  forgetVersions,
  prepareUpdate,
  sameButForTimes,
  settleUpdate,
  validateUpdate,
} from "./update-steps.ts"
import { warnOf } from "./warnings.ts"
import { optionsObject } from "./write-options.ts"
import {
  type Current,
  converted,
  currentFromCache,
  currentFromStore,
  decodeCurrent,
  isStoredSo,
  putObject,
  removeObject,
  servedBytes,
  type Written,
} from "./written.ts"

/** Fails with `NotFound`, `Conflict`, `Invalid`, and whatever the change refuses. */
export const updateObject = async (operation: Operation, change: Change): Promise<Written> => {
  const { context, target } = operation
  let current = currentFromCache(context, target) ?? (await currentFromStore(context, target))
  for (let attempt = 1; ; attempt++) {
    if (current === undefined) throw notFound(subjectOf(target))
    try {
      return await attemptUpdate(operation, change, await converted(current, target))
    } catch (error) {
      const raced = isStoreError(error, "RevisionMismatch") || isStoreError(error, "KeyMissing")
      const maybeOld = current.source === "cache" && error instanceof StatusError
      if ((!raced && !maybeOld) || attempt >= limits.updateAttemptsMax) {
        throw raced ? staleObject(subjectOf(target)) : error
      }
      const fresh: Current | undefined = await currentFromStore(context, target)
      if (!raced && fresh?.revision === current.revision) throw error
      current = fresh
    }
  }
}

const checkPreconditions = (
  wanted: MutableObject,
  current: Current,
  operation: Operation,
): string | undefined => {
  const metadata = metadataOf(wanted)
  const resourceVersion = stringOf(metadata, "resourceVersion")
  if (resourceVersion !== "" && resourceVersion !== "0" && resourceVersion !== String(current.revision)) {
    throw staleObject(subjectOf(operation.target))
  }
  return resourceVersion === "" ? undefined : resourceVersion
}

const checkUid = (wanted: MutableObject, old: MutableObject, operation: Operation): void => {
  const given = stringOf(metadataOf(wanted), "uid")
  const uid = stringOf(metadataOf(old), "uid")
  if (given === "" || given === uid) return
  const why = `Precondition failed: UID in precondition: ${given}, UID in object meta: ${uid}`
  throw conflict(subjectOf(operation.target), why)
}

const attemptUpdate = async (operation: Operation, change: Change, current: Current): Promise<Written> => {
  const { context, target, call } = operation
  const old = decodeCurrent(current, target)
  const next = change.next({ object: old, copy: () => decodeCurrent(current, target) })
  const wanted = next instanceof Promise ? await next : next
  forgetVersions(old, target)
  forgetVersions(wanted, target)
  checkPreconditions(wanted, current, operation)
  checkUid(wanted, old, operation)
  const prepared = prepareUpdate(operation, { wanted, old, change })
  if (prepared !== undefined) await prepared
  warnOf(operation, wanted, old)
  const request = {
    operation: "UPDATE",
    target,
    object: wanted,
    old,
    dryRun: change.options.dryRun,
    call,
    options: optionsObject("UpdateOptions", change.options),
  } as const
  const owners = metadataOf(wanted).managedFields
  await context.admit({ ...request, settle: () => settleUpdate(operation, { wanted, old, change }, owners) })
  validateUpdate(wanted, old, operation)
  await context.admitValid(request)
  const emptied = isDeleting(wanted) && finalizersOf(wanted).length === 0 && !held(wanted, operation)
  if (change.options.dryRun)
    return { bytes: servedBytes(wanted, current.revision), revision: current.revision }
  if (emptied) return remove(operation, wanted, current)
  if (sameButForTimes(wanted, old)) return unchanged(operation, old, current)
  return putObject(operation, { object: wanted, expect: { modRevision: current.revision } })
}

const held = (object: MutableObject, operation: Operation): boolean =>
  operation.target.resource.strategy.held?.(object) ?? false

/** The last finalizer is gone: the object goes, and the answer is its last state. */
const remove = async (operation: Operation, object: MutableObject, current: Current): Promise<Written> => {
  const revision = await removeObject(operation, current.revision)
  return { bytes: servedBytes(object, revision), revision }
}

/**
 * Nothing that the client would see to write: true only of the newest state, so an old one is looked at again. What is
 * stored otherwise than it would be now (in another version, before a default) is written all the same.
 */
const unchanged = async (operation: Operation, old: MutableObject, current: Current): Promise<Written> => {
  const { context, target } = operation
  const key = keyOf(target)
  const { kv } = await context.store.get(key)
  if (kv === undefined || kv.modRevision !== current.revision) throw staleObject(subjectOf(target))
  const { revision, bytes, version } = current
  if (!(await isStoredSo(context.open(key, kv.value), old, target)))
    return putObject(operation, { object: old, expect: { modRevision: revision } })
  context.writer.keep(key, revision)
  return { bytes: target.version.name === version ? bytes : servedBytes(old, revision), revision }
}
