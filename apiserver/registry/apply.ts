/** Server-side apply: the fields that a manager names become its own. Source: KEP-555. */
import { decodeText } from "../body.ts"
import { isObject } from "../body-object.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { badRequest, conflict, invalidOptions, notFound, StatusError } from "../status-error.ts"
import { type Operation, strategyContext, subjectOf, type Target } from "./context.ts"
import { createObject, prepareNew } from "./create.ts"
import { matchName, placeInNamespace } from "./incoming.ts"
import { shapeMetadata } from "./metadata-shape.ts"
import { metadataOf, stringOf } from "./object-meta.ts"
import { versionsFor } from "./ownership.ts"
import { updateObject } from "./update.ts"
import type { WriteOptions } from "./write-options.ts"
import type { PatchResult } from "./written.ts"

const managerRequired: FieldError = {
  field: "fieldManager",
  type: "FieldValueRequired",
  detail: "Required value: is required for apply patch",
}

/** The applied configuration. Fails with `BadRequest`. */
export const readApplied = (operation: Operation, options: WriteOptions): MutableObject => {
  const { call, target } = operation
  const { value, duplicates } = decodeText(call.request.body, "yaml")
  if (!isObject(value)) throw badRequest("the applied configuration is not an object")
  if (duplicates.length > 0 && options.fieldValidation === "Strict") throw badRequest(duplicates.join(", "))
  if (duplicates.length > 0 && options.fieldValidation === "Warn") call.warnings.push(...duplicates)
  const apiVersion = stringOf(value, "apiVersion")
  const kind = stringOf(value, "kind")
  if (apiVersion !== target.version.apiVersion) {
    throw badRequest(
      "Incorrect version specified in apply patch. " +
        `Specified patch version: ${apiVersion}, expected: ${target.version.apiVersion}`,
    )
  }
  if (kind !== target.resource.kind) {
    throw badRequest(
      `the kind in the data (${kind}) does not match the expected kind (${target.resource.kind})`,
    )
  }
  shapeMetadata(value)
  const metadata = metadataOf(value)
  if (Array.isArray(metadata.managedFields) && metadata.managedFields.length > 0) {
    throw badRequest("metadata.managedFields must be nil")
  }
  delete metadata.managedFields
  placeInNamespace(value, target)
  matchName(value, target)
  confineToEndpoint(value, target)
  return value
}

/** What the endpoint does not write is not applied: status on the main one, all but status on /status. */
const confineToEndpoint = (applied: MutableObject, target: Target): void => {
  if (target.subresource === "status") {
    for (const key of Object.keys(applied)) {
      if (!["apiVersion", "kind", "metadata", "status"].includes(key)) delete applied[key]
    }
  } else if (target.version.hasStatus) delete applied.status
}

const merged = (
  operation: Operation,
  applied: MutableObject,
  more: Merging,
): MutableObject | Promise<MutableObject> => {
  const { context, target } = operation
  const input = {
    live: more.live,
    applied,
    manager: more.options.fieldManager,
    force: more.options.force,
    subresource: target.subresource,
    schema: target.version.schema,
    now: strategyContext(operation).now,
  }
  const versions = versionsFor(more.live, target)
  return versions === undefined
    ? onVersion(context.fields.apply(input), applied)
    : context.fields.applyAcross(input, versions).then((object) => onVersion(object, applied))
}

/** An apply that names a resourceVersion holds of that only. */
const onVersion = (object: MutableObject, applied: MutableObject): MutableObject => {
  const { resourceVersion } = metadataOf(applied)
  if (typeof resourceVersion === "string") metadataOf(object).resourceVersion = resourceVersion
  return object
}

interface Merging {
  readonly live: MutableObject | undefined
  readonly options: WriteOptions
}

const isMissing = (error: unknown): boolean => error instanceof StatusError && error.reason === "NotFound"

/** What becomes of a merged object before it is written; `live` is undefined when it is new. Both may be changed. */
export type Adjust = (live: MutableObject | undefined, merged: MutableObject) => Promise<MutableObject>

const adjusted = async (
  adjust: Adjust,
  live: MutableObject,
  object: MutableObject | Promise<MutableObject>,
): Promise<MutableObject> => adjust(live, await object)

/** Fails with `Conflict` (fields of other managers), `BadRequest`, `Invalid`, and as `adjust` does. */
export const apply = async (
  operation: Operation,
  options: WriteOptions,
  adjust?: Adjust,
): Promise<PatchResult> => {
  if (!options.named) throw invalidOptions("PatchOptions", [managerRequired])
  const applied = readApplied(operation, options)
  try {
    const written = await updateObject(operation, {
      options,
      ownsFields: true,
      next: (current) => {
        const object = merged(operation, applied, { live: current.copy(), options })
        return adjust === undefined ? object : adjusted(adjust, current.copy(), object)
      },
    })
    return { written, created: false }
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  const created = await newlyApplied(operation, applied, options)
  const object = adjust === undefined ? created : await adjust(undefined, created)
  await prepareNew(operation, object, { options, ownsFields: true })
  return { written: await createObject(operation, object, options), created: true }
}

/** Fails with `NotFound` (a subresource), `Conflict` (a uid). */
const newlyApplied = (
  operation: Operation,
  applied: MutableObject,
  options: WriteOptions,
): MutableObject | Promise<MutableObject> => {
  const subject = subjectOf(operation.target)
  if (operation.target.subresource !== "") throw notFound(subject)
  const uid = stringOf(metadataOf(applied), "uid")
  if (uid !== "") {
    throw conflict(
      subject,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    )
  }
  return merged(operation, applied, { live: undefined, options })
}
