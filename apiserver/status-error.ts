/** A Status that says no: the one error that request handling throws on purpose. */
import {
  type Status,
  type StatusCause,
  type StatusDetails,
  type StatusReason,
  statusReasons,
} from "../schemas/index.ts"
import { isStoreError, type StoreError } from "../store/index.ts"
import { type FieldError, MachineryError } from "./machinery.ts"

export class StatusError extends Error {
  override readonly name = "StatusError"
  readonly status: Status
  constructor(status: Status, cause?: unknown) {
    super(status.message ?? status.reason ?? "failure", cause === undefined ? undefined : { cause })
    this.status = status
  }
  get reason(): StatusReason | undefined {
    return this.status.reason
  }
}

/** What an error speaks of: a resource and, where known, the name of one object. */
export interface Subject {
  readonly group: string
  readonly plural: string
  readonly kind: string
  readonly name?: string
}

export interface FailureDetail {
  readonly details?: StatusDetails
  readonly continue?: string
  readonly cause?: unknown
}

export const failure = (reason: StatusReason, message: string, more: FailureDetail = {}): StatusError =>
  new StatusError(
    {
      kind: "Status",
      apiVersion: "v1",
      metadata: more.continue === undefined ? {} : { continue: more.continue },
      status: "Failure",
      message,
      reason,
      ...(more.details === undefined ? {} : { details: more.details }),
      code: statusReasons[reason].code,
    },
    more.cause,
  )

/** `deployments.apps`, or `pods` in the core group. */
export const qualified = (word: string, group: string): string => (group === "" ? word : `${word}.${group}`)

const details = (subject: Subject, word: string): StatusDetails => ({
  ...(subject.name === undefined ? {} : { name: subject.name }),
  ...(subject.group === "" ? {} : { group: subject.group }),
  kind: word,
})

const about = (subject: Subject): string =>
  `${qualified(subject.plural, subject.group)} "${subject.name ?? ""}"`

export const badRequest = (message: string, cause?: unknown): StatusError =>
  failure("BadRequest", message, { cause })

export const notFound = (subject: Subject): StatusError =>
  failure("NotFound", `${about(subject)} not found`, { details: details(subject, subject.plural) })

/** The path leads nowhere: what discovery-driven clients print as their own sentence. */
export const noSuchPath = (): StatusError =>
  failure("NotFound", "the server could not find the requested resource", { details: {} })

export const alreadyExists = (subject: Subject, deleting = false): StatusError =>
  failure("AlreadyExists", `${deleting ? "object is being deleted: " : ""}${about(subject)} already exists`, {
    details: details(subject, subject.plural),
  })

export const conflict = (subject: Subject, why: string): StatusError =>
  failure("Conflict", `Operation cannot be fulfilled on ${about(subject)}: ${why}`, {
    details: details(subject, subject.plural),
  })

export const staleObject = (subject: Subject): StatusError =>
  conflict(
    subject,
    "the object has been modified; please apply your changes to the latest version and try again",
  )

export const forbidden = (subject: Subject, why: string, causes?: ReadonlyArray<StatusCause>): StatusError =>
  failure("Forbidden", `${about(subject)} is forbidden: ${why}`, {
    details: { ...details(subject, subject.plural), ...(causes === undefined ? {} : { causes }) },
  })

export const methodNotAllowed = (subject: Subject, verb: string): StatusError =>
  failure(
    "MethodNotAllowed",
    `${verb} is not supported on resources of kind "${qualified(subject.plural, subject.group)}"`,
    {
      details: details(subject, subject.plural),
    },
  )

/** 422 with one cause a field. */
export const invalid = (subject: Subject, errors: ReadonlyArray<FieldError>): StatusError => {
  const texts = errors.map((error) => (error.field === "" ? error.detail : `${error.field}: ${error.detail}`))
  const all = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`
  return failure(
    "Invalid",
    `${qualified(subject.kind, subject.group)} "${subject.name ?? ""}" is invalid: ${all}`,
    {
      details: {
        ...details(subject, subject.kind),
        causes: errors.map((error) => ({ reason: error.type, message: error.detail, field: error.field })),
      },
    },
  )
}

/** 422 about the options of a request (`ListOptions`, `PatchOptions`, ...), which are kinds of meta.k8s.io. */
export const invalidOptions = (kind: string, errors: ReadonlyArray<FieldError>): StatusError =>
  invalid({ group: "meta.k8s.io", plural: "", kind, name: "" }, errors)

export const tooLargeResourceVersion = (wanted: bigint, current: bigint): StatusError =>
  failure("Timeout", `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    details: {
      retryAfterSeconds: 1,
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    },
  })

export const tooManyRequests = (message: string): StatusError =>
  failure("TooManyRequests", message, { details: { retryAfterSeconds: 1 } })

const fromMachinery = (error: MachineryError, subject: Subject): StatusError => {
  const word = error.reason === "Invalid" ? subject.kind : subject.plural
  return failure(error.reason, error.message, {
    details: { ...details(subject, word), ...(error.causes.length === 0 ? {} : { causes: error.causes }) },
    cause: error,
  })
}

const fromStore = (error: StoreError, subject: Subject): StatusError => {
  switch (error.reason) {
    case "KeyExists":
      return alreadyExists(subject)
    case "KeyMissing":
      return notFound(subject)
    case "RevisionMismatch":
    case "ConditionsUnmet":
      return staleObject(subject)
    case "Compacted":
      return failure("Expired", "The resourceVersion for the provided list is too old.", { cause: error })
    case "TooLarge":
      return failure("RequestEntityTooLarge", `${about(subject)} is too large to be stored`, { cause: error })
    case "FutureRevision":
      return failure("Timeout", "Timeout: the store has not reached this resource version yet", {
        details: {
          retryAfterSeconds: 1,
          causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
        },
        cause: error,
      })
    case "SessionGone":
    case "Unavailable":
    case "Closed":
      return failure("ServiceUnavailable", "the store is not available at the moment", {
        details: { retryAfterSeconds: 1 },
        cause: error,
      })
  }
}

/** Whatever was thrown, as a StatusError; undefined for a defect, which the caller logs and hides. */
export const toStatusError = (error: unknown, subject: Subject): StatusError | undefined => {
  if (error instanceof StatusError) return error
  if (error instanceof MachineryError) return fromMachinery(error, subject)
  if (isStoreError(error)) return fromStore(error, subject)
  return undefined
}
