/** URLs as requests have them. Source: Go `net/url`, `ParseRequestURI`. */
import { PARSED_TEXT_LENGTH_MAX } from "./limits.ts"
import { Opaque } from "./value.ts"

interface Parts {
  readonly scheme: string
  readonly host: string
  readonly path: string
  readonly query: string
}

const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/
const badEscape = /%(?![0-9a-fA-F]{2})/
const hostPattern =
  /^(?:\[[0-9A-Fa-f:.]+(?:%25[^\]]*)?\]|(?:[A-Za-z0-9\-._~!$&'()*+,;="<>]|[^\x20-\x7f]|%[0-9a-fA-F]{2})*)(?::\d*)?$/

/** What a path may have as it stands, escapes included. */
const plainPath = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]/gu

export class ParsedUrl extends Opaque {
  readonly typeName = "kubernetes.URL"
  readonly text: string
  readonly parts: Parts

  constructor(text: string, parts: Parts) {
    super()
    this.text = text
    this.parts = parts
  }

  equals(other: Opaque): boolean {
    return other instanceof ParsedUrl && other.text === this.text
  }

  /** The host without port and brackets. */
  get hostname(): string {
    const name = this.parts.host.replace(/:\d*$/, "")
    return name.startsWith("[") ? name.slice(1, -1) : name
  }

  get port(): string {
    return /:(\d*)$/.exec(this.parts.host)?.[1] ?? ""
  }

  get escapedPath(): string {
    return this.parts.path.replace(plainPath, (char) => encodeURIComponent(char.toWellFormed()))
  }

  /** The values of the query by their names; pairs that are no pairs are left out. */
  get query(): ReadonlyMap<string, ReadonlyArray<string>> {
    const values = new Map<string, string[]>()
    for (const pair of this.parts.query.split("&")) {
      if (pair === "" || pair.includes(";") || badEscape.test(pair)) continue
      const equal = pair.indexOf("=")
      const [name, value] = equal < 0 ? [pair, ""] : [pair.slice(0, equal), pair.slice(equal + 1)]
      const key = decoded(name)
      values.set(key, [...(values.get(key) ?? []), decoded(value)])
    }
    return values
  }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    return text
  }
}

/** A control character, in a URL never. */
const hasControl = (text: string): boolean => [...text].some((char) => char < " " || char === "\x7f")

/** The URL that a text is, or the reason why it is none. */
export const parseUrl = (text: string): ParsedUrl | string => {
  if (text.length > PARSED_TEXT_LENGTH_MAX) return "too long"
  if (hasControl(text)) return "invalid control character in URL"
  if (text === "") return "empty url"
  const head = scheme.exec(text)?.[0] ?? ""
  let rest = text.slice(head.length)
  if (head === "" && !rest.startsWith("/")) return "invalid URI for request"
  const mark = rest.indexOf("?")
  const query = mark < 0 ? "" : rest.slice(mark + 1)
  if (mark >= 0) rest = rest.slice(0, mark)
  let host = ""
  if (head !== "" && rest.startsWith("//")) {
    const slash = rest.indexOf("/", 2)
    const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash)
    host = authority.slice(authority.lastIndexOf("@") + 1)
    if (!hostPattern.test(host))
      return `invalid character in host name or port of ${JSON.stringify(host.slice(0, 100))}`
    rest = slash < 0 ? "" : rest.slice(slash)
  }
  if (badEscape.test(rest)) return "invalid URL escape"
  const path = head !== "" && !rest.startsWith("/") ? "" : rest
  return new ParsedUrl(text, { scheme: head.slice(0, -1).toLowerCase(), host, path, query })
}
