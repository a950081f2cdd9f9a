/** Request bodies: bytes and a media type in, one JSON document out, or a Status. */
import { Composer, type CST, type Document, isAlias, isNode, isScalar, Parser, visit } from "yaml"
import { isObject } from "./body-object.ts"
import { scanJson } from "./json-scan.ts"
import { limits } from "./limits.ts"
import type { MutableJson, MutableObject } from "./machinery.ts"
import { decodeProtobuf } from "./protobuf/decode.ts"
import { badRequest, failure } from "./status-error.ts"

export interface Decoded {
  readonly value: MutableJson
  /** Sentences about repeated keys, as strict decoding words them: `duplicate field "spec.x"`. */
  readonly duplicates: ReadonlyArray<string>
}

/** The media type of a Content-Type header; JSON when there is none. */
export const mediaType = (contentType: string | undefined): string =>
  contentType?.split(";")[0]?.trim().toLowerCase() || "application/json"

export const unsupportedMediaType = (accepted: ReadonlyArray<string>): Error =>
  failure(
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  )

const decoder = new TextDecoder("utf-8", { fatal: true })

const textOf = (body: Uint8Array): string => {
  if (body.length > limits.bodyBytesMax) {
    throw failure("RequestEntityTooLarge", `Request entity too large: limit is ${limits.bodyBytesMax}`)
  }
  try {
    return decoder.decode(body)
  } catch (cause) {
    throw badRequest("the body of the request is not valid UTF-8", cause)
  }
}

const tooDeep = (): Error => badRequest(`the document is nested deeper than ${limits.jsonDepthMax} levels`)

const refuse = (scan: { readonly depth: number; readonly forbidden: string | undefined }): void => {
  if (scan.depth > limits.jsonDepthMax) throw tooDeep()
  if (scan.forbidden !== undefined)
    throw badRequest(`the key ${JSON.stringify(scan.forbidden)} is not accepted`)
}

