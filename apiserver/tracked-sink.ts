/** A sink that remembers what was answered. */
import type { ResponseSink } from "./exchange.ts"

export class TrackedSink implements ResponseSink {
  readonly #sink: ResponseSink
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

  head(status: number, headers: { readonly [name: string]: string }): void {
    if (this.#status !== undefined) return
    this.#status = status
    this.#sink.head(status, headers)
  }

  write(chunk: Uint8Array): boolean {
    return this.#ended ? false : this.#sink.write(chunk)
  }

  drained(): Promise<void> {
    return this.#sink.drained()
  }

  end(chunk?: Uint8Array): void {
    if (this.#ended) return
    this.#ended = true
    this.#sink.end(chunk)
  }
}
