/** The bytes of a watch response as events of one kind. Plain and synchronous: this runs once per event of everything. */
import type { JsonObject } from "../schemas/index.ts"
import type { ApiError } from "./api-error.ts"
import { maxWatchLineBytes } from "./limits.ts"
import { LineSplitter } from "./line-splitter.ts"
import { asApiError, isJsonObject, noAnswer, parseStatus, statusError } from "./response.ts"

const initialEventsEnd = "k8s.io/initial-events-end"

/** 410 on a watch means one thing, whichever reason it is given: list again. */
const errorOf = (operation: string, object: JsonObject): ApiError => {
  const status = parseStatus(object)
  if (status === undefined) return noAnswer(operation, "the watch sent an ERROR event without a Status")
  return statusError(operation, status.code === 410 ? { ...status, reason: "Expired" } : status)
}

/** A WatchEvent of anything: objects of a kind, or the Tables that a server makes of them. */
export type DecodedEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string; readonly initialEventsEnd: boolean }

export interface WatchDecoderOptions<T> {
  /** Of an event's object; may throw an ApiError. */
  readonly parse: (object: JsonObject) => T
  readonly operation: string
  readonly maxLineBytes?: number
}

/**
 * Guarantees: events come out in order and exactly as sent; the first thing that is not an event ends the watch as
 * `failure`, after the events before it; nothing is skipped.
 */
export class WatchDecoder<T> {
  readonly #parse: (object: JsonObject) => T
  readonly #operation: string
  readonly #lines: LineSplitter
  /** Why no more events will come. */
  failure: ApiError | undefined = undefined

  constructor(options: WatchDecoderOptions<T>) {
    this.#parse = options.parse
    this.#operation = options.operation
    this.#lines = new LineSplitter(options.maxLineBytes ?? maxWatchLineBytes)
  }

  push(chunk: Uint8Array): Array<DecodedEvent<T>> {
    const events: Array<DecodedEvent<T>> = []
    if (this.failure !== undefined) return events
    try {
      for (const line of this.#lines.push(chunk)) events.push(this.#decode(line))
    } catch (cause) {
      this.failure = asApiError(this.#operation, cause)
    }
    return events
  }

  /** To be told when the response has ended: a line cut short is a broken connection. */
  end(): void {
    if (this.#lines.pendingBytes > 0) {
      this.failure ??= noAnswer(this.#operation, "the watch ended in the middle of an event")
    }
  }

  #decode(line: string): DecodedEvent<T> {
    const event: unknown = JSON.parse(line)
    if (!isJsonObject(event)) throw noAnswer(this.#operation, "the watch sent something that is not an event")
    const { type, object } = event
    if (!isJsonObject(object)) throw noAnswer(this.#operation, "the watch sent an event without an object")
    switch (type) {
      case "ADDED":
      case "MODIFIED":
      case "DELETED":
        return { type, object: this.#parse(object) }
      case "BOOKMARK":
        return this.#bookmark(object)
      case "ERROR":
        throw errorOf(this.#operation, object)
      default:
        throw noAnswer(this.#operation, "the watch sent an event of an unknown type")
    }
  }

  #bookmark(object: JsonObject): DecodedEvent<T> {
    const metadata = isJsonObject(object.metadata) ? object.metadata : {}
    const { resourceVersion, annotations } = metadata
    if (typeof resourceVersion !== "string") {
      throw noAnswer(this.#operation, "the watch sent a bookmark without a resourceVersion")
    }
    return {
      type: "BOOKMARK",
      resourceVersion,
      initialEventsEnd: isJsonObject(annotations) && annotations[initialEventsEnd] === "true",
    }
  }
}
