/** Kinds that are questions: a create is answered by the kind's strategy, and nothing is stored. */
import type { MutableObject } from "../machinery.ts"
import { invalid, methodNotAllowed } from "../status-error.ts"
import { type Operation, strategyContext } from "./context.ts"
import { readIncoming } from "./incoming.ts"
import { parseWriteOptions } from "./write-options.ts"

/** The question as it was asked, checked. Fails with `BadRequest`, `Invalid`. */
export const readReview = (operation: Operation): MutableObject => {
  const { resource, version } = operation.target
  const question = readIncoming(operation, parseWriteOptions(operation.call, "CreateOptions"))
  // Typed clients send an empty answer along with the question.
  delete question.status
  version.schema.applyDefaults(question)
  const errors = [
    ...version.schema.validate(question),
    ...(resource.strategy.validate?.(question, undefined) ?? []),
  ]
  if (errors.length > 0) throw invalid(resource.subject(""), errors)
  return question
}

/** The answered question. Fails with `BadRequest`, `Invalid`, and whatever the kind refuses. */
export const answerReview = async (operation: Operation): Promise<MutableObject> => {
  const { resource } = operation.target
  if (resource.strategy.answer === undefined) throw methodNotAllowed(resource.subject(), "POST")
  return resource.strategy.answer(readReview(operation), strategyContext(operation))
}
