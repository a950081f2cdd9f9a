/** The update verb: PUT of a whole object, or of one of its subresources. */
import { clone } from "../json/index.ts"
import type { FieldError } from "../machinery.ts"
import { invalid, methodNotAllowed } from "../status-error.ts"
import { type Operation, subjectOf } from "./context.ts"
import { matchName, readIncoming } from "./incoming.ts"
import { updateObject } from "./update.ts"
import { resourceVersionOf } from "./update-steps.ts"
import { parseWriteOptions } from "./write-options.ts"
import type { Written } from "./written.ts"

const mustBeSpecified: FieldError = {
  field: "metadata.resourceVersion",
  type: "FieldValueInvalid",
  detail: "Invalid value: 0x0: must be specified for an update",
}

/** Fails with `BadRequest`, `NotFound`, `Conflict` (stale), `Invalid`. */
export const put = async (operation: Operation): Promise<Written> => {
  const { target, call } = operation
  if (target.name === "") throw methodNotAllowed(subjectOf(target), "PUT")
  const options = parseWriteOptions(call, "UpdateOptions")
  const sent = readIncoming(operation, options)
  matchName(sent, target)
  if (!target.resource.strategy.unconditionalUpdate && resourceVersionOf(sent) === "")
    throw invalid(subjectOf(target), [mustBeSpecified])
  return updateObject(operation, { options, next: () => clone(sent) })
}
