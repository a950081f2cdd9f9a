/**
 * One request as its client's habit: what of it is the same at every run. Names, namespaces, times, ids and ports are left
 * out; so are values of queries, but for those that are words of the protocol. Bodies are kept as a digest of their shape
 * (field names, no values), so that nothing secret is in a recording. Start with {@link askedOf}.
 */
import { createHash } from "node:crypto"

export interface Exchange {
  readonly method: string
  /** With the query, as sent. */
  readonly path: string
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: Uint8Array
  readonly status: number
  readonly responseType: string | undefined
}

export interface Asked {
  /** Method, path pattern and query. */
  readonly request: string
  /** Of the request headers those that choose an answer, `name: value`. */
  readonly headers: ReadonlyArray<string>
  /** Status and content type. */
  readonly answer: string
  /** `json` or `protobuf` and a digest; of no body none. */
  readonly body: string | undefined
}

/** Queries whose values are words of the protocol. */
const wordQueries = new Set([
  "allowWatchBookmarks",
  "dryRun",
  "fieldManager",
  "fieldValidation",
  "follow",
  "force",
  "includeObject",
  "limit",
  "pretty",
  "propagationPolicy",
  "resourceVersionMatch",
  "sendInitialEvents",
  "stderr",
  "stdin",
  "stdout",
  "tty",
  "verbose",
  "watch",
])

const telling = [
  "accept",
  "content-type",
  "upgrade",
  "sec-websocket-protocol",
  "x-stream-protocol-version",
  "impersonate-user",
  "impersonate-group",
  "impersonate-uid",
]

const queryOf = (query: URLSearchParams): string => {
  const words = [...query].map(([name, value]) => {
    if (wordQueries.has(name)) return `${name}=${value}`
    // 0 is any version that the server has, and a question of its own.
    return name === "resourceVersion" && value === "0" ? "resourceVersion=0" : name
  })
  const sorted = [...new Set(words)].sort()
  return sorted.length === 0 ? "" : `?${sorted.join("&")}`
}

/** `PLURAL/NAME/SUBRESOURCE` behind an API's version, its names replaced. */
const objectPattern = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const [first = "", second, ...more] = words
  if (first === "namespaces" && more.length > 0 && !["status", "finalize"].includes(more[0] ?? ""))
    return ["namespaces", "{namespace}", ...objectPattern(more)]
  return second === undefined ? words : [first, "{name}", ...more]
}

const pathPattern = (path: string): string => {
  const [root = "", ...words] = path.split("/").slice(1)
  const prefix = root === "api" ? 1 : root === "apis" ? 2 : words.length
  return `/${[root, ...words.slice(0, prefix), ...objectPattern(words.slice(prefix))].join("/")}`
}

const shapeOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shapeOf)
  if (typeof value !== "object" || value === null) return typeof value
  return Object.fromEntries(
    Object.entries(value)
      // Who owned a field is told by names of times and of other clients.
      .filter(([name]) => name !== "managedFields")
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, inner]) => [name, shapeOf(inner)]),
  )
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8)

const PROTOBUF_MAGIC = Buffer.from("k8s\0")

const bodyOf = (body: Uint8Array): string | undefined => {
  if (body.length === 0) return undefined
  if (PROTOBUF_MAGIC.equals(body.subarray(0, 4))) return "protobuf"
  try {
    return `json ${digest(JSON.stringify(shapeOf(JSON.parse(Buffer.from(body).toString("utf8")))))}`
  } catch {
    return "text"
  }
}

export const askedOf = ({ method, path, headers, body, status, responseType }: Exchange): Asked => {
  const { pathname, searchParams } = new URL(path, "https://server")
  return {
    request: `${method} ${pathPattern(pathname)}${queryOf(searchParams)}`,
    headers: telling.flatMap((name) =>
      headers[name] === undefined ? [] : [`${name}: ${name.startsWith("impersonate") ? "…" : headers[name]}`],
    ),
    answer: `${status}${responseType === undefined ? "" : ` ${responseType}`}`,
    body: bodyOf(body),
  }
}
