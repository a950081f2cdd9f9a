import { Data } from "effect"

/** Why a store could not be opened, in a sentence for whoever starts the program. */
export class StoreOpenError extends Data.TaggedError("StoreOpenError")<{
  readonly reason:
    | "EtcdNotFound"
    | "EtcdFailed"
    | "DataDirUnusable"
    | "DataDirInUse"
    | "DataTooNew"
    | "Unreachable"
  readonly message: string
  readonly cause?: unknown
}> {}
