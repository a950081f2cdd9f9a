/** What must be true of every answer, whatever was asked. */
import { gunzipSync } from "node:zlib"
import { parse as parseYaml } from "yaml"
import { statusReasons } from "../../schemas/index.ts"
import type { Answer } from "./exchange.ts"
import type { FuzzRequest } from "./request.ts"

/** What one request may cost this process, in milliseconds of its CPU. */
export const cpuMsMax = 1_000

/** Answers above 499 that are the documented ones, by code and a part of the message. */
const documented: ReadonlyArray<{ readonly code: number; readonly says: RegExp }> = [
  // A read at a version that the store has not reached. Source: apiserver storage/errors.go, NewTooLargeResourceVersionError.
  { code: 504, says: /^Timeout: (Too large resource version|the store has not reached)/ },
  // failurePolicy Fail. Source: apiserver admission/plugin/webhook/errors.
  { code: 500, says: /failed calling webhook|failed to call webhook/ },
  // A conversion webhook that does not answer. Source: apiextensions-apiserver conversion/webhook_converter.go.
  { code: 500, says: /conversion webhook for .* failed/ },
  // The node that runs the object does not answer, or is nobody.
  { code: 503, says: /error dialing node|this server reaches no nodes/ },
]

interface StatusBody {
  readonly kind: unknown
  readonly apiVersion: unknown
  readonly status: unknown
  readonly code: unknown
  readonly reason: unknown
  readonly message: unknown
}

export const textOf = ({ headers, body }: Answer): string =>
  (headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString("utf8")

const isRefused = ({ status }: Answer): boolean => status >= 400

const parsed = (answer: Answer): unknown => {
  const text = textOf(answer)
  return (answer.headers["content-type"] ?? "").includes("yaml") ? parseYaml(text) : JSON.parse(text)
}

const reasons: { readonly [reason: string]: { readonly code: number } } = statusReasons

/** What is wrong with the body of a refusal. */
const refusalFault = (answer: Answer): string | undefined => {
  let value: unknown
  try {
    value = parsed(answer)
  } catch {
    return "the body of a refusal is no document"
  }
  if (typeof value !== "object" || value === null) return "the body of a refusal is no object"
  const status = value as StatusBody
  if (status.kind !== "Status" || status.apiVersion !== "v1" || status.status !== "Failure")
    return "the body of a refusal is no Status of a failure"
  if (status.code !== answer.status) return `the code of the Status is ${status.code}`
  if (typeof status.message !== "string" || status.message === "") return "the Status has no message"
  if (typeof status.reason !== "string" || !Object.hasOwn(reasons, status.reason))
    return `the Status has a reason that nobody knows: ${status.reason}`
  if (answer.status >= 500) {
    const { message } = status
    const isDocumented = documented.some(({ code, says }) => code === answer.status && says.test(message))
    if (!isDocumented) return `answered with ${answer.status}: ${message.slice(0, 300)}`
  }
  return undefined
}

/** Paths outside of Kubernetes' own, whose refusals are plain text. */
const isPlainRefusal = (answer: Answer): boolean =>
  (answer.headers["content-type"] ?? "").startsWith("text/plain") && [404, 406].includes(answer.status)

const isDryRun = ({ url, method, body }: FuzzRequest): boolean => {
  const query = url.indexOf("?")
  if (method === "DELETE" && Buffer.from(body).includes('"dryRun":["All"]')) return true
  return (
    method !== "GET" && query >= 0 && new URLSearchParams(url.slice(query)).getAll("dryRun").includes("All")
  )
}

const reads = new Set(["GET", "HEAD", "OPTIONS", "TRACE"])

/** What is wrong with an answer; undefined when nothing is. */
export const fault = (
  request: FuzzRequest,
  answer: Answer,
  writes: ReadonlyArray<string>,
): string | undefined => {
  if (answer.status < 200 || answer.status > 599) return `the answer has no status: ${answer.status}`
  if (isRefused(answer)) {
    if (request.method !== "HEAD" && !isPlainRefusal(answer)) {
      const found = refusalFault(answer)
      if (found !== undefined) return found
    }
    if (writes.length > 0) return `refused with ${answer.status}, and yet it wrote: ${writes.join(", ")}`
    return undefined
  }
  if (reads.has(request.method) && writes.length > 0) return `a read wrote: ${writes.join(", ")}`
  if (isDryRun(request) && writes.length > 0) return `a dry run wrote: ${writes.join(", ")}`
  return bodyFault(request, answer)
}

/** An accepted answer says in its content type what it is, and is that. */
const bodyFault = (request: FuzzRequest, answer: Answer): string | undefined => {
  const type = answer.headers["content-type"] ?? ""
  if (request.method === "HEAD" || !type.startsWith("application/json") || answer.body.length > 200_000)
    return undefined
  const text = textOf(answer)
  const isJson =
    answer.left || isDocument(text) || text.split("\n").every((line) => line === "" || isDocument(line))
  return isJson ? undefined : "the body of the answer is no JSON"
}

const isDocument = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
