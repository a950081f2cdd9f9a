/** One request answered by a server in this process, to its very end. */
import { setTimeout as pause, setImmediate as turn } from "node:timers/promises"
import type { ApiServer, ResponseSink } from "../../apiserver/index.ts"
import type { FuzzClock } from "./clock.ts"
import { admin, type FuzzRequest } from "./request.ts"

export interface Answer {
  /** 0 when there was none. */
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: Buffer
  /** Whether the client went away from an answer that would not have ended: a watch, a log. */
  readonly left: boolean
  /** CPU of this thread, in milliseconds. */
  readonly cpuMs: number
}

/** A request that did not come to its end: the oracle's word for it. */
export class Endless extends Error {
  override readonly name = "Endless"
}

class Collector implements ResponseSink {
  readonly chunks: Uint8Array[] = []
  status = 0
  headers: { readonly [name: string]: string } = {}
  ended = false
  readonly pending = 0

  head(status: number, headers: { readonly [name: string]: string }): void {
    this.status = status
    this.headers = headers
  }

  write(chunk: Uint8Array): boolean {
    // Bytes that a server shares may be written once more: what the client has seen is what they were then.
    if (!this.ended) this.chunks.push(Buffer.from(chunk))
    return true
  }

  drained(): Promise<void> {
    return Promise.resolve()
  }

  end(chunk?: Uint8Array): void {
    if (chunk !== undefined) this.write(chunk)
    this.ended = true
  }
}

/** Turns without news after which a client leaves a stream. */
const quietTurns = 4
/** Time that passes for a request that waits, in all at most. */
const patienceMs = 120_000
const stepMs = 500
/** Other threads are as slow as the machine is. */
const realPatienceMs = 20_000

const isStream = (url: string): boolean => /watch|follow/.test(url)

/** Until it is settled: turns of the loop, then time. Says how it went. */
const drive = async (
  state: { readonly settled: () => boolean; readonly news: () => number },
  clock: FuzzClock,
  stream: boolean,
): Promise<"settled" | "quiet" | "endless"> => {
  let seen = -1
  let quiet = 0
  let passed = 0
  const started = performance.now()
  for (let turns = 0; !state.settled(); turns++) {
    await turn()
    if (state.settled()) break
    const news = state.news()
    quiet = news === seen ? quiet + 1 : 0
    seen = news
    if (stream && news > 0 && quiet >= quietTurns) return "quiet"
    if (turns < 8) continue
    // Work of other threads (signatures, compression) needs real time.
    if (turns % 4 === 0) await pause(1)
    if (passed < patienceMs) clock.advance(stepMs)
    passed += stepMs
    if (passed > patienceMs && performance.now() - started > realPatienceMs) return "endless"
  }
  return "settled"
}

/** Fails with `Endless`. */
export const exchange = async (
  server: ApiServer,
  clock: FuzzClock,
  { method, url, headers, body, user = admin }: FuzzRequest,
): Promise<Answer> => {
  const abort = new AbortController()
  const sink = new Collector()
  let settled = false
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const before = process.threadCpuUsage()
  const request = { method, url, headers: lower, body, user, signal: abort.signal }
  const done = server.handle(request, sink).then(() => {
    settled = true
  })
  const state = { settled: () => settled, news: () => sink.chunks.length + (sink.status === 0 ? 0 : 1) }
  const went = await drive(state, clock, isStream(url))
  if (went === "quiet") {
    abort.abort()
    if ((await drive(state, clock, false)) !== "settled")
      throw new Endless("a stream whose client has left goes on")
  } else if (went === "endless") {
    abort.abort()
    throw new Endless(`not answered within ${patienceMs / 1000} s`)
  }
  await done
  if (went === "settled" && !sink.ended) throw new Endless("the handler is done, and the answer has no end")
  const { user: own, system } = process.threadCpuUsage(before)
  return {
    status: sink.status,
    headers: sink.headers,
    body: Buffer.concat(sink.chunks),
    left: went === "quiet",
    cpuMs: (own + system) / 1000,
  }
}
