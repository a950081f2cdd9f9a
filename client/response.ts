/**
 * What comes back, parsed once: a whole body as JSON, a Status that says no as an {@link ApiError}.
 * Whatever is not an answer (no connection, half a body, no JSON) is `ServiceUnavailable`: ask again later.
 */
import {
  type Json,
  type JsonObject,
  type Status,
  type StatusReason,
  statusReasons,
} from "../schemas/index.ts"
import { ApiError } from "./api-error.ts"
import { isJsonObject } from "./json-object.ts"
import { maxResponseBytes, maxStatusBytes } from "./limits.ts"
import type { TransportResponse } from "./transport.ts"

export { isJsonObject }

const isReason = (value: unknown): value is StatusReason =>
  typeof value === "string" && Object.hasOwn(statusReasons, value)

/** No answer, or one that cannot be understood. */
export const noAnswer = (operation: string, why: string, cause?: unknown): ApiError =>
  new ApiError({ reason: "ServiceUnavailable", message: `${operation}: ${why}`, operation, cause })

/** Anything thrown on the way, as the client's one error. */
export const asApiError = (operation: string, cause: unknown): ApiError => {
  if (cause instanceof ApiError) return cause
  const why = cause instanceof Error ? cause.message : String(cause)
  return noAnswer(operation, `no answer from the server: ${why}`, cause)
}

const reasonsByCode = new Map<number, StatusReason>([
  [400, "BadRequest"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "NotFound"],
  [405, "MethodNotAllowed"],
  [406, "NotAcceptable"],
  [409, "Conflict"],
  [410, "Expired"],
  [413, "RequestEntityTooLarge"],
  [415, "UnsupportedMediaType"],
  [422, "Invalid"],
  [429, "TooManyRequests"],
  [503, "ServiceUnavailable"],
  [504, "Timeout"],
])

/** For answers without a reason of ours: proxies, other servers. */
const reasonOfCode = (code: number): StatusReason =>
  reasonsByCode.get(code) ?? (code >= 500 ? "InternalError" : "BadRequest")

/** The Status in a document, its shape checked as far as callers rest on it; undefined when it is none. */
export const parseStatus = (value: unknown): Status | undefined => {
  if (!isJsonObject(value) || value.kind !== "Status") return undefined
  const { metadata, status, message, reason, details, code } = value
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: isJsonObject(metadata) ? metadata : {},
    status: status === "Success" ? "Success" : "Failure",
    ...(typeof message === "string" ? { message } : {}),
    ...(isReason(reason) ? { reason } : {}),
    ...(isJsonObject(details) ? { details } : {}),
    code: typeof code === "number" ? code : 0,
  }
}

/** The error that a Status is. */
export const statusError = (operation: string, status: Status): ApiError =>
  new ApiError({
    reason: status.reason ?? reasonOfCode(status.code),
    message: status.message ?? `${operation}: the server said ${status.code}`,
    status,
    operation,
  })

/** How long the server asked to be left alone. */
export const retryAfterMs = (error: ApiError): number | undefined => {
  const seconds = error.status?.details?.retryAfterSeconds
  return typeof seconds === "number" && seconds > 0 ? seconds * 1000 : undefined
}

/** Reads a body to its end. */
const readBody = async (response: TransportResponse, maxBytes: number): Promise<Buffer> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.byteLength
    if (size > maxBytes) throw new Error(`the response has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

const parseJson = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** The error that a response of status 300 and above is. */
export const readError = async (operation: string, response: TransportResponse): Promise<ApiError> => {
  const text = (await readBody(response, maxStatusBytes)).toString("utf8")
  const retryAfter = Number(response.headers["retry-after"])
  const sent = parseStatus(parseJson(text))
  const status: Status = sent ?? {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: `${operation}: the server answered HTTP ${response.status} without a Status`,
    code: response.status,
  }
  const coded = status.code === 0 ? { ...status, code: response.status } : status
  if (!(retryAfter > 0) || coded.details?.retryAfterSeconds !== undefined)
    return statusError(operation, coded)
  return statusError(operation, { ...coded, details: { ...coded.details, retryAfterSeconds: retryAfter } })
}

/** The JSON object that a successful response holds; throws {@link ApiError} for everything else. */
export const readJson = async (operation: string, response: TransportResponse): Promise<JsonObject> => {
  if (response.status >= 300) throw await readError(operation, response)
  const text = (await readBody(response, maxResponseBytes)).toString("utf8")
  const value = parseJson(text)
  if (!isJsonObject(value)) throw noAnswer(operation, "the response is not a JSON object")
  return value
}
