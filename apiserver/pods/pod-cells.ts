/** The cells of a Pod's row that need a thought. Source: kubectl's and the server's printPod. */
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import { metadataOf, stringOf, valueAt } from "../registry/object-meta.ts"
import { humanDuration } from "../table/index.ts"

const statusesOf = (pod: MutableObject): ReadonlyArray<MutableObject> => {
  const statuses = valueAt(pod, ["status", "containerStatuses"])
  return Array.isArray(statuses) ? statuses.filter(isObject) : []
}

const readyOf = (pod: MutableObject): string => {
  const containers = valueAt(pod, ["spec", "containers"])
  const total = Array.isArray(containers) ? containers.length : 0
  return `${statusesOf(pod).filter(({ ready }) => ready === true).length}/${total}`
}

const stateReason = (state: unknown): string | undefined => {
  if (!isObject(state)) return undefined
  const { waiting, terminated } = state
  if (isObject(waiting)) return stringOf(waiting, "reason") || undefined
  if (!isObject(terminated)) return undefined
  return stringOf(terminated, "reason") || `ExitCode:${String(terminated.exitCode)}`
}

const wordOf = (pod: MutableObject): string => {
  const status = isObject(pod.status) ? pod.status : {}
  const reason = stringOf(status, "reason")
  if (stringOf(metadataOf(pod), "deletionTimestamp") !== "")
    return reason === "NodeLost" ? "Unknown" : "Terminating"
  if (reason !== "") return reason
  const told = statusesOf(pod).map(({ state }) => stateReason(state))
  return told.find((word) => word !== undefined) ?? stringOf(status, "phase")
}

const restartsOf = (pod: MutableObject, now: number): string => {
  const [status] = statusesOf(pod)
  const count = typeof status?.restartCount === "number" ? status.restartCount : 0
  const finishedAt =
    status === undefined ? undefined : valueAt(status, ["lastState", "terminated", "finishedAt"])
  const at = typeof finishedAt === "string" ? Date.parse(finishedAt) : Number.NaN
  return count === 0 || Number.isNaN(at) ? String(count) : `${count} (${humanDuration(now - at)} ago)`
}

/** Ready, Status and Restarts are the first columns behind Name; the last two never have a value. */
export const podCells = (pod: MutableObject, now: number): { readonly [column: number]: string } => ({
  0: readyOf(pod),
  1: wordOf(pod),
  2: restartsOf(pod, now),
  4: stringOf(isObject(pod.status) ? pod.status : {}, "podIP") || "<none>",
  5: stringOf(isObject(pod.spec) ? pod.spec : {}, "nodeName") || "<none>",
  6: "<none>",
  7: "<none>",
})
