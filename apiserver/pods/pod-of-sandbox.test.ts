import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { definitions } from "../../schemas/index.ts"
import type { MutableObject } from "../machinery.ts"
import { Resource } from "../resource.ts"
import { customStrategy } from "../strategy.ts"
import { podCells } from "./pod-cells.ts"
import { podOfSandbox } from "./pod-of-sandbox.ts"
import { phaseOf } from "./pod-status.ts"
import { sandboxOfPod } from "./sandbox-of-pod.ts"

const definition = definitions.find(({ names }) => names.kind === "Sandbox")
if (definition === undefined) throw new Error("there is no Sandbox")
const sandboxes = new Resource(definition, { origin: "builtin", strategy: customStrategy })

const asked = (spec: MutableObject, container: MutableObject = {}) =>
  sandboxOfPod(
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", labels: { a: "b" } },
      spec: { containers: [{ name: "c", image: "i", ...container }], ...spec },
    },
    sandboxes,
  )

describe("the Sandbox of a Pod", () => {
  test("has every field that means the same", () => {
    const { sandbox, errors } = asked(
      { nodeSelector: { a: "b" }, hostname: "h", restartPolicy: "Never", runtimeClassName: "runc" },
      {
        ...{ command: ["x"], env: [{ name: "A", value: "b" }], resources: { limits: { cpu: "1" } } },
        ...{ stdin: true, stdinOnce: true, tty: true },
      },
    )
    expect(errors).toEqual([])
    expect(sandbox).toEqual({
      apiVersion: "compute.miren.dev/v1alpha1",
      kind: "Sandbox",
      metadata: { name: "p", labels: { a: "b" } },
      spec: {
        nodeSelector: { a: "b" },
        hostname: "h",
        restartPolicy: "Never",
        runtimeHandler: "runc",
        containers: [
          {
            name: "c",
            image: "i",
            command: ["x"],
            env: [{ name: "A", value: "b" }],
            resources: { limits: { cpu: "1" } },
            stdin: true,
            stdinOnce: true,
            tty: true,
          },
        ],
      },
    })
  })

  test("gives the container the user of the pod, unless it has its own", () => {
    const spec = { securityContext: { runAsUser: 5, runAsGroup: 6, runAsNonRoot: true } }
    const { sandbox, errors } = asked(spec, { securityContext: { runAsGroup: 7 } })
    expect(errors).toEqual([])
    expect(sandbox.spec).toMatchObject({
      containers: [{ securityContext: { runAsUser: 5, runAsGroup: 7 } }],
    })
  })

  test.each<[string, MutableObject, MutableObject, string]>([
    ["volumes", { volumes: [{ name: "v" }] }, {}, "spec.volumes"],
    ["other containers first", { initContainers: [{ name: "i" }] }, {}, "spec.initContainers"],
    ["the host's network", { hostNetwork: true }, {}, "spec.hostNetwork"],
    ["a place", { affinity: { nodeAffinity: {} } }, {}, "spec.affinity"],
    ["a DNS of its own", { dnsPolicy: "None" }, {}, "spec.dnsPolicy"],
    ["a probe", {}, { livenessProbe: { tcpSocket: { port: 1 } } }, "spec.containers[0].livenessProbe"],
    [
      "a value from elsewhere",
      {},
      { env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "x" } } }] },
      "spec.containers[0].env[0].valueFrom",
    ],
    [
      "more rights",
      {},
      { securityContext: { privileged: true } },
      "spec.containers[0].securityContext.privileged",
    ],
    ["not to be root, and be root", { securityContext: { runAsNonRoot: true } }, {}, "spec.securityContext"],
    ["what nobody knows", { sideways: "yes" }, {}, "spec.sideways"],
  ])("is refused by name where the Pod asks for %s", (_name, spec, container, field) => {
    const { errors } = asked(spec, container)
    expect(errors.map((error) => [error.field, error.type])).toEqual([[field, "FieldValueForbidden"]])
  })

  test("keeps what changes nothing, and the Pod shows it again", () => {
    const spec = {
      tolerations: [{ key: "a", operator: "Exists" }],
      serviceAccountName: "default",
      dnsPolicy: "Default",
      securityContext: { fsGroup: 5 },
      volumes: [],
      hostNetwork: false,
    }
    const container = {
      terminationMessagePolicy: "FallbackToLogsOnError",
      securityContext: { allowPrivilegeEscalation: false },
    }
    const { sandbox, errors } = asked(spec, container)
    expect(errors).toEqual([])
    expect(sandbox.spec).toEqual({ containers: [{ name: "c", image: "i" }] })
    const pod = podOfSandbox(sandbox)
    expect(pod.metadata).toEqual({ name: "p", labels: { a: "b" } })
    expect(pod.spec).toMatchObject({
      tolerations: spec.tolerations,
      serviceAccountName: "default",
      dnsPolicy: "Default",
      securityContext: { fsGroup: 5 },
      containers: [{ name: "c", image: "i", ...container }],
    })
  })
})

