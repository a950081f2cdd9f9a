/** One write: sent with its cause, and told to whoever wants to know, answered or not. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { JsonObject } from "../schemas/index.ts"
import type { ApiError } from "./api-error.ts"
import { type Call, exchangeWrite } from "./exchange.ts"
import type { Transport, TransportRequest } from "./transport.ts"
import { type Unanswered, WriteContext, type Written } from "./write-context.ts"

export interface Write<A> extends Unanswered {
  readonly call: Call
  readonly headers: TransportRequest["headers"]
  /** May throw an ApiError. */
  readonly parse: (answer: JsonObject, operation: string) => A
  /** What the answer says was written. */
  readonly written: (answer: A) => Pick<Written, "key" | "object" | "removedUid">
  /** The context hears nothing of it. */
  readonly dryRun?: boolean | undefined
}

/** Whether the server may have done what it did not confirm. */
const isUnanswered = (cause: Cause.Cause<ApiError>): boolean =>
  cause.reasons.some(
    (reason) =>
      !Cause.isFailReason(reason) ||
      (reason.error.class === "retry" && reason.error.reason !== "TooManyRequests"),
  )

export const sendWrite = <A>(transport: Transport, write: Write<A>): Effect.Effect<A, ApiError> => {
  const sent = exchangeWrite(transport, write)
  if (write.dryRun === true) return sent
  const { verb, kind, key } = write
  return sent.pipe(
    Effect.onError((cause) =>
      isUnanswered(cause)
        ? Effect.map(WriteContext, ({ onUnanswered }) => onUnanswered?.({ verb, kind, key }))
        : Effect.void,
    ),
    Effect.tap((answer) =>
      Effect.map(WriteContext, ({ onWritten }) => onWritten?.({ verb, kind, ...write.written(answer) })),
    ),
  )
}
