/** What to do about the action that failed just now: say it where the user looks, and try again in due time. */
import { conditionOf } from "../../reconciler/index.ts"
import { Action } from "./action.ts"
import { retryDelaySeconds } from "./backoff.ts"
import type { Failure, Observed } from "./observed.ts"
import { record, waiting } from "./record.ts"
import type { Verdict } from "./status.ts"

/** Failures that end the attempt are not for here: see `endOf`. */
export const planFailure = (observed: Observed, failure: Failure): ReadonlyArray<Action> => {
  const { message, reason } = failure.error
  if (failure.verb === "EnsureImage" || reason === "ImageNotPresent") {
    return recordAndHold(observed, "ImagePresent", imageVerdict(failure))
  }
  if (reason === "NetworkFailed") {
    const network = { status: "False", reason, message } as const
    return recordAndHold(observed, "NetworkReady", { ...waiting(reason, message), network })
  }
  return [...record(observed, waiting(`${failure.verb}Failed`, message)), Action.Retry()]
}

const imageVerdict = ({ error }: Failure): Verdict => {
  const isNeverPulled = error.reason === "ImageNotPresent"
  const reason = isNeverPulled ? "ImageNotPresent" : "ImagePullFailed"
  const image = { status: "False", reason, message: error.message } as const
  // The kubelet's word for the container, which Kubernetes' clients know.
  const state = {
    waiting: { reason: isNeverPulled ? "ErrImageNeverPull" : "ImagePullBackOff", message: error.message },
  }
  return { ...waiting(reason, error.message), state, image }
}

/** Holds as long as the condition has been false already, so that the waits double. */
const recordAndHold = (observed: Observed, type: string, verdict: Verdict): ReadonlyArray<Action> => {
  const former = conditionOf(observed.object.status?.conditions, type)
  const since = former?.status === "False" ? Date.parse(former.lastTransitionTime) : observed.now
  const seconds = retryDelaySeconds((observed.now - since) / 1000)
  return [...record(observed, verdict), Action.Hold({ seconds })]
}
