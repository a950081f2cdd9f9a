/**
 * A server that misbehaves in one way at a time, as a test says, in front of one that does not. Counts the lists and watches that
 * it was asked for.
 */
import type { Transport, TransportRequest, TransportResponse } from "../../client/index.ts"

/** What goes wrong from now on; what is open already goes wrong too. */
export type Fault =
  | "none"
  /** Nothing is answered, and what is open breaks. */
  | "dead"
  /** Nothing is answered, and what is open is silent: nobody closes anything. */
  | "hung"
  /** Lists and watches are refused with this code. */
  | { readonly code: 410 | 429 | 500 | 503 }
  /** A watch says ERROR with this code after its first event. */
  | { readonly errorEvent: 410 | 500 }
  /** A watch ends in the middle of a line. */
  | "truncated"
  | "duplicated"
  /** Events come in pairs, the later first, and old ones come again. */
  | "reordered"
  /** A watch ends cleanly with each event. */
  | "closing"

const reasons = { 410: "Expired", 429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable" }

const status = (code: keyof typeof reasons) => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  reason: reasons[code],
  message: `misbehaving: ${code}`,
  code,
})

const answer = (code: number, body: object): TransportResponse => ({
  status: code,
  headers: code === 429 ? { "retry-after": "1" } : {},
  body: (async function* () {
    yield Buffer.from(JSON.stringify(body))
  })(),
})

const untilAborted = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true })
  })

/** Whole lines of a body, without their newline. */
const linesOf = async function* (body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = ""
  for await (const chunk of body) {
    const lines = (rest + Buffer.from(chunk).toString("utf8")).split("\n")
    rest = lines.pop() ?? ""
    yield* lines
  }
}

export const misbehavingTransport = (inner: Transport) => {
  let fault: Fault = "none"
  let changed = Promise.withResolvers<void>()
  const asked = { lists: 0, watches: 0, delivered: 0 }

  /** Rejects once nothing more may be answered: at once where that is so. */
  const broken = async (signal: AbortSignal | undefined): Promise<never> => {
    for (;;) {
      if (fault === "dead") throw new Error("connection reset")
      if (fault === "hung") await untilAborted(signal)
      await changed.promise
    }
  }

  const badLines = (line: string, held: Array<string>): ReadonlyArray<string> | "end" => {
    if (fault === "none" || fault === "dead" || fault === "hung" || "code" in Object(fault)) return [line]
    if (fault === "duplicated") return [line, line]
    if (fault === "reordered") {
      held.push(line)
      if (held.length % 2 === 1) return []
      const [first = "", second = ""] = held.slice(-2)
      return [second, first, ...(held.length > 4 ? held.slice(-4, -2) : [])]
    }
    return "end"
  }

  const watchBody = async function* (
    body: AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array> {
    const lines = linesOf(body)
    const held: Array<string> = []
    try {
      for (;;) {
        const next = await Promise.race([lines.next(), broken(signal)])
        if (next.done === true) return
        const line = next.value
        const bad = badLines(line, held)
        asked.delivered += 1
        if (bad !== "end") {
          for (const each of bad) yield Buffer.from(`${each}\n`)
          continue
        }
        if (fault === "truncated") {
          yield Buffer.from(line.slice(0, Math.ceil(line.length / 2)))
          return
        }
        yield Buffer.from(`${line}\n`)
        if (typeof fault === "object" && "errorEvent" in fault) {
          yield Buffer.from(`${JSON.stringify({ type: "ERROR", object: status(fault.errorEvent) })}\n`)
        }
        return
      }
    } finally {
      void lines.return(undefined)
    }
  }

  const request = async (sent: TransportRequest): Promise<TransportResponse> => {
    const isWatch = sent.path.includes("watch=true")
    if (sent.method === "GET" && isWatch) asked.watches += 1
    else if (sent.method === "GET" && !sent.path.includes("continue=")) asked.lists += 1
    if (fault === "dead" || fault === "hung") return broken(sent.signal)
    if (typeof fault === "object" && "code" in fault && (fault.code !== 410 || isWatch)) {
      return answer(fault.code, status(fault.code))
    }
    const response = await inner.request(sent)
    return isWatch && response.status === 200
      ? { ...response, body: watchBody(response.body, sent.signal) }
      : response
  }

  return {
    transport: { request } satisfies Transport,
    asked,
    set: (next: Fault) => {
      fault = next
      changed.resolve()
      changed = Promise.withResolvers()
    },
  }
}
