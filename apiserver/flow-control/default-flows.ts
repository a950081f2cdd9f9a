/**
 * The FlowSchemas and PriorityLevelConfigurations that every cluster has. `exempt` and `catch-all` are needed: they hold
 * even while somebody has deleted them. Source: apis/flowcontrol/bootstrap/default.go.
 */
import type { MutableObject } from "../machinery.ts"

interface Level {
  readonly name: string
  readonly shares: number
  readonly lendable: number
  /** queues, handSize; none refuses. */
  readonly queues?: readonly [number, number]
}

const limited = ({ name, shares, lendable, queues }: Level): MutableObject => ({
  metadata: { name },
  spec: {
    type: "Limited",
    limited: {
      nominalConcurrencyShares: shares,
      lendablePercent: lendable,
      limitResponse:
        queues === undefined
          ? { type: "Reject" }
          : { type: "Queue", queuing: { queues: queues[0], handSize: queues[1], queueLengthLimit: 50 } },
    },
  },
})

const exemptLevel: MutableObject = {
  metadata: { name: "exempt" },
  spec: { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
}
const catchAllLevel = limited({ name: "catch-all", shares: 5, lendable: 0 })

export const defaultLevels: ReadonlyArray<MutableObject> = [
  exemptLevel,
  catchAllLevel,
  limited({ name: "system", shares: 30, lendable: 33, queues: [64, 6] }),
  limited({ name: "node-high", shares: 40, lendable: 25, queues: [64, 6] }),
  limited({ name: "leader-election", shares: 10, lendable: 0, queues: [16, 4] }),
  limited({ name: "workload-high", shares: 40, lendable: 50, queues: [128, 6] }),
  limited({ name: "workload-low", shares: 100, lendable: 90, queues: [128, 6] }),
  limited({ name: "global-default", shares: 20, lendable: 50, queues: [128, 6] }),
]

const group = (name: string): MutableObject => ({ kind: "Group", group: { name } })
const user = (name: string): MutableObject => ({ kind: "User", user: { name } })
const accounts = (namespace: string): MutableObject => ({
  kind: "ServiceAccount",
  serviceAccount: { namespace, name: "*" },
})

const allResources: MutableObject = {
  verbs: ["*"],
  apiGroups: ["*"],
  resources: ["*"],
  namespaces: ["*"],
  clusterScope: true,
}
const allPaths: MutableObject = { verbs: ["*"], nonResourceURLs: ["*"] }
const everybody = [group("system:unauthenticated"), group("system:authenticated")]

interface Schema {
  readonly name: string
  readonly level: string
  readonly precedence: number
  readonly by?: "ByUser" | "ByNamespace"
  readonly subjects: ReadonlyArray<MutableObject>
  readonly resources?: ReadonlyArray<MutableObject>
  readonly paths?: ReadonlyArray<MutableObject>
}

const schema = ({ name, level, precedence, by, subjects, resources, paths }: Schema): MutableObject => ({
  metadata: { name },
  spec: {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: precedence,
    ...(by === undefined ? {} : { distinguisherMethod: { type: by } }),
    rules: [
      {
        subjects: [...subjects],
        ...(resources === undefined ? {} : { resourceRules: [...resources] }),
        ...(paths === undefined ? {} : { nonResourceRules: [...paths] }),
      },
    ],
  },
})

const whole = { resources: [allResources], paths: [allPaths] }

const leases = (namespaces: string[]): MutableObject => ({
  verbs: ["get", "create", "update", "patch"],
  apiGroups: ["coordination.k8s.io"],
  resources: ["leases"],
  namespaces,
})

const nodeObjects: ReadonlyArray<MutableObject> = [
  { verbs: ["*"], apiGroups: [""], resources: ["nodes", "nodes/status"], clusterScope: true },
  {
    verbs: ["*"],
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    namespaces: ["*"],
  },
]

const exemptSchema = schema({
  name: "exempt",
  level: "exempt",
  precedence: 1,
  subjects: [group("system:masters")],
  ...whole,
})
const catchAllSchema = schema({
  name: "catch-all",
  level: "catch-all",
  precedence: 10_000,
  by: "ByUser",
  subjects: everybody,
  ...whole,
})

const probes: MutableObject = {
  verbs: ["get"],
  nonResourceURLs: ["/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*"],
}

export const defaultSchemas: ReadonlyArray<MutableObject> = [
  exemptSchema,
  catchAllSchema,
  schema({ name: "probes", level: "exempt", precedence: 2, subjects: everybody, paths: [probes] }),
  schema({
    name: "system-leader-election",
    level: "leader-election",
    precedence: 100,
    by: "ByUser",
    subjects: [user("system:miren:controllers"), accounts("kube-system")],
    resources: [leases(["kube-system"])],
  }),
  schema({
    name: "workload-leader-election",
    level: "leader-election",
    precedence: 200,
    by: "ByUser",
    subjects: [group("system:serviceaccounts")],
    resources: [leases(["*"])],
  }),
  schema({
    name: "system-node-high",
    level: "node-high",
    precedence: 400,
    by: "ByUser",
    subjects: [group("system:nodes")],
    resources: nodeObjects,
  }),
  schema({
    name: "system-nodes",
    level: "system",
    precedence: 500,
    by: "ByUser",
    subjects: [group("system:nodes")],
    ...whole,
  }),
  schema({
    name: "miren-controllers",
    level: "workload-high",
    precedence: 800,
    by: "ByNamespace",
    subjects: [user("system:miren:controllers")],
    ...whole,
  }),
  schema({
    name: "kube-system-service-accounts",
    level: "workload-high",
    precedence: 900,
    by: "ByNamespace",
    subjects: [accounts("kube-system")],
    ...whole,
  }),
  schema({
    name: "service-accounts",
    level: "workload-low",
    precedence: 9_000,
    by: "ByUser",
    subjects: [group("system:serviceaccounts")],
    ...whole,
  }),
  schema({
    name: "global-default",
    level: "global-default",
    precedence: 9_900,
    by: "ByUser",
    subjects: everybody,
    ...whole,
  }),
]

/** What holds without being stored. */
export const mandatory = {
  levels: [exemptLevel, catchAllLevel],
  schemas: [exemptSchema, catchAllSchema],
} as const
