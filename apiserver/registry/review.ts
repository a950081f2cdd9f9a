/** Kinds that are questions: a create is answered by the kind's strategy, and nothing is stored. */
import type { MutableObject } from "../machinery.ts"
import { methodNotAllowed } from "../status-error.ts"
import { type Operation, strategyContext } from "./context.ts"
import { readIncoming } from "./incoming.ts"
import { parseWriteOptions } from "./write-options.ts"

/** The answered question. Fails with `BadRequest`, and whatever the kind refuses. */
export const answerReview = async (operation: Operation): Promise<MutableObject> => {
  const { resource } = operation.target
  if (resource.strategy.answer === undefined) throw methodNotAllowed(resource.subject(), "POST")
  const question = readIncoming(operation, parseWriteOptions(operation.call, "CreateOptions"))
  return resource.strategy.answer(question, strategyContext(operation))
}
