/** Kinds that are questions: a create is admitted, and answered by the kind's strategy; nothing is stored. */
import type { MutableObject } from "../machinery.ts"
import { invalid, methodNotAllowed } from "../status-error.ts"
import { admitWrite } from "./admit-write.ts"
import { type Operation, strategyContext } from "./context.ts"
import { readIncoming } from "./incoming.ts"
import { parseWriteOptions } from "./write-options.ts"

/** The question as it was asked, admitted and checked. Fails with `BadRequest`, `Invalid`, and as admission refuses. */
export const readReview = async (operation: Operation): Promise<MutableObject> => {
  const { resource, version } = operation.target
  const options = parseWriteOptions(operation.call, "CreateOptions")
  const question = readIncoming(operation, options)
  // Typed clients send an empty answer along with the question.
  delete question.status
  version.schema.applyDefaults(question)
  await admitWrite(operation, { object: question, old: undefined, options }, () => {
    const errors = [
      ...version.schema.validate(question),
      ...(resource.strategy.validate?.(question, undefined) ?? []),
    ]
    if (errors.length > 0) throw invalid(resource.subject(""), errors)
  })
  return question
}

/** The answered question. Fails with `BadRequest`, `Invalid`, and whatever the kind refuses. */
export const answerReview = async (operation: Operation): Promise<MutableObject> => {
  const { resource } = operation.target
  if (resource.strategy.answer === undefined) throw methodNotAllowed(resource.subject(), "POST")
  return resource.strategy.answer(await readReview(operation), strategyContext(operation))
}
