import { describe, expect, test } from "vitest"
import {
  RuntimeError,
  type SandboxStatus as RuntimeStatus,
  type TaskState,
} from "../../runtime-shim/index.ts"
import type { Sandbox, SandboxContainerStatus, SandboxStatus } from "../../schemas/index.ts"
import { SANDBOX_FINALIZER } from "../finalizers.ts"
import type { Action } from "./action.ts"
import { labelsOf, runtimeIdOf } from "./identity.ts"
import type { Failure, Observed } from "./observed.ts"
import { plan } from "./plan.ts"
import { desiredRuntimeOf } from "./runtime-spec.ts"

const NOW = Date.parse("2026-01-01T01:00:00Z")
const UID = "8f3c"
const secondsAgo = (seconds: number): Date => new Date(NOW - seconds * 1000)
const stampAgo = (seconds: number): string => `${secondsAgo(seconds).toISOString().slice(0, 19)}Z`

interface Given {
  readonly spec?: Partial<Sandbox["spec"]>
  readonly image?: string
  readonly finalizers?: ReadonlyArray<string>
  readonly deleting?: boolean
  readonly generation?: number
  readonly status?: SandboxStatus
  readonly runtimes?: ReadonlyArray<{
    attempt: number
    task: TaskState
    hash?: string
    backoffSeconds?: number
  }>
  readonly imageIs?: "absent" | "present" | "pulled"
  readonly failure?: Failure
  readonly heldForSeconds?: number
}

const sandbox = (given: Given): Sandbox => ({
  apiVersion: "compute.miren.dev/v1alpha1",
  kind: "Sandbox",
  metadata: {
    name: "web",
    namespace: "default",
    uid: UID,
    generation: given.generation ?? 1,
    finalizers: given.finalizers ?? [SANDBOX_FINALIZER],
    ...(given.deleting === true ? { deletionTimestamp: stampAgo(5) } : {}),
  },
  spec: {
    containers: [{ name: "main", image: given.image ?? "busybox" }],
    restartPolicy: "Always",
    nodeName: "n1",
    terminationGracePeriodSeconds: 7,
    ...given.spec,
  },
  ...(given.status === undefined ? {} : { status: given.status }),
})

const info = { name: "fake", containerdVersion: "0", handlers: [], cgroup: "none" } as const

const hashOf = (object: Sandbox): string => {
  const desired = desiredRuntimeOf(object, info)
  return desired._tag === "Success" ? desired.success.hash : ""
}

const observed = (given: Given): Observed => {
  const object = sandbox(given)
  const runtimes = (given.runtimes ?? []).map(({ attempt, task, hash, backoffSeconds = 0 }) => {
    const specHash = hash ?? hashOf(object)
    const identity = { namespace: "default", name: "web", uid: UID, attempt, specHash, backoffSeconds }
    const status: RuntimeStatus = {
      id: runtimeIdOf(UID, attempt),
      handler: "gvisor",
      labels: labelsOf(identity),
      addresses: task.state === "partial" ? [] : ["10.0.0.2"],
      task,
      createdAt: secondsAgo(60),
    }
    return { ...status, identity }
  })
  const imageIs = given.imageIs ?? "present"
  return {
    object,
    runtimes,
    image:
      imageIs === "absent"
        ? undefined
        : { reference: "busybox", digest: "sha256:1", sizeBytes: 1, isFresh: imageIs === "pulled" },
    failure: given.failure,
    heldUntil: given.heldForSeconds === undefined ? undefined : NOW + given.heldForSeconds * 1000,
    node: {
      name: "n1",
      hostIP: "127.0.0.1",
      info,
    },
    now: NOW,
  }
}

const attemptById = new Map([0, 1, 2, 3].map((attempt) => [runtimeIdOf(UID, attempt), attempt]))

