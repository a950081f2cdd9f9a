/** Writing down a verdict, when it says something new. */
import { isDeepStrictEqual } from "node:util"
import { Action } from "./action.ts"
import type { Observed } from "./observed.ts"
import { nextStatus, type Verdict } from "./status.ts"

/** The record of the verdict; [] where the status says it already. */
export const record = (observed: Observed, verdict: Verdict): ReadonlyArray<Action> => {
  const status = nextStatus(observed, verdict)
  return isDeepStrictEqual(status, observed.object.status) ? [] : [Action.RecordStatus({ status })]
}

/** The words for a container that does not run yet, or not again yet. */
export const waiting = (reason: string, message: string): Pick<Verdict, "state" | "ready"> => ({
  state: { waiting: { reason, message } },
  ready: { status: "False", reason, message },
})
