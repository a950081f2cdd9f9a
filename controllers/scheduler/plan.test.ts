import { describe, expect, test } from "vitest"
import type { Node, Sandbox, SandboxContainer } from "../../schemas/index.ts"
import { Ledger } from "./ledger.ts"
import { plan } from "./plan.ts"

interface Given {
  readonly sandbox: Sandbox
  readonly candidates: ReadonlyArray<{ readonly node: Node; readonly bound: ReadonlyArray<Sandbox> }>
}

const sandbox = (
  container: Partial<SandboxContainer> = {},
  more: Partial<Sandbox["spec"]> & { readonly status?: Sandbox["status"] } = {},
): Sandbox => {
  const { status, ...spec } = more
  return {
    apiVersion: "compute.miren.dev/v1alpha1",
    kind: "Sandbox",
    metadata: { name: "web", namespace: "default" },
    spec: { containers: [{ name: "main", image: "busybox", ...container }], ...spec },
    ...(status === undefined ? {} : { status }),
  }
}

const node = (
  name: string,
  more: { spec?: Node["spec"]; status?: Node["status"]; labels?: { [label: string]: string } } = {},
): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: more.labels ?? {} },
  ...(more.spec === undefined ? {} : { spec: more.spec }),
  status: {
    allocatable: { cpu: "2", memory: "1Gi", pods: 3 },
    conditions: [{ type: "Ready", status: "True" }],
    ...more.status,
  },
})

const asking = (requests: { readonly [resource: string]: string | number }): Partial<SandboxContainer> => ({
  resources: { requests },
})
const onPort = (
  hostPort: number,
  more: { hostIP?: string; protocol?: "UDP" } = {},
): Partial<SandboxContainer> => ({
  ports: [{ containerPort: 80, hostPort, ...more }],
})
const finished: Sandbox["status"] = {
  containerStatuses: [{ name: "main", state: { terminated: { exitCode: 0 } } }],
}

const usageOf = (bound: ReadonlyArray<Sandbox>) => {
  const ledger = new Ledger()
  for (const [index, { metadata, spec, ...rest }] of bound.entries()) {
    ledger.book({ ...rest, metadata: { ...metadata, uid: String(index) }, spec: { ...spec, nodeName: "it" } })
  }
  return ledger.of("it")
}

const planned = ({ sandbox, candidates }: Given): string => {
  const action = plan({
    sandbox,
    candidates: candidates.map(({ node, bound }) => ({ node, usage: usageOf(bound) })),
  })
  if (action === undefined) return "nothing"
  return action._tag === "Bind" ? `to ${action.nodeName}` : `${action.reason}: ${action.message}`
}

const alone = (...nodes: ReadonlyArray<Node>) => nodes.map((each) => ({ node: each, bound: [] }))

describe("a sandbox", () => {
  test.each<[string, Given, string]>([
    [
      "goes to the first node by name",
      { sandbox: sandbox(), candidates: alone(node("b"), node("a")) },
      "to a",
    ],
    [
      "that is bound stays",
      { sandbox: sandbox({}, { nodeName: "z" }), candidates: alone(node("a")) },
      "nothing",
    ],
    [
      "that goes away is not bound any more",
      {
        sandbox: { ...sandbox(), metadata: { name: "web", deletionTimestamp: "2026-01-01T00:00:00Z" } },
        candidates: alone(node("a")),
      },
      "nothing",
    ],
    [
      "without any node is told so",
      { sandbox: sandbox(), candidates: [] },
      "Unschedulable: there is no node",
    ],
    [
      "skips nodes that are not ready, cordoned, tainted or unknown",
      {
        sandbox: sandbox(),
        candidates: alone(
          node("a", { status: { conditions: [{ type: "Ready", status: "Unknown" }] } }),
          node("b", { spec: { unschedulable: true } }),
          node("c", { spec: { taints: [{ key: "x", effect: "NoSchedule" }] } }),
          node("d", { status: { conditions: [] } }),
          node("e", { spec: { taints: [{ key: "x", effect: "PreferNoSchedule" }] } }),
        ),
      },
      "to e",
    ],
    [
      "takes only nodes with all labels of its selector",
      {
        sandbox: sandbox({}, { nodeSelector: { disk: "ssd", zone: "1" } }),
        candidates: alone(
          node("a", { labels: { disk: "ssd" } }),
          node("b", { labels: { disk: "ssd", zone: "1" } }),
        ),
      },
      "to b",
    ],
    [
      "is told every misfit with its count, the most frequent first",
      {
        sandbox: sandbox(asking({ memory: "2Gi" }), { nodeSelector: { disk: "ssd" } }),
        candidates: alone(
          node("a", { labels: { disk: "ssd" } }),
          node("b"),
          node("c", { labels: { disk: "ssd" } }),
        ),
      },
      "Unschedulable: 0 of 3 nodes fit: 2 insufficient memory, 1 does not match nodeSelector",
    ],
    [
      "takes only a node that has its runtime handler",
      {
        sandbox: sandbox({}, { runtimeHandler: "runc" }),
        candidates: alone(
          node("a", {
            status: {
              conditions: [{ type: "Ready", status: "True" }],
              runtimeHandlers: [{ name: "gvisor" }],
            },
          }),
        ),
      },
      "Unschedulable: 0 of 1 node fits: 1 without runtime handler runc",
    ],
    [
      "takes any node where it chooses no runtime handler",
      {
        sandbox: sandbox(),
        candidates: alone(
          node("a", {
            status: {
              conditions: [{ type: "Ready", status: "True" }],
              runtimeHandlers: [{ name: "runc" }],
            },
          }),
        ),
      },
      "to a",
    ],
    [
      "with a quantity that is none is told where",
      { sandbox: sandbox(asking({ cpu: "lots" })), candidates: alone(node("a")) },
      'InvalidSpec: spec.containers[0].resources.requests.cpu: "lots" is no quantity, such as 500m, 2 or 256Mi',
    ],
  ])("%s", (_name, observed, want) => {
    expect(planned(observed)).toBe(want)
  })
})

