/** Request bodies: bytes and a media type in, one JSON document out, or a Status. */
import { type Document, isCollection, parseDocument, visit } from "yaml"
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

const refuse = (scan: { readonly depth: number; readonly forbidden: string | undefined }): void => {
  if (scan.depth > limits.jsonDepthMax) {
    throw badRequest(`the document is nested deeper than ${limits.jsonDepthMax} levels`)
  }
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

const parseYaml = (text: string, uniqueKeys: boolean): Document =>
  parseDocument(text, { schema: "core", uniqueKeys, merge: false, prettyErrors: false, logLevel: "error" })

/** JSON has texts for keys. Fails with `BadRequest`. */
const refuseCollectionKeys = (document: Document): void =>
  visit(document, {
    Pair: (_, { key }) => {
      if (isCollection(key))
        throw badRequest("error converting YAML to JSON: yaml: a key must be a text, not a list or a map")
    },
  })

const toJson = (document: Document): MutableJson => {
  try {
    return JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 100 }) ?? null))
  } catch (cause) {
    throw badRequest(`error decoding YAML: ${cause instanceof Error ? cause.message : "malformed"}`, cause)
  }
}

const lineOf = (text: string, offset: number): number => text.slice(0, offset).split("\n").length

/** A key that the error of the parser points at, as `line 11: key "foo" already set in map`. */
const duplicateKey = (text: string, offset: number): string => {
  const key = /^\s*"?([^":\s]+)/.exec(text.slice(offset))?.[1] ?? ""
  return `error strict decoding YAML: line ${lineOf(text, offset)}: key ${JSON.stringify(key)} already set in map`
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
  const strict = parseYaml(text, true)
  const duplicates = strict.errors
    .filter((error) => error.code === "DUPLICATE_KEY")
    .map((error) => duplicateKey(text, error.pos[0]))
  const document = duplicates.length === 0 ? strict : parseYaml(text, false)
  const [error] = document.errors
  if (error !== undefined) {
    throw badRequest(
      `error converting YAML to JSON: yaml: line ${lineOf(text, error.pos[0])}: ${error.message}`,
      error,
    )
  }
  refuseCollectionKeys(document)
  const value = toJson(document)
  refuse(scanJson(JSON.stringify(value), limits.jsonDepthMax))
  return { value, duplicates }
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
