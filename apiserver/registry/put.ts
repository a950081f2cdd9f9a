/** The update verb: PUT of a whole object, or of one of its subresources. */
import { clone } from "../json/index.ts"
import type { FieldError, MutableObject } from "../machinery.ts"
import { invalid, methodNotAllowed, StatusError } from "../status-error.ts"
import { type Operation, subjectOf } from "./context.ts"
import { createObject, prepareNew } from "./create.ts"
import { matchName, readIncoming } from "./incoming.ts"
import { updateObject } from "./update.ts"
import { resourceVersionOf } from "./update-steps.ts"
import { parseWriteOptions } from "./write-options.ts"
import type { PatchResult } from "./written.ts"

const mustBeSpecified: FieldError = {
  field: "metadata.resourceVersion",
  type: "FieldValueInvalid",
  detail: "Invalid value: 0x0: must be specified for an update",
}

const isMissing = (error: unknown): boolean => error instanceof StatusError && error.reason === "NotFound"

/**
 * Whether a PUT makes the object that it did not find: of some kinds, and only where the client does not say that it has
 * seen one.
 */
export const createsMissing = ({ target }: Operation, sent: MutableObject, error: unknown): boolean =>
  isMissing(error) &&
  target.resource.strategy.createOnUpdate === true &&
  target.subresource === "" &&
  resourceVersionOf(sent) === ""

/** Fails with `BadRequest`, `NotFound`, `Conflict` (stale), `Invalid`. */
export const put = async (operation: Operation): Promise<PatchResult> => {
  const { target, call } = operation
  if (target.name === "") throw methodNotAllowed(subjectOf(target), "PUT")
  const options = parseWriteOptions(call, "UpdateOptions")
  const sent = readIncoming(operation, options)
  matchName(sent, target)
  if (!target.resource.strategy.unconditionalUpdate && resourceVersionOf(sent) === "")
    throw invalid(subjectOf(target), [mustBeSpecified])
  try {
    const written = await updateObject(operation, { options, next: () => clone(sent) })
    return { written, created: false }
  } catch (error) {
    if (!createsMissing(operation, sent, error)) throw error
  }
  const object = clone(sent)
  await prepareNew(operation, object, { options })
  return { written: await createObject(operation, object, options), created: true }
}
