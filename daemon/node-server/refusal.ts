/** Why a request to the node server is refused: becomes a Status with the code of its reason. */
import { Data } from "effect"
import { type Status, type StatusReason, statusReasons } from "../../schemas/index.ts"

export class Refusal extends Data.TaggedError("Refusal")<{
  readonly reason: StatusReason
  readonly message: string
}> {}

export const statusOf = ({ reason, message }: Refusal): Status => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message,
  reason,
  code: statusReasons[reason].code,
})
