/** URLs. Source: Kubernetes' URL library. */
import { ArrayList, EntryMap } from "../collection.ts"
import { type Functions, member, type Overload, overload } from "../environment.ts"
import { EvaluationError, noSuchOverload } from "../evaluation-error.ts"
import { textOf } from "../narrowing.ts"
import * as t from "../type.ts"
import { ParsedUrl, parseUrl } from "../url.ts"
import type { Value } from "../value.ts"

const urlType = t.opaque("kubernetes.URL")

const urlOf = (value: Value | undefined): ParsedUrl => {
  if (value instanceof ParsedUrl) return value
  throw noSuchOverload()
}

const parsed = (text: string): ParsedUrl => {
  const url = parseUrl(text)
  if (typeof url !== "string") return url
  throw new EvaluationError(
    `URL parse error during conversion from string: parse ${JSON.stringify(text.slice(0, 100))}: ${url}`,
  )
}

const part = (id: string, read: (url: ParsedUrl) => string): ReadonlyArray<Overload> => [
  member(id, [t.string, urlType], (value) => read(urlOf(value))),
]

const queryOf = (url: ParsedUrl): Value =>
  new EntryMap([...url.query].map(([name, values]) => [name, new ArrayList(values)]))

export const urls: Functions = {
  url: [overload("string_to_url", [urlType, t.string], (text) => parsed(textOf(text)))],
  isURL: [
    overload("is_url_string", [t.bool, t.string], (text) => typeof parseUrl(textOf(text)) !== "string"),
  ],
  getScheme: part("url_get_scheme", (url) => url.parts.scheme),
  getHost: part("url_get_host", (url) => url.parts.host),
  getHostname: part("url_get_hostname", (url) => url.hostname),
  getPort: part("url_get_port", (url) => url.port),
  getEscapedPath: part("url_get_escaped_path", (url) => url.escapedPath),
  getQuery: [
    member("url_get_query", [t.mapOf(t.string, t.listOf(t.string)), urlType], (value) =>
      queryOf(urlOf(value)),
    ),
  ],
}