const decodeJson = (text: string): Decoded => {
  const scan = scanJson(text, limits.jsonDepthMax)
  refuse(scan)
  try {
    const value: MutableJson = JSON.parse(text)
    return { value, duplicates: scan.duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`) }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "malformed JSON"
    throw badRequest(`the object provided is unrecognized (must be of type JSON): ${why}`, cause)
  }
}

const yamlOptions = {
  schema: "core",
  // Its own look for repeated keys compares each with each: see repeatedKeys.
  uniqueKeys: false,
  merge: false,
  prettyErrors: false,
  logLevel: "error",
} as const

const yamlError = (text: string, offset: number, message: string): Error =>
  badRequest(`error converting YAML to JSON: yaml: line ${lineOf(text, offset)}: ${message}`)

function* soundTokens(text: string): Generator<CST.Token> {
  for (const token of new Parser().parse(text)) {
    if (token.type === "error") throw yamlError(text, token.offset, token.message)
    yield token
  }
}

type ErrorPlace = number | readonly [number, number] | { readonly offset: number }

const startOf = (place: ErrorPlace): number =>
  typeof place === "number" ? place : "offset" in place ? place.offset : place[0]

/**
 * The one document of a text. It ends at the first error, where the library would gather all of them: a hostile text has
 * one at every character. Fails with `BadRequest`.
 */
const parseYaml = (text: string): Document => {
  const composer = new Composer(yamlOptions)
  Object.assign(composer, {
    onError: (place: ErrorPlace, _code: string, message: string, isWarning?: boolean) => {
      if (isWarning !== true) throw yamlError(text, startOf(place), message)
    },
  })
  let document: Document | undefined
  for (const found of composer.compose(soundTokens(text), true, text.length)) {
    if (document !== undefined) throw yamlError(text, found.range[0], "there may be one document in a body")
    document = found
  }
  if (document === undefined) throw yamlError(text, 0, "there is no document")
  const [error] = document.errors
  if (error !== undefined) throw yamlError(text, error.pos[0], error.message)
  return document
}

const toJson = (document: Document): MutableJson => {
  try {
    return JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 100 }) ?? null))
  } catch (cause) {
    if (cause instanceof RangeError) throw cause
    throw badRequest(`error decoding YAML: ${cause instanceof Error ? cause.message : "malformed"}`, cause)
  }
}

/** The line of a place; places are asked about in order, and the text is walked once for all of them. */
const lineCounter = (text: string): ((offset: number) => number) => {
  let [line, from] = [1, 0]
  return (offset) => {
    for (let at = text.indexOf("\n", from); at >= 0 && at < offset; at = text.indexOf("\n", from)) {
      line++
      from = at + 1
    }
    return line
  }
}

const lineOf = (text: string, offset: number): number => lineCounter(text)(offset)

/** The text that a key is in JSON. Fails with `BadRequest`. */
const keyOf = (node: unknown): string => {
  if (isScalar(node)) return String(node.value)
  if (node === null) return "null"
  const why = isAlias(node) ? "an alias" : "a list or a map"
  throw badRequest(`error converting YAML to JSON: yaml: a key must be a text, not ${why}`)
}

const offsetOf = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0)

/**
 * Repeated keys of one map, as strict decoding words them: `line 11: key "foo" already set in map`.
 * Fails with `BadRequest`: keys that are no text, more aliases than a person writes.
 */
const repeatedKeys = (document: Document, text: string): ReadonlyArray<string> => {
  const found: Array<readonly [number, string]> = []
  let aliases = 0
  visit(document, {
    Alias: () => {
      if (++aliases > limits.yamlAliasesMax)
        throw badRequest(`error decoding YAML: there may be ${limits.yamlAliasesMax} aliases`)
    },
    Map: (_, { items }) => {
      const seen = new Set<string>()
      for (const { key } of items) {
        const name = keyOf(key)
        if (seen.has(name)) found.push([offsetOf(key), name])
        seen.add(name)
      }
    },
  })
  const line = lineCounter(text)
  return found
    .sort(([a], [b]) => a - b)
    .map(
      ([offset, name]) =>
        `error strict decoding YAML: line ${line(offset)}: key ${JSON.stringify(name)} already set in map`,
    )
}

const decodeYaml = (text: string): Decoded => {
  if (/^\s*[{[]/.test(text)) {
    try {
      return decodeJson(text)
    } catch (error) {
      if (scanJson(text, limits.jsonDepthMax).depth > limits.jsonDepthMax) throw error
    }
  }
  if (text.length > limits.yamlCharactersMax) {
    const why = `a YAML body may have ${limits.yamlCharactersMax} characters: send larger documents as JSON`
    throw failure("RequestEntityTooLarge", why)
  }
  try {
    const document = parseYaml(text)
    const duplicates = repeatedKeys(document, text)
    const value = toJson(document)
    refuse(scanJson(JSON.stringify(value), limits.jsonDepthMax))
    return { value, duplicates }
  } catch (error) {
    // The library's own descent has no bound but the stack.
    if (error instanceof RangeError) throw tooDeep()
    throw error
  }
}

/** Decodes a JSON or YAML text. Fails with `BadRequest`, `RequestEntityTooLarge`. */
export const decodeText = (body: Uint8Array, form: "json" | "yaml"): Decoded => {
  const text = textOf(body)
  return form === "yaml" ? decodeYaml(text) : decodeJson(text)
}

const forms: { readonly [type: string]: "json" | "yaml" | "protobuf" } = {
  "application/json": "json",
  "application/yaml": "yaml",
  "application/vnd.kubernetes.protobuf": "protobuf",
}

/** The object in the body of a create or update. Fails with `BadRequest`, `UnsupportedMediaType`. */
export const decodeObject = (
  body: Uint8Array,
  contentType: string | undefined,
): { readonly object: MutableObject; readonly duplicates: ReadonlyArray<string> } => {
  const type = mediaType(contentType)
  const form = Object.hasOwn(forms, type) ? forms[type] : undefined
  if (form === undefined) throw unsupportedMediaType(Object.keys(forms))
  if (body.length === 0) throw badRequest("the body of the request is empty: an object is needed")
  if (form === "protobuf") return fromProtobuf(body)
  const { value, duplicates } = decodeText(body, form)
  if (!isObject(value)) throw badRequest("the body of the request is not an object")
  return { object: value, duplicates }
}

/** Kinds without a message of ours are refused as the media type is: their clients may send JSON. */
const fromProtobuf = (body: Uint8Array) => {
  if (body.length > limits.bodyBytesMax) {
    throw failure("RequestEntityTooLarge", `Request entity too large: limit is ${limits.bodyBytesMax}`)
  }
  const object = decodeProtobuf(body)
  if (object === undefined)
    throw unsupportedMediaType(Object.keys(forms).filter((type) => forms[type] !== "protobuf"))
  return { object, duplicates: [] }
}