/** One word or two an action: the tables read as stories. */
const tell = (action: Action): string => {
  switch (action._tag) {
    case "Create":
      return `Create #${attemptById.get(action.spec.id)} after ${action.spec.labels["compute.miren.dev/backoff-seconds"]}s`
    case "Start":
    case "Remove":
      return `${action._tag} #${attemptById.get(action.id)}`
    case "Stop":
      return `Stop #${attemptById.get(action.id)} in ${action.graceSeconds}s`
    case "RecordStatus": {
      const [container] = action.status.containerStatuses ?? []
      const ready = action.status.conditions?.find(({ type }) => type === "Ready")
      return `Record #${container?.restartCount} ${ready?.status} ${ready?.reason}`
    }
    case "Wait":
    case "Hold":
      return `${action._tag} ${action.seconds}s`
    case "EnsureImage":
      return `EnsureImage ${action.policy}`
    default:
      return action._tag
  }
}

const planned = (given: Given): ReadonlyArray<string> => plan(observed(given)).map(tell)

const running: TaskState = { state: "running", pid: 1, startedAt: secondsAgo(60) }
const exited = (exitCode: number, ago = 0, oomKilled = false): TaskState => ({
  state: "exited",
  exitCode,
  exitedAt: secondsAgo(ago),
  oomKilled,
})
const container = (
  attempt: number,
  state: SandboxContainerStatus["state"],
  lastState?: SandboxContainerStatus["lastState"],
): SandboxStatus => ({
  observedGeneration: 1,
  containerStatuses: [
    {
      name: "main",
      image: "busybox",
      restartCount: attempt,
      ...(state === undefined ? {} : { state }),
      ...(lastState === undefined ? {} : { lastState }),
    },
  ],
})
const ended = (exitCode: number, ago: number, ran = 5) => ({
  terminated: { exitCode, reason: "Error", startedAt: stampAgo(ago + ran), finishedAt: stampAgo(ago) },
})
const crashLoop = { waiting: { reason: "CrashLoopBackOff", message: "" } }
const starting = { waiting: { reason: "ContainerCreating", message: "" } }
const failing = (verb: Failure["verb"], reason: RuntimeError["reason"]): Failure => ({
  verb,
  error: new RuntimeError({ reason, subject: "x", operation: verb, message: "the runtime said no" }),
})

describe("the way to running", () => {
  test.each<[string, Given, ReadonlyArray<string>]>([
    ["another node's sandbox is left alone", { spec: { nodeName: "n2" } }, []],
    ["the finalizer comes before all else", { finalizers: [] }, ["AddFinalizer"]],
    ["a present image is used", {}, ["Create #0 after 0s"]],
    [
      "an absent image is pulled, and that is told",
      { imageIs: "absent" },
      ["Record #0 False ContainerCreating", "EnsureImage IfNotPresent"],
    ],
    [
      "a container that waits is not told so again",
      { imageIs: "absent", status: container(0, starting) },
      ["EnsureImage IfNotPresent"],
    ],
    [
      "Always pulls though the image is there",
      {
        spec: { containers: [{ name: "main", image: "busybox", imagePullPolicy: "Always" }] },
        status: container(0, starting),
      },
      ["EnsureImage Always"],
    ],
    [
      "Always pulls once an attempt",
      {
        spec: { containers: [{ name: "main", image: "busybox", imagePullPolicy: "Always" }] },
        imageIs: "pulled",
      },
      ["Create #0 after 0s"],
    ],
    [
      "a half creation is completed",
      { runtimes: [{ attempt: 0, task: { state: "partial" } }] },
      ["Create #0 after 0s"],
    ],
    ["what is created is started", { runtimes: [{ attempt: 0, task: { state: "created" } }] }, ["Start #0"]],
    ["what runs is told", { runtimes: [{ attempt: 0, task: running }] }, ["Record #0 True Running"]],
    [
      "a spec that says nonsense is told, and nothing is made",
      { spec: { containers: [{ name: "main", image: "x", resources: { limits: { memory: "much" } } }] } },
      ["Record #0 False InvalidSpec"],
    ],
  ])("%s", (_name, given, want) => {
    expect(planned(given)).toEqual(want)
  })

  test("a status that says it all is not written again", () => {
    const first = observed({ runtimes: [{ attempt: 0, task: running }] })
    const [action] = plan(first)
    if (action?._tag !== "RecordStatus") throw new Error("expected a record")
    const later = { ...first, object: { ...first.object, status: action.status }, now: NOW + 3_600_000 }
    expect(plan(later)).toEqual([])
  })
})

