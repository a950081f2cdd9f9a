/** Which form of a document the client wants: read from Accept, query and User-Agent. */
import { limits } from "./limits.ts"
import { failure } from "./status-error.ts"

export type Encoding = "json" | "yaml"

/** `as=` of the media type: another view of the same objects. */
export type View = "" | "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList"

export interface Negotiated {
  readonly encoding: Encoding
  readonly view: View
  readonly viewVersion: "v1" | "v1beta1"
  readonly pretty: boolean
}

export interface MediaRange {
  readonly type: string
  readonly parameters: { readonly [name: string]: string }
}

/** Clients send few different headers, so the latest are remembered. */
const parsed = new Map<string, ReadonlyArray<MediaRange>>()

/** Parts of an Accept header, best quality first, otherwise in the order given. */
export const parseAccept = (header: string): ReadonlyArray<MediaRange> => {
  const known = parsed.get(header)
  if (known !== undefined) return known
  if (parsed.size >= limits.acceptHeadersRemembered) parsed.clear()
  const ranges = parseRanges(header)
  parsed.set(header, ranges)
  return ranges
}

const parseRanges = (header: string): ReadonlyArray<MediaRange> => {
  const ranges = header.split(",").flatMap((part, index) => {
    const [type = "", ...rest] = part.split(";").map((piece) => piece.trim())
    if (type === "") return []
    const parameters: Record<string, string> = Object.create(null)
    for (const piece of rest) {
      const equals = piece.indexOf("=")
      if (equals > 0)
        parameters[piece.slice(0, equals).toLowerCase()] = piece.slice(equals + 1).replaceAll('"', "")
    }
    const quality = Number(parameters.q ?? "1")
    return [{ type: type.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0, index }]
  })
  return ranges
    .filter((range) => range.quality > 0)
    .sort((a, b) => b.quality - a.quality || a.index - b.index)
}

const encodings: { readonly [type: string]: Encoding } = {
  "*/*": "json",
  "application/*": "json",
  "application/json": "json",
  "application/yaml": "yaml",
}

const viewOf = (
  range: MediaRange,
  views: ReadonlySet<View>,
): Pick<Negotiated, "view" | "viewVersion"> | undefined => {
  const as = range.parameters.as
  if (as === undefined) return { view: "", viewVersion: "v1" }
  const version = range.parameters.v ?? "v1"
  if (range.parameters.g !== "meta.k8s.io" || (version !== "v1" && version !== "v1beta1")) return undefined
  const known: ReadonlyArray<View> = ["Table", "PartialObjectMetadata", "PartialObjectMetadataList"]
  const view = known.find((candidate) => candidate === as)
  return view !== undefined && views.has(view) ? { view, viewVersion: version } : undefined
}

const browsers = /^(curl|Wget|Mozilla\/5\.0)/

export interface Asked {
  readonly accept: string | undefined
  readonly userAgent: string | undefined
  readonly query: URLSearchParams
}

/** The first clause of Accept that can be served. Fails with `NotAcceptable`. */
export const negotiate = (asked: Asked, views: ReadonlySet<View>): Negotiated => {
  const wanted = asked.query.get("pretty")
  const pretty = wanted === null ? browsers.test(asked.userAgent ?? "") : wanted !== "false" && wanted !== "0"
  for (const range of parseAccept(asked.accept?.trim() || "*/*")) {
    const encoding = Object.hasOwn(encodings, range.type) ? encodings[range.type] : undefined
    const view = viewOf(range, views)
    if (encoding !== undefined && view !== undefined) return { encoding, ...view, pretty }
  }
  throw failure(
    "NotAcceptable",
    "only the following media types are accepted: application/json, application/yaml",
  )
}
