/**
 * A watch whose objects only a converter can show: events wait in order while it is asked, and go out as one write a turn.
 *
 * Guarantees: events, bookmarks and the end keep their order; what waits counts as pending, so a slow converter ends the
 * watch as a slow peer does; what cannot be converted ends it with an ERROR event.
 */
import type { ResponseSink } from "../exchange.ts"
import type { Resource, ResourceVersion } from "../resource.ts"
import { failure, StatusError } from "../status-error.ts"
import type { CachedObject } from "../watch-cache/cached-object.ts"
import { ensureViews } from "../watch-cache/conversion.ts"
import { type EventFormat, type EventType, frame } from "../watch-cache/event-format.ts"

type Waiting =
  | { readonly event: EventType; readonly object: CachedObject }
  | { readonly event: undefined; readonly frame: Uint8Array }

/** Stands in a chunk for an event that waits. */
const marker: ReadonlyArray<Uint8Array> = [new Uint8Array()]

/** Events converted in one go. */
const batchMax = 256

const sizeOf = (waiting: Waiting): number =>
  waiting.event === undefined ? waiting.frame.length : waiting.object.bytes.length

export interface ConvertingWatchOptions {
  readonly sink: ResponseSink
  readonly format: EventFormat
  readonly version: ResourceVersion
  readonly resource: Resource
}

export class ConvertingWatch implements ResponseSink {
  readonly #options: ConvertingWatchOptions
  #waiting: Waiting[] = []
  #bytes = 0
  #state: "open" | "ending" | "ended" = "open"
  #pump: Promise<void> | undefined
  #drainers: Array<() => void> = []
  #onFailed: () => void = () => {}

  constructor(options: ConvertingWatchOptions) {
    this.#options = options
  }

  /** Called once something could not be converted: nothing is sent any more. */
  onFailed(end: () => void): void {
    this.#onFailed = end
  }

  /** What the watcher is to be opened with, beside this as its sink. */
  get format(): EventFormat {
    const { format } = this.#options
    return {
      id: undefined,
      event: (event, object) => {
        this.#push({ event, object })
        return marker
      },
      bookmark: (revision, end) => format.bookmark(revision, end),
    }
  }

  get pending(): number {
    return this.#bytes + this.#options.sink.pending
  }

  head(status: number, headers: { readonly [name: string]: string }): void {
    this.#options.sink.head(status, headers)
  }

  write(chunk: Uint8Array): boolean {
    if (chunk.length > 0) this.#push({ event: undefined, frame: chunk })
    return this.pending === 0
  }

  async drained(): Promise<void> {
    if (this.#waiting.length > 0) await new Promise<void>((resolve) => this.#drainers.push(resolve))
    await this.#options.sink.drained()
  }

  end(chunk?: Uint8Array): void {
    if (this.#state !== "open") return
    if (chunk !== undefined) this.write(chunk)
    this.#state = "ending"
    this.#start()
  }

  #push(waiting: Waiting): void {
    if (this.#state !== "open") return
    this.#waiting.push(waiting)
    this.#bytes += sizeOf(waiting)
    this.#start()
  }

  #start(): void {
    this.#pump ??= this.#run().finally(() => {
      this.#pump = undefined
    })
  }

  async #run(): Promise<void> {
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchMax)
      try {
        await this.#send(batch)
      } catch (error) {
        this.#fail(error)
        return
      }
      for (const sent of batch) this.#bytes -= sizeOf(sent)
    }
    for (const resolve of this.#drainers.splice(0)) resolve()
    if (this.#state === "ending") this.#finish(undefined)
  }

  async #send(batch: ReadonlyArray<Waiting>): Promise<void> {
    const { sink, format, version, resource } = this.#options
    const objects = batch.flatMap((waiting) => (waiting.event === undefined ? [] : [waiting.object]))
    await ensureViews(objects, version, resource)
    const pieces = batch.flatMap((waiting) =>
      waiting.event === undefined ? [waiting.frame] : format.event(waiting.event, waiting.object),
    )
    sink.write(Buffer.concat(pieces))
  }

  #fail(error: unknown): void {
    const known = error instanceof StatusError ? error : failure("InternalError", "Internal error occurred")
    this.#waiting = []
    this.#bytes = 0
    for (const resolve of this.#drainers.splice(0)) resolve()
    this.#finish(frame("ERROR", known.status))
    this.#onFailed()
  }

  #finish(last: Uint8Array | undefined): void {
    if (this.#state === "ended") return
    this.#state = "ended"
    this.#options.sink.end(last)
  }
}