describe("an end", () => {
  const policies = ["Always", "OnFailure", "Never"] as const
  const ends = [
    ["exit code 0", exited(0), "Completed"],
    ["exit code 1", exited(1), "Error"],
    ["no memory", exited(137, 0, true), "OOMKilled"],
  ] as const
  const rows = policies.flatMap((restartPolicy) => ends.map((end) => [restartPolicy, ...end] as const))
  test.each(rows)(
    "under %s after %s is the last one or leads to the next attempt",
    (restartPolicy, _name, task, reason) => {
      const isRestarted =
        restartPolicy === "Always" || (restartPolicy === "OnFailure" && reason !== "Completed")
      const runtimes = [{ attempt: 0, task }]
      const status = container(0, { running: { startedAt: stampAgo(60) } })
      expect(planned({ spec: { restartPolicy }, runtimes, status })).toEqual([
        isRestarted ? "Record #1 False ContainerCreating" : `Record #0 False ${reason}`,
      ])
    },
  )

  test.each<[string, Given, ReadonlyArray<string>]>([
    [
      "the second one is followed by ten seconds of back-off",
      {
        status: container(1, { running: { startedAt: stampAgo(5) } }),
        runtimes: [{ attempt: 1, task: exited(1) }],
      },
      ["Record #1 False CrashLoopBackOff", "Wait 10s"],
    ],
    [
      "the back-off doubles on what was waited before",
      {
        status: container(3, { running: { startedAt: stampAgo(5) } }),
        runtimes: [{ attempt: 3, task: exited(1), backoffSeconds: 20 }],
      },
      ["Record #3 False CrashLoopBackOff", "Wait 40s"],
    ],
    [
      "the back-off ends at five minutes",
      {
        status: container(3, { running: { startedAt: stampAgo(5) } }),
        runtimes: [{ attempt: 3, task: exited(1), backoffSeconds: 300 }],
      },
      ["Record #3 False CrashLoopBackOff", "Wait 300s"],
    ],
    [
      "ten minutes of running make earlier ends forgotten",
      {
        status: container(3, { running: { startedAt: stampAgo(600) } }),
        runtimes: [{ attempt: 3, task: exited(1), backoffSeconds: 300 }],
      },
      ["Record #4 False ContainerCreating"],
    ],
    [
      "a new daemon waits for the rest of the back-off only",
      {
        status: container(2, crashLoop, ended(1, 15)),
        runtimes: [{ attempt: 2, task: exited(1, 15), backoffSeconds: 10 }],
      },
      ["Record #2 False CrashLoopBackOff", "Wait 5s"],
    ],
    [
      "a back-off that is over leads to the next attempt",
      {
        status: container(2, crashLoop, ended(1, 20)),
        runtimes: [{ attempt: 2, task: exited(1, 20), backoffSeconds: 10 }],
      },
      ["Record #3 False ContainerCreating"],
    ],
    [
      "a back-off is kept though somebody removed the ended container",
      { status: container(2, crashLoop, ended(1, 4)) },
      ["Record #2 False CrashLoopBackOff", "Wait 6s"],
    ],
    [
      "the next attempt begins with the removal of the former one",
      { status: container(1, starting, ended(1, 0)), runtimes: [{ attempt: 0, task: exited(1) }] },
      ["Remove #0"],
    ],
    [
      "the next attempt carries what was waited for it",
      { status: container(3, starting, ended(1, 21)) },
      ["Create #3 after 20s"],
    ],
    [
      "a node that was away for an hour does not count as an hour of back-off",
      { status: container(2, starting, ended(1, 3600)) },
      ["Create #2 after 10s"],
    ],
    [
      "a container that is lost from sight is one, and its policy decides",
      { spec: { restartPolicy: "Never" }, status: container(0, { running: { startedAt: stampAgo(60) } }) },
      ["Record #0 False ContainerStatusUnknown"],
    ],
    [
      "a lost container is started again under Always",
      { status: container(0, { running: { startedAt: stampAgo(60) } }) },
      ["Record #1 False ContainerCreating"],
    ],
    [
      "that was recorded stays, though the container is gone from the runtime",
      { spec: { restartPolicy: "Never" }, status: container(0, ended(1, 60)) },
      ["Record #0 False Error"],
    ],
  ])("%s", (_name, given, want) => {
    expect(planned(given)).toEqual(want)
  })

  test("keeps the time when its run began over the records of it", () => {
    const status = container(1, { running: { startedAt: stampAgo(5) } })
    const first = observed({ status, runtimes: [{ attempt: 1, task: exited(1) }] })
    const [action] = plan(first)
    if (action?._tag !== "RecordStatus") throw new Error("expected a record")
    const again = { ...first, object: { ...first.object, status: action.status }, now: NOW + 2000 }
    expect(plan(again).map(tell)).toEqual(["Wait 8s"])
  })
})