describe("resources", () => {
  const half = sandbox(asking({ cpu: "1500m" }))
  test.each<[string, Given, string]>([
    [
      "fit to the last bit",
      { sandbox: sandbox(asking({ cpu: "500m" })), candidates: [{ node: node("a"), bound: [half] }] },
      "to a",
    ],
    [
      "that are set aside already are not given twice",
      { sandbox: sandbox(asking({ cpu: "501m" })), candidates: [{ node: node("a"), bound: [half] }] },
      "Unschedulable: 0 of 1 node fits: 1 insufficient cpu",
    ],
    [
      "of a finished sandbox are free again",
      {
        sandbox: sandbox(asking({ cpu: 2 })),
        candidates: [{ node: node("a"), bound: [sandbox(asking({ cpu: "1500m" }), { status: finished })] }],
      },
      "to a",
    ],
    [
      "are the limits where no requests are made",
      { sandbox: sandbox({ resources: { limits: { memory: "2Gi" } } }), candidates: alone(node("a")) },
      "Unschedulable: 0 of 1 node fits: 1 insufficient memory",
    ],
    [
      "are the requests where both are",
      {
        sandbox: sandbox({ resources: { limits: { memory: "2Gi" }, requests: { memory: "1Mi" } } }),
        candidates: alone(node("a")),
      },
      "to a",
    ],
    [
      "that a node does not have are insufficient",
      { sandbox: sandbox(asking({ gpu: 1 })), candidates: alone(node("a")) },
      "Unschedulable: 0 of 1 node fits: 1 insufficient gpu",
    ],
    [
      "a limit on processes takes nothing from the node",
      { sandbox: sandbox({ resources: { limits: { pids: 200 } } }), candidates: alone(node("a")) },
      "to a",
    ],
    [
      "end with the number of sandboxes",
      { sandbox: sandbox(), candidates: [{ node: node("a"), bound: [sandbox(), sandbox(), sandbox()] }] },
      "Unschedulable: 0 of 1 node fits: 1 insufficient pods",
    ],
  ])("%s", (_name, observed, want) => {
    expect(planned(observed)).toBe(want)
  })
})

describe("a host port", () => {
  const rows: ReadonlyArray<[string, Partial<SandboxContainer>, Sandbox, boolean]> = [
    ["is given once", onPort(80), sandbox(onPort(80)), false],
    ["is another one under another protocol", onPort(80, { protocol: "UDP" }), sandbox(onPort(80)), true],
    [
      "is another one at another address",
      onPort(80, { hostIP: "10.0.0.1" }),
      sandbox(onPort(80, { hostIP: "10.0.0.2" })),
      true,
    ],
    [
      "of all addresses is each of them",
      onPort(80, { hostIP: "10.0.0.1" }),
      sandbox(onPort(80, { hostIP: "0.0.0.0" })),
      false,
    ],
    [
      "is held by a finished sandbox until it is removed",
      onPort(80),
      sandbox(onPort(80), { status: finished }),
      false,
    ],
  ]
  test.each(rows)("%s", (_name, wanted, holder, fits) => {
    const candidates = [{ node: node("a"), bound: [holder] }]
    const want = fits ? "to a" : expect.stringMatching(/1 host port 80\/TCP in use$/)
    expect(planned({ sandbox: sandbox(wanted), candidates })).toEqual(want)
  })
})
