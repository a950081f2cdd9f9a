/** A PriorityLevelConfiguration as the dispatcher needs it. */
import { isObject } from "../body-object.ts"
import type { MutableObject } from "../machinery.ts"
import { metadataOf, nameOf, stringOf } from "../registry/object-meta.ts"
import { flowLimits } from "./limits.ts"

export interface Queuing {
  readonly queues: number
  readonly handSize: number
  readonly queueLengthLimit: number
}

export interface PriorityLevel {
  readonly name: string
  readonly uid: string
  readonly exempt: boolean
  readonly shares: number
  readonly lendablePercent: number
  /** undefined borrows without limit. */
  readonly borrowingLimitPercent: number | undefined
  /** undefined refuses what finds no seat. */
  readonly queuing: Queuing | undefined
}

const numberAt = (map: MutableObject, key: string, absent: number): number => {
  const value = Object.hasOwn(map, key) ? map[key] : undefined
  return typeof value === "number" && value >= 0 ? value : absent
}

const partOf = (map: MutableObject, key: string): MutableObject => {
  const value = Object.hasOwn(map, key) ? map[key] : undefined
  return isObject(value) ? value : {}
}

const queuingOf = (limited: MutableObject): Queuing | undefined => {
  const response = partOf(limited, "limitResponse")
  if (stringOf(response, "type") !== "Queue") return undefined
  const queuing = partOf(response, "queuing")
  const queues = Math.max(1, Math.min(numberAt(queuing, "queues", 64), flowLimits.queuesMax))
  return {
    queues,
    handSize: Math.max(1, Math.min(numberAt(queuing, "handSize", 8), queues, flowLimits.handSizeMax)),
    queueLengthLimit: Math.min(numberAt(queuing, "queueLengthLimit", 50), flowLimits.queueLengthMax),
  }
}

export const parsePriorityLevel = (object: MutableObject): PriorityLevel => {
  const spec = partOf(object, "spec")
  const exempt = stringOf(spec, "type") === "Exempt"
  const part = partOf(spec, exempt ? "exempt" : "limited")
  const borrowing = part.borrowingLimitPercent
  return {
    name: nameOf(object),
    uid: stringOf(metadataOf(object), "uid"),
    exempt,
    shares: numberAt(part, "nominalConcurrencyShares", exempt ? 0 : 30),
    lendablePercent: numberAt(part, "lendablePercent", 0),
    borrowingLimitPercent: typeof borrowing === "number" ? borrowing : undefined,
    queuing: exempt ? undefined : queuingOf(part),
  }
}
