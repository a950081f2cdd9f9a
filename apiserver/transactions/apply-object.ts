/** One object's server-side apply, up to its write. */
import { type Authorizer, refusal } from "../authorizer.ts"
import type { MutableObject } from "../machinery.ts"
import type { Operation, Target } from "../registry/context.ts"
import { decodeDocument } from "../registry/document.ts"
import { labelsOf } from "../registry/object-meta.ts"
import { sameButForTimes } from "../registry/update-steps.ts"
import {
  converted,
  currentFromCache,
  currentFromStore,
  decodeCurrent,
  type Written,
} from "../registry/written.ts"
import { invalid } from "../status-error.ts"
import { writesOf } from "../writes-of.ts"
import type { GatheredWrite } from "./gathering-writer.ts"
import { partOfSet } from "./manifest.ts"
import type { Outcome } from "./outcome.ts"
import type { Part } from "./part.ts"

/** Whether the user may do what a part of a transaction does. Rejects with the refusal. */
export const authorizePart = async (
  authorizer: Authorizer,
  { call }: Pick<Operation, "call">,
): Promise<void> => {
  const asked = { user: call.request.user, info: call.info }
  const decision = await authorizer.authorize(asked)
  if (!decision.allowed) throw refusal(asked, decision.reason)
}

/** Fails as an apply PATCH of the object does. */
export const applyObject = async (
  part: Part,
  { dryRun, set }: { readonly dryRun: boolean; readonly set: string },
): Promise<Outcome> => {
  const { operation, writer } = part
  const { written, created } = await writesOf(operation.target.resource).patch(operation)
  const write = writer.gathered
  if (set !== "" && !created) await refuseOtherSet(operation, set, write)
  const isKept = dryRun && !created ? await isSame(operation, written) : write?.type === "keep"
  const type = created ? "created" : isKept ? "unchanged" : "configured"
  return { type, part, object: decodeDocument(written.bytes), write, terminating: false }
}

const stored = (target: Target): Target => {
  const { resource } = target
  return resource.facade === undefined
    ? target
    : { ...target, resource: resource.stored, version: resource.stored.storage }
}

/** The revision that a write rests on; undefined in a dry run, and where nothing was there. */
const baseOf = (write: GatheredWrite | undefined): bigint | undefined => {
  if (write === undefined) return undefined
  if (write.type === "keep") return write.revision
  const { expect } = write.type === "put" ? write.put : write
  return "absent" in expect ? undefined : expect.modRevision
}

/**
 * An object is a part of one set: to move it, its label is taken away first. Source: KEP-3659. Asked of the state that the
 * write rests on: where that is another by now, the transaction is made anew and so is the question.
 */
const refuseOtherSet = async (
  operation: Operation,
  set: string,
  write: GatheredWrite | undefined,
): Promise<void> => {
  const { context } = operation
  const target = stored(operation.target)
  const base = baseOf(write)
  const cached = currentFromCache(context, target)
  const isBase = cached !== undefined && (base === undefined || cached.revision === base)
  const current = isBase ? cached : await currentFromStore(context, target)
  if (current === undefined) return
  const own = labelsOf(decodeDocument(current.bytes))?.[partOfSet]
  if (own === undefined || own === set) return
  const detail = `Forbidden: the object is a part of the set ${JSON.stringify(own)}: take its label away first`
  throw invalid(operation.target.resource.subject(operation.target.name), [
    { field: `metadata.labels[${partOfSet}]`, type: "FieldValueForbidden", detail },
  ])
}

/** Whether a dry run shows what there is already. */
const isSame = async (operation: Operation, written: Written): Promise<boolean> => {
  const { context } = operation
  const { resource } = operation.target
  const target = stored(operation.target)
  const current = currentFromCache(context, target) ?? (await currentFromStore(context, target))
  if (current === undefined) return false
  const before: MutableObject = decodeCurrent(await converted(current, target), target)
  return sameButForTimes(decodeDocument(written.bytes), resource.facade?.view(before) ?? before)
}
