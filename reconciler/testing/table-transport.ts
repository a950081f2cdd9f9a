/**
 * A server that lists what it is told to, keeps every watch open, and lets a test say what they send and when: for what a
 * controller does with late, early and missing events. Writes are accepted, kept, and given the next version.
 */
import type { Transport, TransportRequest, TransportResponse } from "../../client/index.ts"
import type { JsonObject } from "../../schemas/index.ts"
import type { Answer } from "./scripted-transport.ts"
import { list } from "./scripted-transport.ts"

/** Chunks that a test sends later, to one reader. */
const channel = () => {
  const chunks: Array<string> = []
  let wake = () => {}
  const read = async function* (signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift()) yield Buffer.from(chunk)
      await new Promise<void>((resolve, reject) => {
        wake = resolve
        signal?.addEventListener("abort", () => reject(new Error("aborted")))
      })
    }
  }
  const send = (chunk: string) => {
    chunks.push(chunk)
    wake()
  }
  return { read, send }
}

const answered = (body: JsonObject): TransportResponse => ({
  status: 200,
  headers: {},
  body: (async function* () {
    yield Buffer.from(JSON.stringify(body))
  })(),
})

/** The plural of a path: after the version, or after the namespace's name. */
const resourceOf = (path: string): string => {
  const [, plural = ""] = /\/v1\/(?:namespaces\/[^/]+\/)?([a-z]+)/.exec(path) ?? []
  return plural
}

/** Resources that are named have their lists; `parts` are empty otherwise; any other is never answered. */
export const tableTransport = (lists: { readonly [resource: string]: Answer }) => {
  const tables = new Map(Object.entries({ parts: list([], { resourceVersion: "10" }), ...lists }))
  const waiting = new Map<string, (answer: Answer) => void>()
  const channels = new Map<string, ReturnType<typeof channel>>()
  const written: Array<{ readonly resource: string; readonly body: JsonObject; readonly cause: string }> = []
  let version = 14

  const channelOf = (resource: string) => {
    const found = channels.get(resource) ?? channel()
    channels.set(resource, found)
    return found
  }

  const read = async (request: TransportRequest, resource: string): Promise<TransportResponse> => {
    if (request.path.includes("watch=true")) {
      return { status: 200, headers: {}, body: channelOf(resource).read(request.signal) }
    }
    const table = tables.get(resource)
    if (table !== undefined) return table(request)
    const answer = await new Promise<Answer>((resolve) => waiting.set(resource, resolve))
    return answer(request)
  }

  const transport: Transport = {
    request: async (request) => {
      const resource = resourceOf(request.path)
      if (request.method === "GET") return read(request, resource)
      const body: JsonObject = JSON.parse(Buffer.from(request.body ?? []).toString())
      written.push({ resource, body, cause: request.headers["miren-cause"] ?? "" })
      version += 1
      const metadata = typeof body.metadata === "object" ? body.metadata : {}
      return answered({
        ...body,
        metadata: { ...(metadata as JsonObject), resourceVersion: String(version) },
      })
    },
  }

  return {
    transport,
    /** Answers a resource that had no list until now. */
    serve: (resource: string, answer: Answer) => {
      tables.set(resource, answer)
      waiting.get(resource)?.(answer)
    },
    send: (resource: string, ...lines: ReadonlyArray<string>) => channelOf(resource).send(lines.join("")),
    writes: (resource: string) =>
      written.filter((write) => write.resource === resource).map(({ body }) => body),
    causes: () => written.filter(({ resource }) => resource !== "events").map(({ cause }) => cause),
  }
}
