/**
 * The `Status` document and the one table of reasons.
 * `reason` is the key and the HTTP code is derived from it; never branch on the code.
 * Source: apimachinery's StatusReason: a reason maps to one code, a code to several reasons.
 */

/** What a caller should do about an error. */
export type ErrorClass = "settled" | "refresh" | "relist" | "retry" | "terminal"

/** Every reason with its HTTP code and its class. */
export const statusReasons = {
  BadRequest: { code: 400, class: "terminal" },
  Unauthorized: { code: 401, class: "terminal" },
  Forbidden: { code: 403, class: "terminal" },
  NotFound: { code: 404, class: "settled" },
  MethodNotAllowed: { code: 405, class: "terminal" },
  NotAcceptable: { code: 406, class: "terminal" },
  AlreadyExists: { code: 409, class: "refresh" },
  Conflict: { code: 409, class: "refresh" },
  Gone: { code: 410, class: "relist" },
  Expired: { code: 410, class: "relist" },
  RequestEntityTooLarge: { code: 413, class: "terminal" },
  UnsupportedMediaType: { code: 415, class: "terminal" },
  Invalid: { code: 422, class: "terminal" },
  TooManyRequests: { code: 429, class: "retry" },
  InternalError: { code: 500, class: "retry" },
  ServerTimeout: { code: 500, class: "retry" },
  ServiceUnavailable: { code: 503, class: "retry" },
  Timeout: { code: 504, class: "retry" },
} as const satisfies { readonly [reason: string]: { readonly code: number; readonly class: ErrorClass } }

export type StatusReason = keyof typeof statusReasons

export interface StatusCause {
  readonly reason: string
  readonly message: string
  readonly field?: string
}

export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: ReadonlyArray<StatusCause>
  readonly retryAfterSeconds?: number
}

/** The answer to every request that has no object to return, errors above all. */
export interface Status {
  readonly kind: "Status"
  readonly apiVersion: "v1"
  readonly metadata: { readonly continue?: string; readonly resourceVersion?: string }
  readonly status: "Success" | "Failure"
  readonly message?: string
  readonly reason?: StatusReason
  readonly details?: StatusDetails
  readonly code: number
}
