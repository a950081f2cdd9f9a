/** gRPC's codes as this folder's reasons: containerd's own classes of error (its errdefs), narrowed. */
import { type ServiceError, status } from "@grpc/grpc-js"
import { RuntimeError, type RuntimeErrorReason } from "../sandbox-runtime.ts"

const reasons: { readonly [code: number]: RuntimeErrorReason } = {
  [status.CANCELLED]: "Unavailable",
  [status.INVALID_ARGUMENT]: "InvalidArgument",
  [status.DEADLINE_EXCEEDED]: "DeadlineExceeded",
  [status.NOT_FOUND]: "NotFound",
  [status.ALREADY_EXISTS]: "AlreadyExists",
  [status.FAILED_PRECONDITION]: "FailedPrecondition",
  [status.OUT_OF_RANGE]: "InvalidArgument",
  [status.UNIMPLEMENTED]: "FailedPrecondition",
  [status.UNAVAILABLE]: "Unavailable",
}

export interface CallSite {
  readonly operation: string
  readonly subject: string
}

/** A shim's own deadline comes back as UNKNOWN; the words are Go's. */
const reasonOf = ({ code, details }: ServiceError): RuntimeErrorReason =>
  code === status.UNKNOWN && details.includes("context deadline exceeded")
    ? "DeadlineExceeded"
    : (reasons[code] ?? "Unknown")

export const errorOfCode = ({ operation, subject }: CallSite, error: ServiceError): RuntimeError =>
  new RuntimeError({
    reason: reasonOf(error),
    operation,
    subject,
    message: `containerd ${operation}: ${error.details}`,
    cause: error,
  })
