/** Why an object of a transaction was refused: what it is called, where it stands, and the Status of its own. */
import type { Operation } from "../registry/context.ts"
import type { StatusError } from "../status-error.ts"

export interface Problem {
  /** Where it stands in the request: `spec.objects[3]`, or `spec.prune`. */
  readonly at: string
  /** `ConfigMap default/settings` */
  readonly object: string
  readonly status: StatusError
  /** The request that it would have been by itself, where it could be one. */
  readonly operation?: Operation
}
