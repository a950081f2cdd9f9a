/** What of an action is told in an Event. The reasons are the kubelet's, which people and their tools know. */
import type { EventNote } from "../../reconciler/index.ts"
import type { Outcome, Step } from "./apply.ts"
import { CRASH_LOOP } from "./end.ts"

export const noteOf = (step: Step, outcome: Outcome): EventNote | undefined => {
  if (outcome._tag === "Failed") {
    const { verb, error } = outcome.failure
    return { type: "Warning", reason: failures[verb], message: error.message }
  }
  switch (step._tag) {
    case "EnsureImage":
      return { type: "Normal", reason: "Pulled", message: `image ${step.reference} is on the node` }
    case "Start":
      return { type: "Normal", reason: "Started", message: "the container was started" }
    case "Stop":
      return { type: "Normal", reason: "Killing", message: "the container was stopped" }
    case "RecordStatus": {
      const [container] = step.status.containerStatuses ?? []
      return container?.state?.waiting?.reason === CRASH_LOOP
        ? {
            type: "Warning",
            reason: "BackOff",
            message: "the container ended, and waits to be started again",
          }
        : undefined
    }
    default:
      return undefined
  }
}

const failures = {
  EnsureImage: "Failed",
  Create: "FailedCreatePodSandBox",
  Start: "Failed",
  Stop: "FailedKillPod",
  Remove: "FailedKillPod",
} as const
