/** A sink that remembers what was answered, adds headers of the request's own, and lets others see what is sent. */
import type { ResponseSink } from "./exchange.ts"

/** Who sees a response as it is sent. */
export interface ResponseObserver {
  head(status: number, headers: { readonly [name: string]: string }): void
  /** The bytes are the sender's again when this returns: what is kept of them is copied. */
  chunk(bytes: Uint8Array): void
}

export class TrackedSink implements ResponseSink {
  readonly #sink: ResponseSink
  #headers: { readonly [name: string]: string } | undefined
  #observer: ResponseObserver | undefined
  #status: number | undefined
  #ended = false

  constructor(sink: ResponseSink) {
    this.#sink = sink
  }

  /** undefined while nothing was sent. */
  get status(): number | undefined {
    return this.#status
  }

  get pending(): number {
    return this.#sink.pending
  }

  /** Headers that go with whatever the answer is. */
  addHeaders(headers: { readonly [name: string]: string }): void {
    this.#headers = { ...this.#headers, ...headers }
  }

  observe(observer: ResponseObserver): void {
    this.#observer = observer
  }

  head(status: number, headers: { readonly [name: string]: string }): void {
    if (this.#status !== undefined) return
    this.#status = status
    this.#observer?.head(status, headers)
    this.#sink.head(status, this.#headers === undefined ? headers : { ...headers, ...this.#headers })
  }

  write(chunk: Uint8Array): boolean {
    if (this.#ended) return false
    this.#observer?.chunk(chunk)
    return this.#sink.write(chunk)
  }

  lend(chunk: Uint8Array): boolean {
    if (this.#ended) return false
    const sink = this.#sink
    if (sink.lend === undefined) return this.write(Buffer.from(chunk))
    this.#observer?.chunk(chunk)
    return sink.lend(chunk)
  }

  drained(): Promise<void> {
    return this.#sink.drained()
  }

  end(chunk?: Uint8Array): void {
    if (this.#ended) return
    this.#ended = true
    if (chunk !== undefined) this.#observer?.chunk(chunk)
    this.#sink.end(chunk)
  }
}
