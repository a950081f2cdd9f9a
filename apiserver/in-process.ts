/** The server's own door: requests without a port, answered through the same handler. Structurally a client Transport. */
import type { ApiRequest, ResponseSink, UserInfo } from "./exchange.ts"

export interface InProcessRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: string
  readonly headers: { readonly [name: string]: string }
  readonly body?: Uint8Array
  readonly signal?: AbortSignal
}

export interface InProcessResponse {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: AsyncIterable<Uint8Array>
}

export interface InProcessTransport {
  request(request: InProcessRequest): Promise<InProcessResponse>
}

export type Handle = (request: ApiRequest, sink: ResponseSink) => Promise<void>

/** Chunks between a handler that writes and a client that reads. */
class Pipe implements ResponseSink {
  readonly #chunks: Uint8Array[] = []
  readonly #answered: (response: InProcessResponse) => void
  readonly #abort: () => void
  #pending = 0
  #state: "open" | "ended" = "open"
  #wakeReader: () => void = () => {}
  #wakeWriters: Array<() => void> = []

  constructor(answered: (response: InProcessResponse) => void, abort: () => void) {
    this.#answered = answered
    this.#abort = abort
  }

  get pending(): number {
    return this.#pending
  }

  head(status: number, headers: { readonly [name: string]: string }): void {
    this.#answered({ status, headers, body: this.#read() })
  }

  write(chunk: Uint8Array): boolean {
    if (this.#state === "ended") return false
    this.#chunks.push(chunk)
    this.#pending += chunk.length
    this.#wakeReader()
    return this.#pending === chunk.length
  }

  drained(): Promise<void> {
    if (this.#pending === 0 || this.#state === "ended") return Promise.resolve()
    return new Promise((resolve) => this.#wakeWriters.push(resolve))
  }

  end(chunk?: Uint8Array): void {
    if (chunk !== undefined) this.write(chunk)
    this.#state = "ended"
    this.#wakeReader()
    this.#release()
  }

  /** The reader is gone. */
  cancel(): void {
    this.#chunks.length = 0
    this.#pending = 0
    this.end()
    this.#abort()
  }

  #release(): void {
    for (const wake of this.#wakeWriters.splice(0)) wake()
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift()
        if (chunk !== undefined) {
          this.#pending -= chunk.length
          if (this.#pending === 0) this.#release()
          yield chunk
        } else if (this.#state === "ended") return
        else {
          await new Promise<void>((resolve) => {
            this.#wakeReader = resolve
          })
        }
      }
    } finally {
      this.cancel()
    }
  }
}

const lowerCased = (headers: { readonly [name: string]: string }): { readonly [name: string]: string } =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

/** Why a handler is told to stop. One for all: making one for each answer costs more than the answer. */
const readerGone = new Error("the reader is gone")

/** A transport whose requests are this user's. */
export const inProcessTransport = (handle: Handle, user: UserInfo): InProcessTransport => ({
  request: (request) =>
    new Promise((resolve, reject) => {
      const controller = new AbortController()
      const pipe = new Pipe(resolve, () => controller.abort(readerGone))
      const aborted = (): void => {
        pipe.cancel()
        reject(new Error("the request was aborted"))
      }
      if (request.signal?.aborted) {
        aborted()
        return
      }
      request.signal?.addEventListener("abort", aborted, { once: true })
      const done = (): void => {
        request.signal?.removeEventListener("abort", aborted)
        reject(new Error("the server gave no answer"))
      }
      const { method, path: url } = request
      const headers = lowerCased(request.headers)
      const body = request.body ?? new Uint8Array()
      handle({ method, url, headers, body, user, signal: controller.signal }, pipe).then(done, done)
    }),
})