describe("a change of the spec", () => {
  const old = { hash: "old" }
  test.each<[string, Given, ReadonlyArray<string>]>([
    [
      "stops what runs by the former",
      { generation: 2, status: container(0, {}), runtimes: [{ attempt: 0, task: running, ...old }] },
      ["Stop #0 in 7s"],
    ],
    [
      "starts at once, without back-off",
      {
        generation: 2,
        status: container(2, { running: {} }),
        runtimes: [{ attempt: 2, task: exited(143), backoffSeconds: 300, ...old }],
      },
      ["Record #3 False ContainerCreating"],
    ],
    [
      "runs again what was over under Never",
      {
        generation: 2,
        spec: { restartPolicy: "Never" },
        status: container(0, ended(0, 60)),
        runtimes: [{ attempt: 0, task: exited(0, 60), ...old }],
      },
      ["Record #1 False ContainerCreating"],
    ],
    [
      "replaces what was created and not started",
      {
        generation: 2,
        status: container(0, starting),
        runtimes: [{ attempt: 0, task: { state: "created" }, ...old }],
      },
      ["Record #1 False ContainerCreating"],
    ],
    [
      "that changes nothing of the container is only noted",
      { generation: 2, status: container(0, {}), runtimes: [{ attempt: 0, task: running }] },
      ["Record #0 True Running"],
    ],
    [
      "is not what a daemon that hashes otherwise has seen",
      { status: container(0, {}), runtimes: [{ attempt: 0, task: running, ...old }] },
      ["Record #0 True Running"],
    ],
  ])("%s", (_name, given, want) => {
    expect(planned(given)).toEqual(want)
  })
})

describe("a deletion", () => {
  test.each<[string, Given, ReadonlyArray<string>]>([
    ["of what was never held is nothing to us", { deleting: true, finalizers: ["other"] }, []],
    ["of what has nothing at the runtime lets it go", { deleting: true }, ["RemoveFinalizer"]],
    [
      "stops what runs, with its grace, and removes it",
      { deleting: true, runtimes: [{ attempt: 0, task: running }] },
      ["Record #0 False Terminating", "Stop #0 in 7s", "Remove #0"],
    ],
    [
      "removes what has ended",
      { deleting: true, runtimes: [{ attempt: 0, task: exited(0) }] },
      ["Record #0 False Terminating", "Remove #0"],
    ],
    [
      "removes what was only created",
      { deleting: true, runtimes: [{ attempt: 0, task: { state: "created" } }] },
      ["Record #0 False Terminating", "Remove #0"],
    ],
    [
      "removes halves",
      { deleting: true, runtimes: [{ attempt: 0, task: { state: "partial" } }] },
      ["Record #0 False Terminating", "Remove #0"],
    ],
    [
      "takes every attempt with it",
      {
        deleting: true,
        status: container(1, starting),
        runtimes: [
          { attempt: 1, task: running },
          { attempt: 0, task: exited(1) },
        ],
      },
      ["Record #1 False Terminating", "Stop #1 in 7s", "Remove #1", "Remove #0"],
    ],
    [
      "that the runtime refuses is tried again",
      {
        deleting: true,
        runtimes: [{ attempt: 0, task: running }],
        failure: failing("Remove", "Unavailable"),
      },
      ["Retry"],
    ],
    [
      "does not look at the spec",
      {
        deleting: true,
        spec: { containers: [{ name: "main", image: "x", resources: { limits: { cpu: "?" } } }] },
      },
      ["RemoveFinalizer"],
    ],
  ])("%s", (_name, given, want) => {
    expect(planned(given)).toEqual(want)
  })
})

