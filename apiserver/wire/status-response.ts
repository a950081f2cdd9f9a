/** Answers that say no. */
import type { Call } from "../call.ts"
import type { StatusError } from "../status-error.ts"
import { sendJson, sendText } from "./response.ts"

export const sendStatus = (call: Call, error: StatusError): Promise<void> => {
  const { status } = error
  const retryAfter = status.details?.retryAfterSeconds
  const headers = {
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    ...(status.code === 401 ? { "www-authenticate": 'Bearer realm="kubernetes"' } : {}),
  }
  return sendJson(call, { status: status.code, headers }, status)
}

/** Nothing is served here: clients render it as "the server could not find the requested resource". */
export const sendNoSuchPath = (call: Call): Promise<void> => sendText(call, 404, "404 page not found\n")
