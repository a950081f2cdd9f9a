/**
 * What a program asked of its API server and what it was told, as lines of JSON. Write one with {@link recordRun}; read it with
 * {@link parseRecording}; run it again with `replayRecording`. The format is described in docs/simulation.md.
 *
 * A recording holds objects as the program saw them, Secrets with their contents too: keep it as you keep those.
 */
import type { Transport, TransportRequest, TransportResponse } from "../client/index.ts"
import type { Json, JsonObject } from "../schemas/index.ts"
import { recordingLineBytesMax } from "./limits.ts"
import { isWrite, requestLine } from "./request-line.ts"

export const recordingVersion = 1

export interface RecordingHeader {
  readonly kind: "recording"
  readonly version: typeof recordingVersion
  /** The program that was recorded. */
  readonly program: string
  /** The seed of its Random, where it ran with one. */
  readonly seed?: number
  readonly startedAt: number
}

/** A write, and its answer. `status` is 0 where none came. */
export interface RecordedWrite {
  readonly kind: "write"
  readonly at: number
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: string
  readonly contentType?: string
  /** As the client's WriteContext says. */
  readonly cause?: string
  readonly body?: Json
  readonly status: number
  readonly answer?: Json
}

/** A list that was read: what the program knew from then on. */
export interface RecordedList {
  readonly kind: "list"
  readonly at: number
  readonly path: string
  readonly items: ReadonlyArray<JsonObject>
}

export interface RecordedEvent {
  readonly kind: "event"
  readonly at: number
  readonly path: string
  readonly type: "ADDED" | "MODIFIED" | "DELETED"
  readonly object: JsonObject
}

export type RecordedLine = RecordedWrite | RecordedList | RecordedEvent

export interface Recording {
  readonly header: RecordingHeader
  readonly lines: ReadonlyArray<RecordedLine>
}

export class RecordingError extends Error {
  override readonly name = "RecordingError"
}

export interface RecordOptions {
  readonly program: string
  /** Takes one line, without its end. */
  readonly write: (line: string) => void
  /** Milliseconds since 1970. */
  readonly nowMs: () => number
  /** The seed that the program's Random was given: `Random.withSeed`. Without one, jitter is not the same when it is replayed. */
  readonly seed?: number
}

const decoder = new TextDecoder()

const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const parsed = (bytes: Uint8Array | undefined): Json | undefined => {
  if (bytes === undefined || bytes.length === 0) return undefined
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch {
    return undefined
  }
}

const kinds = ["ADDED", "MODIFIED", "DELETED"] as const

/** The events in what comes of a watch; a line that is cut short waits for its rest. */
const eventReader = () => {
  const text = new TextDecoder()
  let rest = ""
  return (chunk: Uint8Array): ReadonlyArray<Pick<RecordedEvent, "type" | "object">> => {
    const lines = (rest + text.decode(chunk, { stream: true })).split("\n")
    rest = lines.pop() ?? ""
    return lines.flatMap((line) => {
      const event: unknown = line === "" ? undefined : JSON.parse(line)
      if (!isJsonObject(event) || !isJsonObject(event.object)) return []
      const type = kinds.find((kind) => kind === event.type)
      return type === undefined ? [] : [{ type, object: event.object }]
    })
  }
}

async function* seen(
  body: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    onChunk(chunk)
    yield chunk
  }
}

