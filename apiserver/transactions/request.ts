/** A Transaction as it was asked for, checked as far as that goes without looking at its objects. */
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import type { Operation } from "../registry/context.ts"
import { stringOf } from "../registry/object-meta.ts"
import { readReview } from "../registry/review.ts"
import { parseWriteOptions } from "../registry/write-options.ts"
import { labelValueProblem } from "../schema/index.ts"
import { failure, invalid } from "../status-error.ts"
import { transactionLimits } from "./limits.ts"

export interface Asked {
  /** The Transaction without its objects. */
  readonly question: MutableObject
  readonly objects: ReadonlyArray<MutableObject>
  readonly fieldManager: string
  readonly force: boolean
  readonly dryRun: boolean
  /** The set to prune; "" for none. */
  readonly set: string
}

/** Fails with `BadRequest`, `Invalid`, `RequestEntityTooLarge`. */
export const readTransaction = async (operation: Operation): Promise<Asked> => {
  const { call, target } = operation
  const { bodyBytesMax } = transactionLimits
  if (call.request.body.length > bodyBytesMax) {
    const text = `Request entity too large: limit of a transaction is ${bodyBytesMax}`
    throw failure("RequestEntityTooLarge", text)
  }
  const question = await readReview(operation)
  const { objects = [], ...spec } = isObject(question.spec) ? question.spec : {}
  const set = stringOf(spec, "prune")
  const problem = set === "" ? undefined : labelValueProblem(set)
  if (problem !== undefined) {
    const detail = `Invalid value: ${JSON.stringify(set)}: ${problem}`
    throw invalid(target.resource.subject(""), [{ field: "spec.prune", type: "FieldValueInvalid", detail }])
  }
  return {
    question: { ...question, spec: { ...spec, objects: [] } },
    objects: (Array.isArray(objects) ? objects : []).filter(isObject),
    fieldManager: stringOf(spec, "fieldManager"),
    force: spec.force === true,
    dryRun: parseWriteOptions(call, "CreateOptions").dryRun,
    set,
  }
}
