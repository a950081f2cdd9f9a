/**
 * A watch whose objects only a converter can show: events wait in order while it is asked, and go out as one write a turn.
 *
 * Guarantees: events, bookmarks and the end keep their order; what waits counts as pending, so a slow converter ends the
 * watch as a slow peer does; what cannot be converted ends it with an ERROR event.
 */
import type { ResponseSink } from "../exchange.ts"
import type { MutableObject } from "../machinery.ts"
import { decodeDocument, restamped } from "../registry/document.ts"
import type { Resource, ResourceVersion } from "../resource.ts"
import { failure, StatusError } from "../status-error.ts"
import { bytesIn, type CachedObject } from "../watch-cache/cached-object.ts"
import { ensureViews } from "../watch-cache/conversion.ts"
import { type EventFormat, type EventType, frame } from "../watch-cache/event-format.ts"
import type { Selection } from "../watch-cache/selection.ts"

interface WaitingEvent {
  readonly event: EventType
  readonly object: CachedObject
  readonly previous: CachedObject | undefined
}

interface WaitingFrame {
  readonly event: undefined
  readonly frame: Uint8Array
}

type Waiting = WaitingEvent | WaitingFrame

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
  #selects: ((document: MutableObject) => boolean) | undefined

  constructor(options: ConvertingWatchOptions) {
    this.#options = options
  }

  /** Called once something could not be converted: nothing is sent any more. */
  onFailed(end: () => void): void {
    this.#onFailed = end
  }

  /** Narrows what is told to objects that are selected as converted. */
  select({ converted }: Selection): void {
    this.#selects = converted
  }

  /** What the watcher is to be opened with, beside this as its sink. */
  get format(): EventFormat {
    const { format } = this.#options
    return {
      id: undefined,
      cost: format.cost,
      event: (event, object, previous) => {
        this.#push({ event, object, previous })
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
    const { sink, format } = this.#options
    await this.#ensure(batch.flatMap((waiting) => (waiting.event === undefined ? [] : [waiting.object])))
    const told = await this.#told(batch)
    const pieces: Uint8Array[] = []
    let leftOut: CachedObject | undefined
    for (const waiting of told) {
      const sent =
        waiting.event === undefined
          ? [waiting.frame]
          : format.event(waiting.event, waiting.object, waiting.previous)
      leftOut = waiting.event !== undefined && sent.length === 0 ? waiting.object : undefined
      pieces.push(...sent)
    }
    // Only here is it known that an event was left out: who waits for its revision must hear of it.
    if (leftOut !== undefined && this.#waiting.length === 0)
      pieces.push(format.bookmark(leftOut.revision, false))
    if (pieces.length > 0) sink.write(Buffer.concat(pieces))
  }

  #ensure(objects: ReadonlyArray<CachedObject>): Promise<void> {
    const { version, resource } = this.#options
    return ensureViews(objects, version, resource)
  }

  /** The batch as the selection of converted objects sees it. */
  async #told(batch: ReadonlyArray<Waiting>): Promise<ReadonlyArray<Waiting>> {
    const selects = this.#selects
    if (selects === undefined && this.#options.format.comparesPrevious !== true) return batch
    await this.#ensure(
      batch.flatMap((waiting) =>
        waiting.event === undefined || waiting.previous === undefined ? [] : [waiting.previous],
      ),
    )
    if (selects === undefined) return batch
    const told = batch.flatMap((waiting): ReadonlyArray<Waiting> => {
      if (waiting.event === undefined) return [waiting]
      return this.#project(waiting, selects)
    })
    await this.#ensure(told.flatMap((waiting) => (waiting.event === undefined ? [] : [waiting.object])))
    return told
  }

  /** Entering is ADDED, leaving is DELETED, never inside is nothing. */
  #project(
    { event, object, previous }: WaitingEvent,
    selects: (document: MutableObject) => boolean,
  ): ReadonlyArray<Waiting> {
    const { version, resource } = this.#options
    const isIn = (one: CachedObject): boolean => selects(decodeDocument(bytesIn(one, version, resource)))
    const wasIn = event !== "ADDED" && previous !== undefined && isIn(previous)
    if (event !== "DELETED" && isIn(object))
      return [{ event: wasIn ? "MODIFIED" : "ADDED", object, previous }]
    if (!wasIn || previous === undefined) return []
    const bytes = restamped(previous.bytes, object.revision)
    return [{ event: "DELETED", object: { ...previous, revision: object.revision, bytes }, previous }]
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
