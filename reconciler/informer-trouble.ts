/** What keeps an informer from its objects, typed, and in a sentence that says what to do. Pure. */
import type { ApiError } from "../client/index.ts"
import { apiVersionOf, type Kind } from "../schemas/index.ts"

export interface InformerTrouble {
  readonly reason: /** The server has no such kind: its definition is missing, or not established yet. */
    | "NotServed"
    /** The user lacks a right. */
    | "Forbidden"
    /** The credentials are not believed. */
    | "Unauthorized"
    /** The server says no to the request itself: a selector that it does not know, above all. */
    | "Refused"
    /** No connection, no answer, or a server that is not well: it passes by itself. */
    | "Unreachable"
  readonly message: string
}

/**
 * The parts of the sentence with which servers refuse for want of a right.
 * Source: apiserver `pkg/endpoints/handlers/responsewriters`, ForbiddenMessage.
 */
const refusal = /User "([^"]*)" cannot (\S+) resource "([^"]*)"/

const forbidden = (kind: Kind, error: ApiError): string => {
  const named = refusal.exec(error.message)
  const group = kind.group === "" ? "the core API group" : `API group ${kind.group}`
  if (named === null) return `${error.message}: grant this user the verbs list and watch on ${kind.plural}`
  const [, user, verb, resource] = named
  return (
    `user "${user}" may not ${verb} ${resource} in ${group}: bind it to a Role or ClusterRole with the verbs list and watch ` +
    `on ${resource}`
  )
}

export const informerTrouble = (kind: Kind, error: ApiError): InformerTrouble => {
  switch (error.reason) {
    case "NotFound":
    case "MethodNotAllowed":
      return {
        reason: "NotServed",
        message: `the server does not serve ${kind.plural} (${apiVersionOf(kind)} ${kind.kind}): apply its CustomResourceDefinition`,
      }
    case "Forbidden":
      return { reason: "Forbidden", message: forbidden(kind, error) }
    case "Unauthorized":
      return { reason: "Unauthorized", message: `the server does not know who asks: ${error.message}` }
    default:
      return { reason: error.class === "terminal" ? "Refused" : "Unreachable", message: error.message }
  }
}