const status = (container: MutableObject): MutableObject => ({ containerStatuses: [container] })
const terminated = (exitCode: number) => ({
  terminated: { exitCode, reason: exitCode === 0 ? "Completed" : "Error" },
})

describe("a Pod's phase", () => {
  test.each<[string, MutableObject, string]>([
    ["nothing is known", {}, "Pending"],
    ["the image is pulled", status({ state: { waiting: { reason: "ContainerCreating" } } }), "Pending"],
    ["the container runs", status({ state: { running: {} } }), "Running"],
    [
      "it waits for its next start",
      status({ state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: terminated(1) }),
      "Running",
    ],
    ["it ended well", status({ state: terminated(0) }), "Succeeded"],
    ["it ended badly", status({ state: terminated(3) }), "Failed"],
  ])("when %s", (_name, given, phase) => {
    expect(phaseOf(given)).toBe(phase)
  })
})

const sandboxWith = (given: MutableObject, metadata: MutableObject = {}): MutableObject =>
  podOfSandbox({
    metadata: { name: "p", ...metadata },
    spec: { nodeName: "n", containers: [{ name: "c", image: "i" }] },
    status: given,
  })

describe("a Pod's row says", () => {
  const lost = { conditions: [{ type: "Ready", status: "Unknown", reason: "NodeLost", message: "" }] }
  const ready = { ...status({ ready: true, state: { running: {} } }), sandboxIP: "10.1.2.3" }
  test.each<[string, MutableObject, ReadonlyArray<string>]>([
    ["that it runs", sandboxWith(ready), ["1/1", "Running", "0", "10.1.2.3", "n"]],
    ["that it is new", sandboxWith({}), ["0/1", "Pending", "0", "<none>", "n"]],
    [
      "why it waits, and when it ended",
      sandboxWith(
        status({
          restartCount: 3,
          state: { waiting: { reason: "CrashLoopBackOff" } },
          lastState: { terminated: { exitCode: 1, finishedAt: "2030-01-01T00:00:00Z" } },
        }),
      ),
      ["0/1", "CrashLoopBackOff", "3 (5m ago)", "<none>", "n"],
    ],
    ["how it ended", sandboxWith(status({ state: terminated(0) })), ["0/1", "Completed", "0", "<none>", "n"]],
    [
      "that it goes",
      sandboxWith(ready, { deletionTimestamp: "2030-01-01T00:00:00Z" }),
      ["1/1", "Terminating", "0", "10.1.2.3", "n"],
    ],
    ["that nobody knows", sandboxWith(lost), ["0/1", "NodeLost", "0", "<none>", "n"]],
  ])("%s", (_name, pod, cells) => {
    const row = podCells(pod, Date.UTC(2030, 0, 1, 0, 5))
    expect([row[0], row[1], row[2], row[4], row[5]]).toEqual(cells)
  })
})

test("a Pod is made of whatever is stored, without a fault", () => {
  const json = fc.jsonValue()
  const object = fc.record(
    { metadata: json, spec: fc.oneof(json, fc.record({ containers: json })), status: json },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(object, (stored) => {
      const pod = podOfSandbox(JSON.parse(JSON.stringify(stored)))
      expect(pod.kind).toBe("Pod")
      podCells(pod, 0)
      sandboxOfPod(JSON.parse(JSON.stringify(stored)), sandboxes)
    }),
    { numRuns: 500 },
  )
})
