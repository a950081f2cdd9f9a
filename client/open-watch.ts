/** A watch response as a Stream of events, in the batches in which they came. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { JsonObject, Kind, KubeObject } from "../schemas/index.ts"
import type { ApiError } from "./api-error.ts"
import type { WatchEvent } from "./client.ts"
import { operationOf } from "./exchange.ts"
import { asApiError, readError } from "./response.ts"
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts"
import { type DecodedEvent, WatchDecoder } from "./watch-decoder.ts"
import { asObject } from "./wire-object.ts"

/** Opens a GET whose body is read as it comes; the response is aborted when the Scope closes. */
const openStream = Effect.fnUntraced(function* (
  transport: Transport,
  request: { readonly path: string; readonly headers: TransportRequest["headers"] },
) {
  const operation = operationOf({ method: "GET", path: request.path })
  const exchange = yield* Effect.acquireRelease(
    Effect.sync(() => new AbortController()),
    (controller) => Effect.sync(() => controller.abort()),
  )
  const response: TransportResponse = yield* Effect.tryPromise({
    try: () => transport.request({ method: "GET", ...request, signal: exchange.signal }),
    catch: (cause) => asApiError(operation, cause),
  })
  if (response.status === 200) return response
  return yield* Effect.flatMap(
    Effect.tryPromise({
      try: () => readError(operation, response),
      catch: (cause) => asApiError(operation, cause),
    }),
    Effect.fail,
  )
})

/** The next events: at least one, or undefined when there are no more. */
const nextEvents = async <T>(
  chunks: AsyncIterator<Uint8Array>,
  decoder: WatchDecoder<T>,
): Promise<ReadonlyArray<DecodedEvent<T>> | undefined> => {
  for (;;) {
    if (decoder.failure !== undefined) throw decoder.failure
    const chunk = await chunks.next()
    if (chunk.done === true) {
      decoder.end()
      if (decoder.failure !== undefined) throw decoder.failure
      return undefined
    }
    const events = decoder.push(chunk.value)
    if (events.length > 0) return events
  }
}

const isNonEmpty = <A>(values: ReadonlyArray<A>): values is readonly [A, ...Array<A>] => values.length > 0

interface StreamRequest {
  readonly path: string
  readonly headers: TransportRequest["headers"]
}

const decodeWatch = <T>(
  transport: Transport,
  request: StreamRequest,
  parse: (object: JsonObject, operation: string) => T,
): Stream.Stream<DecodedEvent<T>, ApiError> => {
  const operation = operationOf({ method: "WATCH", path: request.path })
  return Stream.unwrap(
    Effect.map(openStream(transport, request), (response) => {
      const chunks = response.body[Symbol.asyncIterator]()
      const decoder = new WatchDecoder<T>({ parse: (object) => parse(object, operation), operation })
      const pull = Effect.flatMap(
        Effect.tryPromise({
          try: () => nextEvents(chunks, decoder),
          catch: (cause) => asApiError(operation, cause),
        }),
        (events) => (events !== undefined && isNonEmpty(events) ? Effect.succeed(events) : Cause.done()),
      )
      return Stream.fromPull(Effect.succeed(pull))
    }),
  )
}

/** Events of objects of a kind. */
export const openWatch = <T extends KubeObject>(
  transport: Transport,
  kind: Kind<T>,
  request: StreamRequest,
): Stream.Stream<WatchEvent<T>, ApiError> =>
  decodeWatch(transport, request, (object, operation) => asObject(kind, object, operation))

/** Events of whatever the path and the Accept header ask for: Tables, above all. */
export const watchDocuments = (
  transport: Transport,
  request: StreamRequest,
): Stream.Stream<DecodedEvent<JsonObject>, ApiError> => decodeWatch(transport, request, (object) => object)

/** The bytes of a response as they come: logs, above all. */
export const streamBytes = (
  transport: Transport,
  path: string,
  headers: TransportRequest["headers"] = {},
): Stream.Stream<Uint8Array, ApiError> => {
  const operation = operationOf({ method: "GET", path })
  return Stream.unwrap(
    Effect.map(openStream(transport, { path, headers: { accept: "*/*", ...headers } }), (response) =>
      Stream.fromAsyncIterable(response.body, (cause) => asApiError(operation, cause)),
    ),
  )
}
