/**
 * A program's connection to the server: it takes time, and anything may go wrong on it. Start with {@link connect}.
 *
 * Guarantees: a dead program sends nothing and hears nothing; what it sent before its death arrives. Events of one watch come in
 * order; what is lost of a watch is lost together with all that follows.
 */
import type { Transport, TransportRequest, TransportResponse } from "../client/index.ts"
import type { CrashPoints } from "./crash-points.ts"
import type { Life } from "./life.ts"
import { delayMs, latencyMs, slowMs, slowShare, staleMs } from "./limits.ts"
import type { FaultName, Occasions, Struck } from "./occasions.ts"
import {
  isWrite,
  lineText,
  type RequestLine,
  requestLine,
  type WriteCause,
  writeCause,
} from "./request-line.ts"

export interface ConnectionOptions {
  readonly life: Life
  readonly through: Transport
  /** Absent: nothing goes wrong. */
  readonly faults?: { readonly occasions: Occasions; readonly points: CrashPoints }
  /** Told of each write that was answered. */
  readonly onWrite?: (write: AnsweredWrite) => void
}

export interface AnsweredWrite {
  readonly actor: string
  readonly line: RequestLine
  readonly cause: WriteCause | undefined
  readonly status: number
  /** The answer as it came. */
  readonly body: Uint8Array
}

const encoder = new TextEncoder()

/** What the dead wait for: one each, or all that they hold would be kept by the one. */
const never = (): Promise<never> => new Promise(() => {})

const latencyOf = (life: Life): number =>
  life.latency() < slowShare ? Math.ceil(life.latency() * slowMs) : 1 + Math.floor(life.latency() * latencyMs)

async function* oneChunk(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk
}

interface Refusal {
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly headers?: { readonly [name: string]: string }
}

const statusAnswer = ({ code, reason, message, headers = {} }: Refusal): TransportResponse => {
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code }
  return {
    status: code,
    headers: { "content-type": "application/json", ...headers },
    body: oneChunk(encoder.encode(JSON.stringify(status))),
  }
}

const refusals = [
  "refused",
  { code: 500, reason: "InternalError", message: "simulated: the store does not answer" },
  { code: 503, reason: "ServiceUnavailable", message: "simulated: shutting down" },
  {
    code: 429,
    reason: "TooManyRequests",
    message: "simulated: too many requests",
    headers: { "retry-after": "2" },
  },
] as const

const conflict: Refusal = {
  code: 409,
  reason: "Conflict",
  message: "simulated: the object has been modified",
}
const compacted: Refusal = {
  code: 410,
  reason: "Expired",
  message: "simulated: the revision has been compacted",
}

/** What is decided about one exchange before it begins. */
interface Fate {
  readonly answer?: Refusal | "refused"
  readonly crash?: "before" | "after"
  readonly isAnswerLost?: boolean
}

const spared: Fate = {}

const fateOf = ({ life, faults }: ConnectionOptions, request: TransportRequest, line: RequestLine): Fate => {
  if (faults === undefined) return spared
  const { occasions, points } = faults
  const strikes = (fault: FaultName): Struck | undefined =>
    occasions.strikes(fault, life.actor, () => lineText(line))
  const refusal = strikes("refusal")
  if (refusal !== undefined) return { answer: refusal.chance.of<Refusal | "refused">(refusals) }
  if (line.verb === "watch" && request.path.includes("resourceVersion=") && strikes("compaction")) {
    return { answer: compacted }
  }
  if (!isWrite(request)) return spared
  const point = points.write(life.actor, line, writeCause(request))
  const crash = strikes("crash")
  if (crash !== undefined) {
    points.strike(point)
    return { crash: crash.side ?? crash.chance.of(["before", "after"]) }
  }
  if ((request.method === "PUT" || request.method === "PATCH") && strikes("conflict"))
    return { answer: conflict }
  return strikes("lostAnswer") === undefined ? spared : { isAnswerLost: true }
}

