/** A node response (HTTP/1.1 or HTTP/2) as a ResponseSink. */
import type { ResponseSink } from "../exchange.ts"
import { untilDrained } from "../wire/drained.ts"

/** What a ServerResponse and an Http2ServerResponse have in common. */
export interface NodeResponse {
  statusCode: number
  readonly writableLength: number
  /** Of HTTP/2: its buffered bytes are counted on the stream. */
  readonly stream?: { readonly writableLength: number } | undefined
  setHeader(name: string, value: string): unknown
  flushHeaders?(): void
  write(chunk: Uint8Array): boolean
  end(chunk?: Uint8Array): unknown
  on(event: "close" | "drain" | "error", listener: () => void): unknown
  off(event: "close" | "drain" | "error", listener: () => void): unknown
}

type Stage = "waiting" | "headed" | "streaming" | "ended"

/** Headers that HTTP/2 does not know. */
const connectionHeaders: ReadonlySet<string> = new Set([
  "connection",
  "transfer-encoding",
  "keep-alive",
  "upgrade",
])

export class ResponseAdapter implements ResponseSink {
  readonly #response: NodeResponse
  #stage: Stage = "waiting"

  constructor(response: NodeResponse) {
    this.#response = response
    response.on("error", () => {})
  }

  /** Runs when the peer is gone before the answer was complete. */
  onGone(gone: () => void): void {
    this.#response.on("close", () => {
      if (this.#stage === "ended") return
      this.#stage = "ended"
      gone()
    })
  }

  /** Whether the head went out before anything of the body was there: a watch or a log. */
  get streaming(): boolean {
    return this.#stage === "streaming"
  }

  get ended(): boolean {
    return this.#stage === "ended"
  }

  get pending(): number {
    return this.#response.stream?.writableLength ?? this.#response.writableLength
  }

  /** A body that follows in the same turn travels in the same packet; otherwise the head goes out alone. */
  head(status: number, headers: { readonly [name: string]: string }): void {
    if (this.#stage !== "waiting") return
    this.#stage = "headed"
    const response = this.#response
    response.statusCode = status
    const two = "stream" in response
    for (const [name, value] of Object.entries(headers)) {
      if (!two || !connectionHeaders.has(name)) response.setHeader(name, value)
    }
    process.nextTick(() => {
      if (this.#stage !== "headed") return
      this.#stage = "streaming"
      response.flushHeaders?.()
    })
  }

  write(chunk: Uint8Array): boolean {
    if (this.#stage === "ended" || this.#stage === "waiting") return false
    return this.#response.write(chunk)
  }

  /** What node counts as written it has handed on, in a copy: encrypted. */
  lend(chunk: Uint8Array): boolean {
    return this.write(chunk)
  }

  drained(): Promise<void> {
    const response = this.#response
    if (this.#stage === "ended" || this.pending === 0) return Promise.resolve()
    return untilDrained(response)
  }

  end(chunk?: Uint8Array): void {
    if (this.#stage === "ended") return
    this.#stage = "ended"
    const response = this.#response
    if (chunk === undefined) response.end()
    else response.end(chunk)
  }
}
