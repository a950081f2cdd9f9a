/** The delete verb: at once, or once its finalizers let it go. Source: registry/generic Store.Delete. */

import { isStoreError } from "../../store/index.ts"
import { limits } from "../limits.ts"
import type { MutableObject } from "../machinery.ts"
import { conflict, notFound, StatusError, staleObject } from "../status-error.ts"
import { admitDeletion } from "./admit-write.ts"
import { type Operation, strategyContext, subjectOf } from "./context.ts"
import type { DeleteOptions, PropagationPolicy } from "./delete-options.ts"
import { finalizersOf, isDeleting, metadataOf, stringOf } from "./object-meta.ts"
import {
  type Current,
  converted,
  currentFromCache,
  currentFromStore,
  decodeCurrent,
  putObject,
  removeObject,
  servedBytes,
  type Written,
} from "./written.ts"

export type Deleted =
  /** It is gone (or would be). */
  | { readonly type: "gone"; readonly uid: string; readonly last: Written }
  /** Something holds it: it carries a deletionTimestamp. */
  | { readonly type: "held"; readonly written: Written }

const byPolicy: { readonly [P in PropagationPolicy]: string | undefined } = {
  Foreground: "foregroundDeletion",
  Orphan: "orphan",
  Background: undefined,
}
const policyFinalizers: ReadonlySet<string> = new Set(["foregroundDeletion", "orphan"])

/** The finalizers after a deletion with this policy; without one they stay. */
const withPolicy = (finalizers: ReadonlyArray<string>, policy: PropagationPolicy | undefined) => {
  if (policy === undefined) return finalizers
  const kept = finalizers.filter((finalizer) => !policyFinalizers.has(finalizer))
  const added = byPolicy[policy]
  return added === undefined ? kept : [...kept, added]
}

const checkPreconditions = (
  operation: Operation,
  current: Current,
  object: MutableObject,
  options: DeleteOptions,
) => {
  const { uid, resourceVersion } = options.preconditions
  const found = stringOf(metadataOf(object), "uid")
  const recreated = "The object might have been deleted and then recreated"
  if (uid !== "" && uid !== found) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${found}). ${recreated}`
    throw conflict(subjectOf(operation.target), why)
  }
  if (resourceVersion !== "" && resourceVersion !== String(current.revision)) {
    const why =
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
      `(${current.revision}). The object might have been modified`
    throw conflict(subjectOf(operation.target), why)
  }
}

/** Marks the object as going, in place; true when that is anything new. */
const mark = (
  operation: Operation,
  object: MutableObject,
  more: { readonly finalizers: ReadonlyArray<string>; readonly gracePeriodSeconds: number | undefined },
): boolean => {
  const metadata = metadataOf(object)
  const { finalizers } = more
  const { strategy } = operation.target.resource
  const before = JSON.stringify(finalizersOf(object))
  if (finalizers.length === 0) delete metadata.finalizers
  else metadata.finalizers = [...finalizers]
  const grace =
    strategy.gracePeriodSeconds && (more.gracePeriodSeconds ?? strategy.gracePeriodSeconds(object))
  if (isDeleting(object)) {
    // A later deletion can only hurry the first.
    const isShorter = grace !== undefined && grace < Number(metadata.deletionGracePeriodSeconds ?? 0)
    if (isShorter && more.gracePeriodSeconds !== undefined) metadata.deletionGracePeriodSeconds = grace
    return before !== JSON.stringify(finalizers) || (isShorter && more.gracePeriodSeconds !== undefined)
  }
  metadata.deletionTimestamp = strategyContext(operation).now
  metadata.deletionGracePeriodSeconds = grace ?? 0
  if (strategy.generation) metadata.generation = Number(metadata.generation ?? 0) + 1
  strategy.prepareDelete?.(object, strategyContext(operation))
  return true
}

/** Something else that must admit a deletion: `object` is what is to go, and may be changed. */
export type Beforehand = (object: MutableObject) => Promise<void>

interface Deletion {
  readonly options: DeleteOptions
  readonly beforehand: Beforehand | undefined
}

const attempt = async (
  operation: Operation,
  { options, beforehand }: Deletion,
  current: Current,
): Promise<Deleted> => {
  const { target } = operation
  const object = decodeCurrent(current, target)
  checkPreconditions(operation, current, object, options)
  await beforehand?.(decodeCurrent(current, target))
  await admitDeletion(operation, object, options)
  const { deletionFinalizers = [] } = target.resource.strategy
  const own = isDeleting(object) ? [] : deletionFinalizers
  const finalizers = [...new Set([...withPolicy(finalizersOf(object), options.propagationPolicy), ...own])]
  const held = finalizers.length > 0 || (target.resource.strategy.held?.(object) ?? false)
  if (!held) {
    const uid = stringOf(metadataOf(object), "uid")
    const revision = options.dryRun ? current.revision : await removeObject(operation, current.revision)
    return { type: "gone", uid, last: { bytes: servedBytes(object, revision), revision } }
  }
  const { gracePeriodSeconds } = options
  const marked = mark(operation, object, { finalizers, gracePeriodSeconds })
  if (options.dryRun || !marked) {
    return {
      type: "held",
      written: { bytes: servedBytes(object, current.revision), revision: current.revision },
    }
  }
  const written = await putObject(operation, { object, expect: { modRevision: current.revision } })
  return { type: "held", written }
}

/** Fails with `NotFound`, `Conflict` (preconditions), `Forbidden`. */
export const deleteObject = async (
  operation: Operation,
  options: DeleteOptions,
  beforehand?: Beforehand,
): Promise<Deleted> => {
  const { context, target } = operation
  const refusal = target.resource.strategy.refuseDelete?.(target.name)
  if (refusal !== undefined) throw refusal
  let current = currentFromCache(context, target) ?? (await currentFromStore(context, target))
  for (let tries = 1; ; tries++) {
    if (current === undefined) throw notFound(subjectOf(target))
    try {
      return await attempt(operation, { options, beforehand }, await converted(current, target))
    } catch (error) {
      const raced = isStoreError(error, "RevisionMismatch") || isStoreError(error, "KeyMissing")
      const maybeOld = current.source === "cache" && error instanceof StatusError
      if ((!raced && !maybeOld) || tries >= limits.updateAttemptsMax) {
        throw raced ? staleObject(subjectOf(target)) : error
      }
      const fresh: Current | undefined = await currentFromStore(context, target)
      if (!raced && fresh?.revision === current.revision) throw error
      current = fresh
    }
  }
}
