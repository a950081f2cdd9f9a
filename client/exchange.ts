/** One request and its JSON answer as an Effect: interruption aborts it, every failure is an {@link ApiError}. */
import * as Effect from "effect/Effect"
import type { JsonObject } from "../schemas/index.ts"
import type { ApiError } from "./api-error.ts"
import { asApiError, readJson } from "./response.ts"
import type { Transport, TransportRequest } from "./transport.ts"
import { causeHeader, WriteContext } from "./write-context.ts"
import { passFence } from "./write-fence.ts"

export interface Call {
  readonly method: TransportRequest["method"]
  readonly path: string
  readonly body?: JsonObject | ReadonlyArray<JsonObject>
  readonly contentType?: string
}

/** Method and path without its query: selectors and tokens do not belong in error texts. */
export const operationOf = (call: { readonly method: string; readonly path: string }): string => {
  const query = call.path.indexOf("?")
  return `${call.method} ${query === -1 ? call.path : call.path.slice(0, query)}`
}

const encode = (call: Call, headers: TransportRequest["headers"]): TransportRequest => {
  if (call.body === undefined) return { method: call.method, path: call.path, headers }
  return {
    method: call.method,
    path: call.path,
    headers: { ...headers, "content-type": call.contentType ?? "application/json" },
    body: Buffer.from(JSON.stringify(call.body)),
  }
}

export interface Exchange<A> {
  readonly call: Call
  readonly headers: TransportRequest["headers"]
  /** May throw an ApiError. */
  readonly parse: (answer: JsonObject, operation: string) => A
}

export const exchange = <A>(transport: Transport, request: Exchange<A>): Effect.Effect<A, ApiError> => {
  const { call, headers, parse } = request
  const operation = operationOf(call)
  return Effect.tryPromise({
    try: async (signal) => {
      const response = await transport.request({ ...encode(call, headers), signal })
      return parse(await readJson(operation, response), operation)
    },
    catch: (cause) => asApiError(operation, cause),
  })
}

/** The same for a write: says its cause to the server, and is not sent past a fence. */
export const exchangeWrite = <A>(transport: Transport, request: Exchange<A>): Effect.Effect<A, ApiError> =>
  Effect.andThen(
    passFence(operationOf(request.call)),
    Effect.flatMap(WriteContext, ({ cause }) =>
      exchange(
        transport,
        cause === undefined ? request : { ...request, headers: { ...request.headers, [causeHeader]: cause } },
      ),
    ),
  )

/** The JSON that a path answers, in the form that the Accept header asks for: Tables, discovery, OpenAPI. */
export const requestJson = (
  transport: Transport,
  call: Call,
  headers: TransportRequest["headers"] = { accept: "application/json" },
): Effect.Effect<JsonObject, ApiError> =>
  call.method === "GET"
    ? exchange(transport, { call, headers, parse: (answer) => answer })
    : exchangeWrite(transport, { call, headers, parse: (answer) => answer })