describe("a failure", () => {
  test.each<[string, Given, ReadonlyArray<string>]>([
    [
      "to pull is told, and waited out",
      { imageIs: "absent", failure: failing("EnsureImage", "ImagePullFailed") },
      ["Record #0 False ImagePullFailed", "Hold 10s"],
    ],
    [
      "to find an image that may not be pulled is told",
      { imageIs: "absent", failure: failing("EnsureImage", "ImageNotPresent") },
      ["Record #0 False ImageNotPresent", "Hold 10s"],
    ],
    [
      "that lasts is waited out as long as it has lasted",
      {
        imageIs: "absent",
        failure: failing("EnsureImage", "ImagePullFailed"),
        status: {
          conditions: [
            {
              type: "ImagePresent",
              status: "False",
              reason: "Pulling",
              message: "",
              lastTransitionTime: stampAgo(80),
            },
          ],
        },
      },
      ["Record #0 False ImagePullFailed", "Hold 80s"],
    ],
    [
      "of the network is told, and waited out",
      { failure: failing("Create", "NetworkFailed") },
      ["Record #0 False NetworkFailed", "Hold 10s"],
    ],
    [
      "of the runtime is told, and tried again",
      { failure: failing("Create", "Unavailable") },
      ["Record #0 False CreateFailed", "Retry"],
    ],
    [
      "to start is an end",
      {
        spec: { restartPolicy: "Never" },
        runtimes: [{ attempt: 0, task: { state: "created" } }],
        failure: failing("Start", "StartFailed"),
      },
      ["Record #0 False StartError"],
    ],
    [
      "to start leads to a new attempt where the policy says so",
      { runtimes: [{ attempt: 0, task: { state: "created" } }], failure: failing("Start", "StartFailed") },
      ["Record #1 False ContainerCreating"],
    ],
    [
      "to start that is recorded is not tried again with the same id",
      {
        spec: { restartPolicy: "Never" },
        status: container(0, ended(128, 5)),
        runtimes: [{ attempt: 0, task: { state: "created" } }],
      },
      ["Record #0 False Error"],
    ],
    [
      "to start that took effect all the same is no failure",
      { runtimes: [{ attempt: 0, task: running }], failure: failing("Start", "StartFailed") },
      ["Record #0 True Running"],
    ],
    [
      "with an id that was used leads to the next id",
      { failure: failing("Create", "FailedPrecondition") },
      ["Record #1 False ContainerCreating"],
    ],
    ["is left alone while it is held", { heldForSeconds: 4, imageIs: "absent" }, ["Wait 4s"]],
    ["is tried again when it is held no more", { heldForSeconds: 0 }, ["Create #0 after 0s"]],
    [
      "that is held is no reason not to tell what runs",
      { heldForSeconds: 4, runtimes: [{ attempt: 0, task: running }] },
      ["Record #0 True Running"],
    ],
    [
      "to stop for a replacement is tried again",
      { failure: failing("Stop", "Unavailable"), runtimes: [{ attempt: 0, task: running }] },
      ["Retry"],
    ],
  ])("%s", (_name, given, want) => {
    expect(planned(given)).toEqual(want)
  })
})
