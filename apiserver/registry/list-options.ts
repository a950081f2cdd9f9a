/** The options of list and watch as the query gives them. Source: internalversion/validation ValidateListOptions. */
import type { FieldError } from "../machinery.ts"
import { isSet, type ResourceRequestInfo } from "../request-info.ts"
import { badRequest, failure, invalidOptions } from "../status-error.ts"
import { notSupported } from "./write-options.ts"

export type VersionMatch = "Exact" | "NotOlderThan"

export interface ListOptions {
  readonly labelSelector: string
  readonly fieldSelector: string
  /** undefined when absent. */
  readonly resourceVersion: bigint | undefined
  readonly match: VersionMatch | undefined
  readonly limit: number
  readonly continue: string
  readonly timeoutSeconds: number | undefined
  readonly allowBookmarks: boolean
  /** undefined when the client leaves it to the resourceVersion whether a watch begins with what is there. */
  readonly sendInitialEvents: boolean | undefined
}

const parseVersion = (text: string): bigint | undefined => {
  if (text === "") return undefined
  if (/^\d{1,19}$/.test(text)) return BigInt(text)
  throw badRequest(
    `invalid resource version ${JSON.stringify(text)}: it must be a number given by the server`,
  )
}

const parseCount = (query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name) ?? ""
  if (text === "") return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  if (/^-\d{1,15}$/.test(text)) return undefined
  throw badRequest(`invalid ${name} ${JSON.stringify(text)}: it must be an integer`)
}

const forbidden = (field: string, why: string): FieldError => ({
  field,
  type: "FieldValueForbidden",
  detail: `Forbidden: ${why}`,
})

interface Given {
  readonly watch: boolean
  readonly match: string
  readonly version: string
  readonly continue: string
  readonly initial: string | null
}

const matchErrors = ({ match, version, continue: token }: Given): ReadonlyArray<FieldError> => {
  const errors: FieldError[] = []
  const field = "resourceVersionMatch"
  if (match === "") return errors
  if (token !== "") errors.push(forbidden(field, `${field} is forbidden when continue is provided`))
  if (version === "")
    errors.push(forbidden(field, `${field} is forbidden unless resourceVersion is provided`))
  if (match !== "Exact" && match !== "NotOlderThan") {
    errors.push(notSupported(field, match, ["Exact", "NotOlderThan", ""]))
  }
  if (match === "Exact" && version === "0") {
    errors.push(forbidden(field, `${field} "Exact" is forbidden for resourceVersion "0"`))
  }
  return errors
}

const watchErrors = ({ match, initial }: Given): ReadonlyArray<FieldError> => {
  const field = "resourceVersionMatch"
  if (initial === null) {
    if (match === "") return []
    return [forbidden(field, `${field} is forbidden for watch unless sendInitialEvents is provided`)]
  }
  if (match === "NotOlderThan") return []
  return [forbidden(field, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")]
}

/** Fails with `Invalid` about ListOptions, `BadRequest`. */
export const parseListOptions = (info: ResourceRequestInfo): ListOptions => {
  const { query } = info
  const given: Given = {
    watch: info.verb === "watch",
    match: query.get("resourceVersionMatch") ?? "",
    version: query.get("resourceVersion") ?? "",
    continue: query.get("continue") ?? "",
    initial: query.get("sendInitialEvents"),
  }
  const errors = given.watch ? [...watchErrors(given)] : [...matchErrors(given)]
  if (!given.watch && given.initial !== null) {
    errors.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
  }
  if (errors.length > 0) throw invalidOptions("ListOptions", errors)
  const resourceVersion = parseVersion(given.version)
  if (given.continue !== "" && resourceVersion !== undefined && resourceVersion !== 0n) {
    throw failure("BadRequest", "specifying resource version is not allowed when using continue")
  }
  return {
    labelSelector: query.get("labelSelector") ?? "",
    fieldSelector: query.get("fieldSelector") ?? "",
    resourceVersion,
    match: given.match === "Exact" || given.match === "NotOlderThan" ? given.match : undefined,
    limit: parseCount(query, "limit") ?? 0,
    continue: given.continue,
    timeoutSeconds: parseCount(query, "timeoutSeconds"),
    allowBookmarks: isSet(query, "allowWatchBookmarks"),
    sendInitialEvents: given.initial === null ? undefined : isSet(query, "sendInitialEvents"),
  }
}
