/** The wire as commands use it: JSON in, JSON out, a Status that says no thrown as {@link StatusFailure}. */
import type { Transport, TransportRequest, TransportResponse } from "../client/wire/index.ts"
import type { JsonObject, Status, StatusReason } from "../schemas/index.ts"
import { CliFailure, StatusFailure } from "./failure.ts"
import { isObject } from "./json.ts"
import { maxLineBytes, maxResponseBytes } from "./limits.ts"

interface ApiRequest {
  readonly method?: TransportRequest["method"]
  readonly path: string
  readonly accept?: string
  readonly body?: JsonObject
  readonly contentType?: string
  readonly signal?: AbortSignal
}

export interface Api {
  /** One exchange. Fails with StatusFailure, or CliFailure Unreachable when no answer came. */
  json(request: ApiRequest): Promise<JsonObject>
  /** The answer's body as it comes. */
  stream(request: ApiRequest): Promise<AsyncIterable<Uint8Array>>
  /** One JSON document a line: a watch. */
  lines(request: ApiRequest): Promise<AsyncIterable<JsonObject>>
}

export interface ApiOptions {
  readonly transport: Transport
  readonly server: string
  /** Told of each `Warning` that the server sends. */
  readonly onWarning: (text: string) => void
  /** Ends every request that has no signal of its own: Ctrl-C. */
  readonly signal: AbortSignal
}

export const makeApi = (options: ApiOptions): Api => {
  const open = async (request: ApiRequest): Promise<TransportResponse> => {
    const response = await exchange(options, request)
    for (const text of warningsOf(response.headers.warning)) options.onWarning(text)
    if (response.status >= 300) throw new StatusFailure(await readStatus(response, request))
    return response
  }
  return {
    json: async (request) => {
      const response = await open(request)
      return parseObject(await readText(response, options), request)
    },
    stream: async (request) => guarded((await open(request)).body, options, request.signal),
    lines: async (request) =>
      jsonLines(guarded((await open(request)).body, options, request.signal), request),
  }
}

const exchange = async (
  { transport, server, signal: interrupt }: ApiOptions,
  request: ApiRequest,
): Promise<TransportResponse> => {
  const { method = "GET", path, accept = "application/json", body, contentType, signal = interrupt } = request
  try {
    return await transport.request({
      method,
      path,
      headers: {
        accept,
        "user-agent": "mctl",
        ...(body === undefined ? {} : { "content-type": contentType ?? "application/json" }),
      },
      ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
      signal,
    })
  } catch (cause) {
    throw unreachable(server, cause)
  }
}

const unreachable = (server: string, cause: unknown): CliFailure => {
  const why = cause instanceof Error ? cause.message || cause.name : String(cause)
  const hint = /ECONNREFUSED/.test(why) ? "; is the server running? (`mctl server` runs one)" : ""
  return new CliFailure("Unreachable", `cannot reach the server at ${server}: ${why}${hint}`, cause)
}

/** The chunks; a broken connection becomes a failure, an abort of ours an end. */
const guarded = async function* (
  body: AsyncIterable<Uint8Array>,
  { server }: ApiOptions,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  try {
    yield* body
  } catch (cause) {
    if (signal?.aborted === true) return
    throw unreachable(server, cause)
  }
}

const readText = async (response: TransportResponse, options: ApiOptions): Promise<string> => {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of guarded(response.body, options, undefined)) {
    size += chunk.byteLength
    if (size > maxResponseBytes)
      throw new CliFailure("Unexpected", `the answer has more than ${maxResponseBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size).toString("utf8")
}

const parseObject = (text: string, { path }: ApiRequest): JsonObject => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new CliFailure("Unexpected", `the answer to ${path} is not JSON`, cause)
  }
  if (!isObject(value)) throw new CliFailure("Unexpected", `the answer to ${path} is not an object`)
  return value
}

const jsonLines = async function* (
  chunks: AsyncIterable<Uint8Array>,
  request: ApiRequest,
): AsyncIterable<JsonObject> {
  const decoder = new TextDecoder()
  let pending = ""
  for await (const chunk of chunks) {
    const lines = (pending + decoder.decode(chunk, { stream: true })).split("\n")
    pending = lines.pop() ?? ""
    if (pending.length > maxLineBytes)
      throw new CliFailure("Unexpected", `an event of ${request.path} is too long`)
    for (const line of lines) if (line.trim() !== "") yield parseObject(line, request)
  }
  if (pending.trim() !== "") yield parseObject(pending, request)
}

const reasonsByCode: { readonly [code: number]: StatusReason } = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  406: "NotAcceptable",
  409: "Conflict",
  410: "Gone",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  503: "ServiceUnavailable",
}

const readStatus = async (response: TransportResponse, request: ApiRequest): Promise<Status> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of response.body) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString("utf8")
  try {
    const value: unknown = JSON.parse(text)
    if (isStatus(value)) return value
  } catch {
    // No Status was sent: the code and the text say what there is to say.
  }
  const reason = reasonsByCode[response.status]
  const said = text.trim().split("\n")[0]?.slice(0, 200) ?? ""
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    code: response.status,
    message: `${request.method ?? "GET"} ${request.path}: ${said === "" ? `HTTP ${response.status}` : said}`,
    ...(reason === undefined ? {} : { reason }),
  }
}

export const isStatus = (value: unknown): value is Status =>
  isObject(value) && value.kind === "Status" && typeof value.code === "number"

/** The texts of `299 - "text"` values. */
const warningsOf = (header: string | undefined): ReadonlyArray<string> =>
  [...(header ?? "").matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text]) =>
    (text ?? "").replaceAll(/\\(.)/g, "$1"),
  )
