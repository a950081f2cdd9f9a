/** A transport that answers from a table of routes, and the program around it with its output caught. For tests. */
import { PassThrough, Readable } from "node:stream"
import type { Transport, TransportRequest } from "../../client/wire/index.ts"
import type { Json, JsonObject } from "../../schemas/index.ts"
import { makeApi } from "../api.ts"
import type { Channel, Program } from "../program.ts"
import { runWords } from "../run.ts"

export interface FakeResponse {
  readonly status?: number
  readonly headers?: { readonly [name: string]: string }
  /** JSON, raw text, or one chunk after the other. */
  readonly body: JsonObject | string | ReadonlyArray<string>
}

export interface Recorded {
  /** `GET /api/v1/...` with its query. */
  readonly line: string
  readonly accept: string
  readonly body: Json | undefined
}

/** By method and path; a key with a query is for request lines that start so. A function sees the request. */
export type Routes = { readonly [start: string]: FakeResponse | ((request: Recorded) => FakeResponse) }

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly requests: ReadonlyArray<Recorded>
}

export interface FakeOptions {
  readonly routes?: Routes
  readonly transport?: Transport
  readonly stdin?: string
  readonly cacheFolder?: string
  readonly channel?: (path: string) => Channel
  /** Interrupts the program when its output matches. */
  readonly interruptAt?: RegExp
}

/** Runs one command line to its end. */
export const mctl = async (words: ReadonlyArray<string>, options: FakeOptions = {}): Promise<Outcome> => {
  const requests: Recorded[] = []
  const interrupt = new AbortController()
  const stdout = caught((text) => options.interruptAt?.test(text) === true && interrupt.abort())
  const stderr = caught(() => {})
  const transport = options.transport ?? fakeTransport({ ...discovery, ...options.routes }, requests)
  const program: Program = {
    streams: {
      stdin: Readable.from([Buffer.from(options.stdin ?? "")]),
      stdout: stdout.stream,
      stderr: stderr.stream,
    },
    environment: {},
    signal: interrupt.signal,
    connect: async () => ({
      api: makeApi({
        transport,
        server: "https://fake",
        onWarning: (text) =>
          stderr.stream.write(`Warning: ${text}
`),
        signal: interrupt.signal,
      }),
      namespace: "default",
      server: "https://fake",
      cacheFolder: options.cacheFolder,
      openChannel: async (path) => {
        if (options.channel === undefined) throw new Error("this test has no channel")
        return options.channel(path)
      },
    }),
  }
  const code = await runWords(words, program)
  return { code, stdout: stdout.text(), stderr: stderr.text(), requests }
}

const caught = (onText: (all: string) => unknown) => {
  const chunks: Buffer[] = []
  const text = (): string => Buffer.concat(chunks).toString("utf8")
  const stream = new PassThrough()
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk)
    onText(text())
  })
  return { stream, text }
}

const fakeTransport = (routes: Routes, requests: Recorded[]): Transport => ({
  request: async (request) => {
    const recorded = record(request)
    requests.push(recorded)
    const [path = ""] = recorded.line.split("?")
    const start =
      Object.keys(routes).find((key) => key.includes("?") && recorded.line.startsWith(key)) ?? path
    const route = Object.hasOwn(routes, start) ? routes[start] : undefined
    const {
      status = 200,
      headers = {},
      body,
    } = route === undefined ? notFound(recorded.line) : typeof route === "function" ? route(recorded) : route
    const chunks = Array.isArray(body) ? body : [typeof body === "string" ? body : JSON.stringify(body)]
    return { status, headers, body: bytes(chunks, Array.isArray(body) ? request.signal : undefined) }
  },
})

const record = ({ method, path, headers, body }: TransportRequest): Recorded => ({
  line: `${method} ${path}`,
  accept: headers.accept ?? "",
  body: body === undefined ? undefined : JSON.parse(Buffer.from(body).toString("utf8")),
})

/** A body of several chunks is a stream: it stays open until it is aborted. */
const bytes = async function* (
  chunks: ReadonlyArray<string>,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk)
  if (signal === undefined || signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }))
}

export const failure = (
  code: number,
  reason: string,
  message: string,
  details: JsonObject = {},
): FakeResponse => ({
  status: code,
  body: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", code, reason, message, details },
})

const notFound = (line: string): FakeResponse => failure(404, "NotFound", `${line} not found`)

const resource = (plural: string, kind: string, more: JsonObject): JsonObject => ({
  resource: plural,
  responseKind: { kind },
  scope: "Namespaced",
  singularResource: kind.toLowerCase(),
  verbs: ["create", "delete", "get", "list", "patch", "watch"],
  ...more,
})

const discoveryList = (items: ReadonlyArray<JsonObject>): FakeResponse => ({
  body: { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items },
})

const group = (name: string, version: string, resources: ReadonlyArray<JsonObject>): JsonObject => ({
  metadata: { name },
  versions: [{ version, resources }],
})

/** ConfigMaps, Namespaces, Sandboxes and definitions of kinds. */
const discovery: Routes = {
  "GET /api": discoveryList([
    group("", "v1", [
      resource("configmaps", "ConfigMap", { shortNames: ["cm"] }),
      resource("namespaces", "Namespace", { scope: "Cluster", shortNames: ["ns"] }),
    ]),
  ]),
  "GET /apis": discoveryList([
    group("apiextensions.k8s.io", "v1", [
      resource("customresourcedefinitions", "CustomResourceDefinition", {
        scope: "Cluster",
        shortNames: ["crd"],
      }),
    ]),
    group("compute.miren.dev", "v1alpha1", [
      resource("sandboxes", "Sandbox", { shortNames: ["sb"], categories: ["miren", "all"] }),
    ]),
  ]),
}
