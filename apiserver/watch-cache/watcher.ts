/**
 * One open watch: a peer that is told every event of its selection in order, or is ended with a reason.
 *
 * It opens (current objects, then events of the window), joins a {@link WatchGroup} when it has caught up, and ends once:
 * at its timeout, when the peer or the server goes, or with a 410 ERROR event when it can not be served without a gap.
 */
import type { ResponseSink } from "../exchange.ts"
import { limits } from "../limits.ts"
import { failure, type StatusError } from "../status-error.ts"
import { type EventFormat, frame } from "./event-format.ts"
import type { Selection } from "./selection.ts"

export const tooOld = (why: string): StatusError => failure("Expired", why)

export class Watcher {
  readonly selection: Selection
  readonly format: EventFormat
  readonly bookmarks: boolean
  readonly #sink: ResponseSink
  readonly #ending: Array<() => void> = []
  #state: "open" | "ended" = "open"

  constructor(
    sink: ResponseSink,
    more: { readonly selection: Selection; readonly format: EventFormat; readonly bookmarks: boolean },
  ) {
    this.#sink = sink
    this.selection = more.selection
    this.format = more.format
    this.bookmarks = more.bookmarks
  }

  get ended(): boolean {
    return this.#state === "ended"
  }

  /** Runs once when the watch ends, whatever ends it. */
  onEnd(release: () => void): void {
    if (this.ended) release()
    else this.#ending.push(release)
  }

  /** Live events: a peer too far behind is ended with 410. */
  write(chunk: Uint8Array): void {
    if (this.ended) return
    if (this.#sink.pending > limits.watchPendingBytesMax) {
      this.expire("the watcher is too slow: it fell behind the events that are kept for it")
      return
    }
    this.#sink.write(chunk)
  }

  /** Opening events: written, and waited for when the peer is behind. */
  async stream(pieces: ReadonlyArray<Uint8Array>): Promise<void> {
    if (this.ended || pieces.length === 0) return
    this.#sink.write(Buffer.concat(pieces))
    if (this.#sink.pending > limits.streamAheadBytes) await this.#sink.drained()
  }

  bookmark(revision: bigint, initialEventsEnd = false): void {
    this.write(this.format.bookmark(revision, initialEventsEnd))
  }

  /** A clean end of the stream, without an event. */
  end(): void {
    this.#finish(undefined)
  }

  /** An ERROR event with 410 Expired, then the end: the client must list again. */
  expire(why: string): void {
    this.fail(tooOld(why))
  }

  fail(error: StatusError): void {
    this.#finish(frame("ERROR", error.status))
  }

  #finish(last: Uint8Array | undefined): void {
    if (this.ended) return
    this.#state = "ended"
    this.#sink.end(last)
    for (const release of this.#ending.splice(0)) release()
  }
}
