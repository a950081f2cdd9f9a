/**
 * What a request asks for, read from its method and URL alone. Nothing here knows which resources exist.
 * Source: apiserver's RequestInfoFactory.
 */
import { limits } from "./limits.ts"
import { badRequest, failure } from "./status-error.ts"

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection"

interface Common {
  /** Decoded path without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly method: string
}

export interface ResourceRequestInfo extends Common {
  readonly type: "resource"
  readonly verb: Verb
  readonly group: string
  readonly version: string
  /** Plural. */
  readonly resource: string
  /** "" for cluster scope and for all namespaces. */
  readonly namespace: string
  readonly name: string
  readonly subresource: string
}

export interface PathRequestInfo extends Common {
  readonly type: "path"
  /** The method in lower case. */
  readonly verb: string
  /** Non-empty parts of the path. */
  readonly parts: ReadonlyArray<string>
}

export type RequestInfo = ResourceRequestInfo | PathRequestInfo

/** Subresources of a Namespace itself; any other third part is a resource inside it. */
const namespaceSubresources: ReadonlySet<string> = new Set(["status", "finalize"])

const verbs: { readonly [method: string]: { readonly one: Verb; readonly many: Verb } } = {
  GET: { one: "get", many: "list" },
  POST: { one: "create", many: "create" },
  PUT: { one: "update", many: "update" },
  PATCH: { one: "patch", many: "patch" },
  DELETE: { one: "delete", many: "deletecollection" },
}

/** A query flag as Go's `strconv.ParseBool` reads it; present without a value is true. */
export const isSet = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name)
  if (value === null) return false
  return !["0", "f", "F", "false", "False", "FALSE"].includes(value)
}

const decodePart = (part: string): string => {
  if (!part.includes("%")) return part
  try {
    return decodeURIComponent(part)
  } catch (cause) {
    throw badRequest(`the path is not valid: ${JSON.stringify(part)} is not URL-encoded UTF-8`, cause)
  }
}

interface Within {
  readonly namespace: string
  readonly rest: ReadonlyArray<string>
}

/** Splits `namespaces/NS/...` off, leaving `resource[/name[/subresource]]`. */
const within = (parts: ReadonlyArray<string>): Within => {
  const [first, namespace, third] = parts
  if (first !== "namespaces" || namespace === undefined) return { namespace: "", rest: parts }
  if (third === undefined || (namespaceSubresources.has(third) && parts.length === 3)) {
    return { namespace, rest: parts }
  }
  return { namespace, rest: parts.slice(2) }
}

const resourceInfo = (
  common: Common,
  gv: { readonly group: string; readonly version: string },
  parts: ReadonlyArray<string>,
): ResourceRequestInfo | undefined => {
  const legacyWatch = parts[0] === "watch" && parts.length > 1
  const { namespace, rest } = within(legacyWatch ? parts.slice(1) : parts)
  const [resource, name = "", subresource = ""] = rest
  if (resource === undefined || rest.length > 3) return undefined
  const row = verbs[common.method]
  if (row === undefined) {
    throw failure(
      "MethodNotAllowed",
      `the server does not allow the method ${common.method} on the requested resource`,
    )
  }
  const watches =
    common.method === "GET" && subresource === "" && (legacyWatch || isSet(common.query, "watch"))
  const verb = watches ? "watch" : name === "" ? row.many : row.one
  return { ...common, type: "resource", verb, ...gv, resource, namespace, name, subresource }
}

/** Reads method and URL. Fails with `BadRequest`, `MethodNotAllowed`, `RequestEntityTooLarge`. */
export const parseRequestInfo = (method: string, url: string): RequestInfo => {
  if (url.length > limits.urlCharactersMax) {
    throw failure("RequestEntityTooLarge", `the URL is longer than ${limits.urlCharactersMax} characters`)
  }
  const mark = url.indexOf("?")
  const rawPath = mark < 0 ? url : url.slice(0, mark)
  if (!rawPath.startsWith("/")) throw badRequest("the path must start with /")
  const query = new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1))
  const parts = rawPath
    .split("/")
    .filter((part) => part !== "")
    .map(decodePart)
  const common: Common = { path: `/${parts.join("/")}`, query, method: method.toUpperCase() }
  const [root, second, third] = parts
  let info: ResourceRequestInfo | undefined
  if (root === "api" && second !== undefined && parts.length > 2) {
    info = resourceInfo(common, { group: "", version: second }, parts.slice(2))
  } else if (root === "apis" && second !== undefined && third !== undefined && parts.length > 3) {
    info = resourceInfo(common, { group: second, version: third }, parts.slice(3))
  }
  return info ?? { ...common, type: "path", verb: common.method.toLowerCase(), parts }
}
