/** How many seats a request takes: a list by how many objects it reads, anything else one. Source: list_work_estimator. */
import type { RequestInfo } from "../request-info.ts"
import { flowLimits } from "./limits.ts"

/** How many objects a resource has, by group and plural. */
export type SizeOf = (group: string, plural: string) => number

const wholeReads: ReadonlySet<string> = new Set(["list", "watch", "deletecollection"])

/** Objects that the answer may come to. */
const objectsOf = (info: RequestInfo, sizeOf: SizeOf): number => {
  if (info.type !== "resource" || info.name !== "" || !wholeReads.has(info.verb)) return 1
  if (info.verb === "watch") {
    const version = info.query.get("resourceVersion") ?? ""
    const opens = version === "" || version === "0" || info.query.get("sendInitialEvents") === "true"
    if (!opens) return 1
  }
  const size = sizeOf(info.group, info.resource)
  const limit = Number(info.query.get("limit") ?? "0")
  const selects = info.query.has("labelSelector") || info.query.has("fieldSelector")
  return limit > 0 && !selects ? Math.min(limit, size) : size
}

export const seatsOf = (info: RequestInfo, sizeOf: SizeOf): number =>
  Math.max(
    1,
    Math.min(flowLimits.seatsPerRequestMax, Math.ceil(objectsOf(info, sizeOf) / flowLimits.objectsPerSeat)),
  )

const streams: ReadonlySet<string> = new Set(["log", "exec", "attach", "portforward", "proxy"])

/** Requests that last as long as their client likes take no seat. */
export const isStream = (info: RequestInfo): boolean =>
  info.type === "resource" && streams.has(info.subresource)