/** Events as they reach the program: late, twice, held back, cut. */
async function* delivered(
  { life, faults }: ConnectionOptions,
  body: AsyncIterable<Uint8Array>,
  line: RequestLine,
): AsyncGenerator<Uint8Array> {
  const { time } = life
  const strikes = (fault: FaultName) => faults?.occasions.strikes(fault, life.actor, () => lineText(line))
  const stale = strikes("staleCache")
  const heldUntilMs = stale === undefined ? 0 : time.nowMs + 1 + stale.chance.below(staleMs)
  for await (const chunk of body) {
    const delay = strikes("delay")
    const dueMs = time.nowMs + latencyOf(life) + (delay === undefined ? 0 : delay.chance.below(delayMs))
    await time.sleep(Math.max(dueMs, heldUntilMs) - time.nowMs)
    if (!life.isAlive) await never()
    const dropped = strikes("droppedWatch")
    if (dropped !== undefined) {
      if (dropped.chance.strikes(0.5)) return
      yield chunk.subarray(0, dropped.chance.below(chunk.length))
      throw new Error("connection reset")
    }
    yield chunk
    if (strikes("duplicate") !== undefined) yield lastLine(chunk)
  }
}

const newline = 0x0a

/** Of whole lines the last; nothing where the chunk does not end with one. */
const lastLine = (chunk: Uint8Array): Uint8Array => {
  if (chunk.at(-1) !== newline) return chunk.subarray(0, 0)
  return chunk.subarray(chunk.lastIndexOf(newline, chunk.length - 2) + 1)
}

const gathered = async (body: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  for await (const chunk of body) chunks.push(chunk)
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}

const gone = new Error("the program is gone")

/** Forwards an exchange, whose end the program's death is only where nothing is written. */
const forward = async (
  { life, through }: ConnectionOptions,
  request: TransportRequest,
): Promise<TransportResponse> => {
  const { signal: asked, ...rest } = request
  const controller = new AbortController()
  const abort = () => controller.abort(gone)
  if (!isWrite(request)) life.atDeath(abort)
  if (asked?.aborted) abort()
  asked?.addEventListener("abort", abort, { once: true })
  return through.request({ ...rest, signal: controller.signal })
}

const exchange = async (
  options: ConnectionOptions,
  request: TransportRequest,
): Promise<TransportResponse> => {
  const { life, onWrite } = options
  const line = requestLine(request)
  const fate = fateOf(options, request, line)
  if (fate.crash === "before") {
    life.kill(`killed before it sends ${lineText(line)}`)
    return never()
  }
  await life.time.sleep(latencyOf(life))
  if (fate.answer === "refused") throw new Error("connection refused")
  if (fate.answer !== undefined) return statusAnswer(fate.answer)
  if (line.verb === "watch") {
    const response = await forward(options, request)
    return response.status === 200 ? { ...response, body: delivered(options, response.body, line) } : response
  }
  const response = await forward(options, request)
  const body = await gathered(response.body)
  if (isWrite(request)) {
    onWrite?.({ actor: life.actor, line, cause: writeCause(request), status: response.status, body })
  }
  if (fate.crash === "after") {
    life.kill(`killed before it hears of ${lineText(line)}`)
    return never()
  }
  await life.time.sleep(latencyOf(life))
  if (fate.isAnswerLost === true) throw new Error("connection reset")
  return { ...response, body: oneChunk(body) }
}

export const connect = (options: ConnectionOptions): Transport => ({
  request: (request) =>
    new Promise((resolve, reject) => {
      const { life } = options
      if (!life.isAlive) return
      const aborted = () => reject(new Error("the request was aborted"))
      request.signal?.addEventListener("abort", aborted, { once: true })
      const ifAlive =
        <A>(settle: (value: A) => void) =>
        (value: A) => {
          request.signal?.removeEventListener("abort", aborted)
          if (life.isAlive) settle(value)
        }
      exchange(options, request).then(ifAlive(resolve), ifAlive(reject))
    }),
})
