/** The status of a Pod, derived from that of its Sandbox. Pure, total: nothing is trusted to have its declared type. */
import { isObject } from "../body-object.ts"
import type { MutableJson, MutableObject } from "../machinery.ts"
import { stringOf } from "../registry/object-meta.ts"

const objectAt = (map: MutableObject, key: string): MutableObject => {
  const value = map[key]
  return isObject(value) ? value : {}
}

const objectsAt = (map: MutableObject, key: string): ReadonlyArray<MutableObject> => {
  const value = map[key]
  return Array.isArray(value) ? value.filter(isObject) : []
}

const conditionOf = (status: MutableObject, type: string): MutableObject | undefined =>
  objectsAt(status, "conditions").find((condition) => condition.type === type)

export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed"

/** Source: the pod lifecycle's table of phases. A container that waits for its next start counts as running. */
export const phaseOf = (status: MutableObject): PodPhase => {
  const [container = {}] = objectsAt(status, "containerStatuses")
  const state = objectAt(container, "state")
  if (isObject(state.terminated)) return state.terminated.exitCode === 0 ? "Succeeded" : "Failed"
  if (isObject(state.running)) return "Running"
  const hasRun = isObject(objectAt(container, "lastState").terminated)
  return hasRun ? "Running" : "Pending"
}

/** The Pod's conditions, each from the Sandbox's that says the same. */
const sources: ReadonlyArray<readonly [type: string, of: string]> = [
  ["PodScheduled", "Scheduled"],
  ["PodReadyToStartContainers", "NetworkReady"],
  ["Initialized", "Scheduled"],
  ["ContainersReady", "Ready"],
  ["Ready", "Ready"],
]

const conditionsOf = (status: MutableObject): MutableJson[] =>
  sources.flatMap(([type, of]) => {
    const condition = conditionOf(status, of)
    if (condition === undefined) return []
    return [{ lastProbeTime: null, ...condition, type }]
  })

const containerStatusOf = (container: MutableObject): MutableObject => {
  const state = objectAt(container, "state")
  return {
    ...container,
    image: container.image ?? "",
    imageID: container.imageID ?? "",
    ready: container.ready ?? false,
    restartCount: container.restartCount ?? 0,
    started: isObject(state.running),
    state: isObject(container.state) ? container.state : { waiting: { reason: "ContainerCreating" } },
    lastState: objectAt(container, "lastState"),
  }
}

const quantitiesOf = (container: MutableObject, key: string): MutableObject =>
  objectAt(objectAt(container, "resources"), key)

/** Source: kubectl's and the kubelet's GetPodQOS. */
const qosClassOf = (spec: MutableObject): string => {
  const [container = {}] = objectsAt(spec, "containers")
  const limits = quantitiesOf(container, "limits")
  const requests = { ...limits, ...quantitiesOf(container, "requests") }
  const counted = ["cpu", "memory"]
  if (!counted.some((name) => name in limits || name in requests)) return "BestEffort"
  const isGuaranteed = counted.every((name) => name in limits && limits[name] === requests[name])
  return isGuaranteed ? "Guaranteed" : "Burstable"
}

/** A Sandbox whose node is not heard of: nobody knows what its container does. */
const lossOf = (status: MutableObject): MutableObject => {
  const ready = conditionOf(status, "Ready")
  if (ready?.status !== "Unknown") return {}
  return { reason: stringOf(ready, "reason"), message: stringOf(ready, "message") }
}

const present = (fields: { readonly [name: string]: MutableJson | undefined }): MutableObject => {
  const kept: MutableObject = {}
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value
  return kept
}

export const podStatusOf = (spec: MutableObject, status: MutableObject): MutableObject => {
  const { hostIP, sandboxIP, sandboxIPs, startTime, observedGeneration } = status
  const containers = objectsAt(status, "containerStatuses").map(containerStatusOf)
  return present({
    phase: phaseOf(status),
    ...lossOf(status),
    conditions: conditionsOf(status),
    observedGeneration,
    hostIP,
    hostIPs: typeof hostIP === "string" ? [{ ip: hostIP }] : undefined,
    podIP: sandboxIP,
    podIPs: sandboxIPs,
    startTime,
    containerStatuses: containers.length === 0 ? undefined : containers,
    qosClass: qosClassOf(spec),
  })
}
