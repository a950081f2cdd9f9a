/** The status of a Sandbox as it should read now. Pure; the same observations give the same bytes. */

import { conditionOf, rfc3339 } from "../../reconciler/index.ts"
import type {
  Condition,
  SandboxContainerState,
  SandboxContainerStatus,
  SandboxStatus,
} from "../../schemas/index.ts"
import { type ConditionUpdate, withConditions } from "../conditions.ts"
import { runtimeIdOf } from "./identity.ts"
import { attemptOf, containerStatusOf, currentOf, type Observed } from "./observed.ts"
import { handlerOf } from "./runtime-spec.ts"

/** What the plan has to say; all else follows from the observations. */
export interface Verdict {
  readonly state: SandboxContainerState
  readonly ready: Omit<ConditionUpdate, "type">
  /** Default: the attempt that is on. */
  readonly attempt?: number
  /** Default: what was recorded. */
  readonly lastState?: SandboxContainerState
  readonly image?: Omit<ConditionUpdate, "type">
  readonly network?: Omit<ConditionUpdate, "type">
}

export const nextStatus = (observed: Observed, verdict: Verdict): SandboxStatus => {
  const { object, node, now } = observed
  const before = object.status
  const attempt = verdict.attempt ?? attemptOf(observed)
  const addresses = currentOf(observed)?.addresses ?? []
  const [first] = addresses
  const generation = object.metadata.generation
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    conditions: nextConditions(observed, verdict),
    ...(first === undefined ? {} : { sandboxIP: first, sandboxIPs: addresses.map((ip) => ({ ip })) }),
    hostIP: node.hostIP,
    startTime: before?.startTime ?? rfc3339(now),
    runtime: runtimeOf(observed, attempt),
    containerStatuses: [containerStatus(observed, verdict, attempt)],
  }
}

const containerStatus = (observed: Observed, verdict: Verdict, attempt: number): SandboxContainerStatus => {
  const { object, node, image } = observed
  const before = containerStatusOf(object)
  const [container] = object.spec.containers
  const reference = container?.image ?? ""
  const imageID = image?.digest ?? (before?.image === reference ? before.imageID : undefined)
  const lastState = verdict.lastState ?? before?.lastState
  return {
    name: container?.name ?? "",
    image: reference,
    ...(imageID === undefined ? {} : { imageID }),
    containerID: `${node.info.name}://${runtimeIdOf(object.metadata.uid ?? "", attempt)}`,
    restartCount: attempt,
    ready: verdict.ready.status === "True",
    state: verdict.state,
    ...(lastState === undefined ? {} : { lastState }),
  }
}

const runtimeOf = ({ object, node }: Observed, attempt: number): NonNullable<SandboxStatus["runtime"]> => {
  const handler = handlerOf(object.spec, node.info)
  const info = node.info.handlers.find((candidate) => candidate.handler === handler)
  return {
    handler,
    ...(info === undefined
      ? {}
      : { platform: info.platform, network: info.network === "netstack" ? "sandbox" : "host" }),
    sandboxID: runtimeIdOf(object.metadata.uid ?? "", attempt),
  }
}

const nextConditions = (observed: Observed, verdict: Verdict): ReadonlyArray<Condition> => {
  const { object, node, now } = observed
  const before = object.status?.conditions ?? []
  const observedGeneration = object.metadata.generation ?? 0
  const scheduled = conditionOf(before, "Scheduled")
  const updates: ReadonlyArray<Omit<ConditionUpdate, "observedGeneration">> = [
    ...(scheduled?.status === "True"
      ? []
      : [
          {
            type: "Scheduled",
            status: "True" as const,
            reason: "Scheduled",
            message: `bound to node ${node.name}`,
          },
        ]),
    { type: "ImagePresent", ...(verdict.image ?? imageCondition(observed)) },
    { type: "NetworkReady", ...(verdict.network ?? networkCondition(observed)) },
    { type: "Ready", ...verdict.ready },
  ]
  return withConditions(
    before,
    updates.map((update) => ({ ...update, observedGeneration })),
    now,
  )
}

const imageCondition = (observed: Observed): Omit<ConditionUpdate, "type"> => {
  const isPresent = observed.image !== undefined || currentOf(observed) !== undefined
  const former = conditionOf(observed.object.status?.conditions, "ImagePresent")
  if (isPresent) return { status: "True", reason: "ImagePresent", message: "the node has the image" }
  return former === undefined
    ? { status: "False", reason: "Pulling", message: "the image is being pulled" }
    : { status: former.status, reason: former.reason, message: former.message }
}

const networkCondition = (observed: Observed): Omit<ConditionUpdate, "type"> =>
  (currentOf(observed)?.addresses.length ?? 0) > 0
    ? { status: "True", reason: "NetworkReady", message: "the sandbox has its address" }
    : { status: "False", reason: "NoAddress", message: "the sandbox has no address now" }