async function* seenWhole(
  body: AsyncIterable<Uint8Array>,
  onEnd: (bytes: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  const chunks: Array<Uint8Array> = []
  yield* seen(body, (chunk) => chunks.push(chunk))
  onEnd(Buffer.concat(chunks))
}

const itemsOf = (answer: Json | undefined): ReadonlyArray<JsonObject> | undefined => {
  if (!isJsonObject(answer) || !Array.isArray(answer.items)) return undefined
  return answer.items.filter(isJsonObject)
}

/** The transport, with everything that goes over it written down. Costs a parse of every answer. */
export const recordRun = (through: Transport, options: RecordOptions): Transport => {
  const { program, nowMs, seed } = options
  const put = (line: RecordingHeader | RecordedLine) => options.write(JSON.stringify(line))
  put({
    kind: "recording",
    version: recordingVersion,
    program,
    ...(seed === undefined ? {} : { seed }),
    startedAt: nowMs(),
  })
  const written = (request: TransportRequest, at: number, status: number, answer: Json | undefined) => {
    if (request.method === "GET") return
    const body = parsed(request.body)
    const cause = request.headers["miren-cause"]
    const contentType = request.headers["content-type"]
    put({
      kind: "write",
      at,
      method: request.method,
      path: request.path,
      ...(contentType === undefined ? {} : { contentType }),
      ...(cause === undefined ? {} : { cause }),
      ...(body === undefined ? {} : { body }),
      status,
      ...(answer === undefined ? {} : { answer }),
    })
  }
  return {
    request: async (request): Promise<TransportResponse> => {
      const { path } = request
      const { verb } = requestLine(request)
      const at = nowMs()
      if (isWrite(request)) {
        const response = await through.request(request).catch((error: unknown) => {
          written(request, at, 0, undefined)
          throw error
        })
        const { status, body } = response
        return { ...response, body: seenWhole(body, (bytes) => written(request, at, status, parsed(bytes))) }
      }
      const response = await through.request(request)
      if (response.status !== 200) return response
      if (verb === "watch") {
        const read = eventReader()
        const onChunk = (chunk: Uint8Array) => {
          for (const event of read(chunk)) put({ kind: "event", at: nowMs(), path, ...event })
        }
        return { ...response, body: seen(response.body, onChunk) }
      }
      if (verb !== "list") return response
      const onEnd = (bytes: Uint8Array) => {
        const items = itemsOf(parsed(bytes))
        if (items !== undefined) put({ kind: "list", at: nowMs(), path, items })
      }
      return { ...response, body: seenWhole(response.body, onEnd) }
    },
  }
}

const refuse = (line: number, message: string): never => {
  throw new RecordingError(`line ${line} of the recording: ${message}`)
}

const lineKinds = ["write", "list", "event"]

const parseLine = (text: string, line: number): JsonObject => {
  if (text.length > recordingLineBytesMax) refuse(line, `longer than ${recordingLineBytesMax} characters`)
  try {
    const value: unknown = JSON.parse(text)
    if (isJsonObject(value)) return value
  } catch {
    // Refused below, as anything else that is no JSON object.
  }
  return refuse(line, "not a JSON object")
}

const headerOf = (value: JsonObject): RecordingHeader => {
  if (value.kind !== "recording") refuse(1, `a recording begins with {"kind":"recording"}`)
  if (value.version !== recordingVersion) {
    refuse(
      1,
      `version ${JSON.stringify(value.version)} is not ${recordingVersion}, the one that is read here`,
    )
  }
  if (typeof value.program !== "string" || typeof value.startedAt !== "number") {
    refuse(1, "program and startedAt are missing")
  }
  return value as unknown as RecordingHeader
}

const recordedLine = (value: JsonObject, line: number): RecordedLine => {
  const { kind, at, path } = value
  if (typeof kind !== "string" || !lineKinds.includes(kind))
    refuse(line, `kind is none of ${lineKinds.join(", ")}`)
  if (typeof at !== "number" || typeof path !== "string") refuse(line, "at and path are missing")
  if (kind === "event" && !isJsonObject(value.object)) refuse(line, "an event needs an object")
  if (kind === "list" && !Array.isArray(value.items)) refuse(line, "a list needs items")
  if (kind === "write" && typeof value.status !== "number") refuse(line, "a write needs a status")
  return value as unknown as RecordedLine
}

/** Throws RecordingError with the line that cannot be read. A last line that was cut short is left out: the program was killed. */
export const parseRecording = (text: string): Recording => {
  const lines = text.split("\n")
  const whole = lines.slice(0, -1)
  const [first, ...rest] = whole
  if (first === undefined) return refuse(1, "it is empty")
  return {
    header: headerOf(parseLine(first, 1)),
    lines: rest.map((line, index) => recordedLine(parseLine(line, index + 2), index + 2)),
  }
}
