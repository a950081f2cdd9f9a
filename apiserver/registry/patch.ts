/** The patch verb: JSON Patch, JSON Merge Patch, strategic merge patch, server-side apply. */
import { decodeText, mediaType, unsupportedMediaType } from "../body.ts"
import { isObject } from "../body-object.ts"
import { limits } from "../limits.ts"
import { type FieldError, MachineryError, type MutableJson, type MutableObject } from "../machinery.ts"
import { applyJsonPatch, applyMergePatch, strategicMerge } from "../patch/index.ts"
import {
  badRequest,
  failure,
  invalid,
  invalidOptions,
  methodNotAllowed,
  type StatusError,
} from "../status-error.ts"
import { apply } from "./apply.ts"
import { type Operation, subjectOf } from "./context.ts"
import { matchName, placeInNamespace } from "./incoming.ts"
import { shapeMetadata } from "./metadata-shape.ts"
import { reportStrictness, unknownField } from "./strictness.ts"
import { updateObject } from "./update.ts"
import { parseWriteOptions, type WriteOptions } from "./write-options.ts"
import type { PatchResult } from "./written.ts"

type PatchForm = "json" | "merge" | "strategic" | "apply"

const forms: { readonly [mediaType: string]: PatchForm } = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
}

/** Strategic merge needs Go types: custom resources have none. */
const formOf = (operation: Operation): PatchForm => {
  const type = mediaType(operation.call.request.headers["content-type"])
  const builtin = operation.target.resource.origin === "builtin"
  const accepted = Object.keys(forms).filter((known) => builtin || forms[known] !== "strategic")
  const form = accepted.includes(type) ? forms[type] : undefined
  if (form === undefined) throw unsupportedMediaType(accepted)
  return form
}

const forceForbidden: FieldError = {
  field: "force",
  type: "FieldValueForbidden",
  detail: "Forbidden: may not be specified for non-apply patch",
}

/** Whether the patch is a server-side apply. Fails with `UnsupportedMediaType`. */
export const isApply = (operation: Operation): boolean => formOf(operation) === "apply"

/**
 * The function from a current object, which it leaves alone, to the patched and checked one. Any form but an apply.
 * Fails with `BadRequest`, `UnsupportedMediaType`, and so does what it gives.
 */
export const readPatch = (
  operation: Operation,
  options: WriteOptions,
): ((current: MutableObject) => MutableObject) => {
  const { call } = operation
  const form = formOf(operation)
  if (form === "apply") throw unsupportedMediaType(Object.keys(forms))
  if (call.info.query.has("force")) throw invalidOptions("PatchOptions", [forceForbidden])
  const { value, duplicates } = decodeText(call.request.body, "json")
  const change = patcher(operation, form, value)
  return (current) => {
    const patched = change(current)
    checkPatched(operation, patched, { options, duplicates, form, patch: value })
    return patched
  }
}

/** Fails with `BadRequest`, `UnsupportedMediaType`, `NotFound`, `Conflict`, `Invalid`. */
export const patch = async (operation: Operation): Promise<PatchResult> => {
  const { target, call } = operation
  if (target.name === "") throw methodNotAllowed(subjectOf(target), "PATCH")
  const options = parseWriteOptions(call, "PatchOptions")
  if (isApply(operation)) return apply(operation, options)
  const next = readPatch(operation, options)
  const written = await updateObject(operation, { options, next: (current) => next(current.object) })
  return { written, created: false }
}

const rejected = (operation: Operation, cause: unknown): StatusError =>
  failure("Invalid", "the server rejected our request due to an error in our request", {
    details: { kind: operation.target.resource.kind, name: operation.target.name },
    cause,
  })

/** The function from a current object, which it leaves alone, to a patched one. Fails at once with what is wrong with the patch itself. */
const patcher = (
  operation: Operation,
  form: Exclude<PatchForm, "apply">,
  value: MutableJson,
): ((current: MutableObject) => MutableObject) => {
  if (form === "json") {
    if (!Array.isArray(value)) throw badRequest("a JSON Patch must be a list of operations")
    if (value.length > limits.jsonPatchOperationsMax) {
      const text = `The allowed maximum operations in a JSON patch is ${limits.jsonPatchOperationsMax}, got ${value.length}`
      throw failure("RequestEntityTooLarge", text)
    }
    return (current) => asObject(applyJson(operation, current, value))
  }
  if (!isObject(value)) throw badRequest("the patch must be an object")
  if (form === "merge") return (current) => asObject(applyMergePatch(current, value))
  const { schema } = operation.target.version
  return (current) => strategicMerge(current, value, schema.root)
}

const applyJson = (operation: Operation, current: MutableObject, value: MutableJson[]): MutableJson => {
  try {
    return applyJsonPatch(current, value)
  } catch (error) {
    if (error instanceof MachineryError && error.reason === "Invalid") throw rejected(operation, error)
    throw error
  }
}

const asObject = (value: unknown): MutableObject => {
  if (!isObject(value)) throw badRequest("the patched document is not an object")
  return value
}

interface Patched {
  readonly options: WriteOptions
  readonly duplicates: ReadonlyArray<string>
  readonly form: PatchForm
  readonly patch: MutableJson
}

const checkPatched = (operation: Operation, object: MutableObject, patched: Patched): void => {
  const { target, call } = operation
  if (object.apiVersion !== target.version.apiVersion || object.kind !== target.resource.kind) {
    throw badRequest("a patch may not change apiVersion or kind")
  }
  shapeMetadata(object)
  const unknown = target.version.schema.prune(object)
  const prefix = patched.form === "json" ? "json patch " : ""
  reportStrictness([...patched.duplicates.map((text) => `${prefix}${text}`), ...unknown.map(unknownField)], {
    mode: patched.options.fieldValidation,
    warnings: call.warnings,
    refuse: (message) =>
      invalid(subjectOf(target), [
        {
          field: "patch",
          type: "FieldValueInvalid",
          detail: `Invalid value: ${JSON.stringify(JSON.stringify(patched.patch))}: ${message}`,
        },
      ]),
  })
  placeInNamespace(object, target)
  matchName(object, target)
}
