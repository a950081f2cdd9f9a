/** Valid objects of every kind that is stored, as clients of Kubernetes send them: what the generators alter. */
import type { Json, JsonObject } from "../../schemas/index.ts"

export interface Collection {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly namespaced: boolean
  readonly subresources: ReadonlyArray<string>
  /** A valid object. */
  readonly object: (name: string) => JsonObject
}

type Shape = Omit<Collection, "object" | "subresources"> & {
  readonly subresources?: ReadonlyArray<string>
  readonly rest: JsonObject | ((name: string) => JsonObject)
}

const collection = ({ rest, subresources = [], ...shape }: Shape): Collection => ({
  ...shape,
  subresources,
  object: (name) => ({
    apiVersion: shape.group === "" ? shape.version : `${shape.group}/${shape.version}`,
    kind: shape.kind,
    metadata: {
      name,
      ...(shape.namespaced ? { namespace: "default" } : {}),
      labels: { app: "fuzz", tier: name },
      annotations: { note: "n" },
    },
    ...(typeof rest === "function" ? rest(name) : rest),
  }),
})

const core = { group: "", version: "v1", namespaced: true }
const rbac = { group: "rbac.authorization.k8s.io", version: "v1" }
const admission = { group: "admissionregistration.k8s.io", version: "v1", namespaced: false }
const flow = { group: "flowcontrol.apiserver.k8s.io", version: "v1", namespaced: false }

const container: JsonObject = {
  name: "web",
  image: "busybox:1",
  command: ["sh", "-c"],
  args: ["serve"],
  env: [{ name: "A", value: "b" }],
  ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
  resources: { limits: { cpu: "500m", memory: "64Mi" }, requests: { cpu: "100m" } },
}
const sandboxSpec: JsonObject = {
  containers: [container],
  restartPolicy: "Always",
  terminationGracePeriodSeconds: 5,
}
const subjects = [
  { kind: "User", name: "alice", apiGroup: "rbac.authorization.k8s.io" },
  { kind: "ServiceAccount", name: "base", namespace: "default" },
]
const rules = [
  { apiGroups: ["", "example.com"], resources: ["configmaps", "widgets/status"], verbs: ["get", "list"] },
  { apiGroups: [""], resources: ["secrets"], resourceNames: ["base"], verbs: ["*"] },
]
/** A policy that speaks of nobody's objects but those of the slice of policies: others must not be refused by it. */
const resourceRules = [
  { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["serviceaccounts"] },
]

export const widgetsName = "widgets.example.com"

/** What the widgets of the base world are. */
export const widgetSchema: JsonObject = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        color: { type: "string", default: "red", maxLength: 20, pattern: "^[a-z]*$" },
        replicas: { type: "integer", minimum: 0, maximum: 100 },
        size: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] },
        parts: {
          type: "array",
          maxItems: 20,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: {
            type: "object",
            required: ["name"],
            properties: { name: { type: "string", maxLength: 40 }, weight: { type: "number" } },
          },
        },
        tags: { type: "array", maxItems: 20, "x-kubernetes-list-type": "set", items: { type: "string" } },
        open: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        when: { type: "string", format: "date-time", nullable: true },
      },
      "x-kubernetes-validations": [
        {
          rule: "!has(self.replicas) || self.replicas < 50 || self.color == 'blue'",
          message: "many are blue",
        },
      ],
    },
    status: {
      type: "object",
      properties: { replicas: { type: "integer" }, selector: { type: "string" } },
    },
  },
}

export const customKind = (group: string, plural: string, schema: Json): JsonObject => {
  const kind = `${plural[0]?.toUpperCase()}${plural.slice(1, -1)}`
  return {
    group,
    scope: "Namespaced",
    names: { plural, kind, singular: plural.slice(0, -1), listKind: `${kind}List` },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: {
            specReplicasPath: ".spec.replicas",
            statusReplicasPath: ".status.replicas",
            labelSelectorPath: ".status.selector",
          },
        },
        additionalPrinterColumns: [{ name: "Color", type: "string", jsonPath: ".spec.color" }],
        selectableFields: [{ jsonPath: ".spec.color" }],
        schema: { openAPIV3Schema: schema },
      },
    ],
  }
}

const spec = { color: "blue", replicas: 2, size: "1", parts: [{ name: "a", weight: 1.5 }], tags: ["x", "y"] }

export const widgets = collection({
  ...{ group: "example.com", version: "v1", plural: "widgets", kind: "Widget", namespaced: true },
  subresources: ["status", "scale"],
  rest: { spec: { ...spec, open: { any: [1, { x: null }] } }, status: { replicas: 1 } },
})
export const configMaps = collection({
  ...{ ...core, plural: "configmaps", kind: "ConfigMap" },
  rest: { data: { k: "v", "a.b": "1" }, binaryData: { bin: "eA==" } },
})
export const secrets = collection({
  ...{ ...core, plural: "secrets", kind: "Secret" },
  rest: { type: "Opaque", data: { k: "dg==" }, stringData: { s: "t" } },
})
export const serviceAccounts = collection({
  ...{ ...core, plural: "serviceaccounts", kind: "ServiceAccount" },
  rest: { secrets: [{ name: "base" }], automountServiceAccountToken: true },
})
export const services = collection({
  ...{ ...core, plural: "services", kind: "Service", subresources: ["status"] },
  rest: {
    spec: {
      selector: { app: "a" },
      ports: [
        { name: "http", port: 80, targetPort: 8080, protocol: "TCP" },
        { name: "dns", port: 53, protocol: "UDP" },
      ],
      type: "ClusterIP",
    },
  },
})
export const namespaces = collection({
  ...{ ...core, plural: "namespaces", kind: "Namespace", namespaced: false },
  subresources: ["status", "finalize"],
  rest: { spec: { finalizers: ["kubernetes"] } },
})
export const nodes = collection({
  ...{ ...core, plural: "nodes", kind: "Node", namespaced: false, subresources: ["status"] },
  rest: {
    spec: { taints: [{ key: "a", value: "b", effect: "NoSchedule" }], unschedulable: false },
    status: { capacity: { cpu: "4", memory: "8Gi" }, conditions: [{ type: "Ready", status: "True" }] },
  },
})
export const events = collection({
  ...{ ...core, plural: "events", kind: "Event" },
  rest: {
    involvedObject: { kind: "Widget", namespace: "default", name: "base", apiVersion: "example.com/v1" },
    reason: "Seen",
    message: "it was seen",
    type: "Normal",
    count: 1,
    firstTimestamp: "2030-01-01T00:00:00Z",
    source: { component: "fuzz" },
  },
})
export const pods = collection({
  ...{ ...core, plural: "pods", kind: "Pod", subresources: ["status", "eviction", "log"] },
  rest: { spec: { ...sandboxSpec, tolerations: [{ operator: "Exists" }] } },
})
export const sandboxes = collection({
  ...{
    group: "compute.miren.dev",
    version: "v1alpha1",
    plural: "sandboxes",
    kind: "Sandbox",
    namespaced: true,
  },
  subresources: ["status"],
  rest: { spec: sandboxSpec },
})
export const leases = collection({
  ...{ group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease", namespaced: true },
  rest: {
    spec: {
      holderIdentity: "a",
      leaseDurationSeconds: 15,
      renewTime: "2030-01-01T00:00:00.000000Z",
      leaseTransitions: 1,
    },
  },
})
export const endpointSlices = collection({
  ...{ group: "discovery.k8s.io", version: "v1", plural: "endpointslices", kind: "EndpointSlice" },
  namespaced: true,
  rest: {
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.1.2.3"], conditions: { ready: true } }],
    ports: [{ name: "http", port: 80, protocol: "TCP" }],
  },
})
export const modernEvents = collection({
  ...{ group: "events.k8s.io", version: "v1", plural: "events", kind: "Event", namespaced: true },
  rest: {
    eventTime: "2030-01-01T00:00:00.000000Z",
    action: "Look",
    reason: "Seen",
    regarding: { kind: "Widget", namespace: "default", name: "base" },
    reportingController: "example.com/fuzz",
    reportingInstance: "fuzz-1",
    type: "Normal",
    note: "it was seen",
  },
})
export const roles = collection({
  ...{ ...rbac, plural: "roles", kind: "Role", namespaced: true },
  rest: { rules },
})
export const clusterRoles = collection({
  ...{ ...rbac, plural: "clusterroles", kind: "ClusterRole", namespaced: false },
  rest: {
    rules: [...rules, { nonResourceURLs: ["/metrics", "/a/*"], verbs: ["get"] }],
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { sum: "x" } }] },
  },
})
export const roleBindings = collection({
  ...{ ...rbac, plural: "rolebindings", kind: "RoleBinding", namespaced: true },
  rest: { subjects, roleRef: { apiGroup: rbac.group, kind: "Role", name: "base" } },
})
export const clusterRoleBindings = collection({
  ...{ ...rbac, plural: "clusterrolebindings", kind: "ClusterRoleBinding", namespaced: false },
  rest: { subjects, roleRef: { apiGroup: rbac.group, kind: "ClusterRole", name: "base" } },
})
export const flowSchemas = collection({
  ...{ ...flow, plural: "flowschemas", kind: "FlowSchema", subresources: ["status"] },
  rest: {
    spec: {
      priorityLevelConfiguration: { name: "base" },
      matchingPrecedence: 900,
      distinguisherMethod: { type: "ByUser" },
      rules: [
        {
          subjects: [{ kind: "User", user: { name: "nobody" } }],
          resourceRules: [
            { verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true },
          ],
        },
      ],
    },
  },
})
export const priorityLevels = collection({
  ...{ ...flow, plural: "prioritylevelconfigurations", kind: "PriorityLevelConfiguration" },
  subresources: ["status"],
  rest: {
    spec: {
      type: "Limited",
      limited: {
        nominalConcurrencyShares: 5,
        limitResponse: { type: "Queue", queuing: { queues: 16, handSize: 4, queueLengthLimit: 10 } },
      },
    },
  },
})
export const policies = collection({
  ...{ ...admission, plural: "validatingadmissionpolicies", kind: "ValidatingAdmissionPolicy" },
  subresources: ["status"],
  rest: {
    spec: {
      failurePolicy: "Fail",
      matchConstraints: { resourceRules },
      matchConditions: [{ name: "named", expression: "object.metadata.name != 'x'" }],
      variables: [{ name: "labels", expression: "object.metadata.?labels.orValue({})" }],
      validations: [
        {
          expression: "!('forbidden' in variables.labels)",
          messageExpression: "'no: ' + object.metadata.name",
          reason: "Invalid",
        },
      ],
      auditAnnotations: [{ key: "seen", valueExpression: "string(object.metadata.name)" }],
    },
  },
})
export const policyBindings = collection({
  ...{ ...admission, plural: "validatingadmissionpolicybindings", kind: "ValidatingAdmissionPolicyBinding" },
  rest: (name) => ({ spec: { policyName: name, validationActions: ["Deny", "Audit"] } }),
})
const webhooks = [
  {
    name: "hook.example.com",
    clientConfig: { url: "https://127.0.0.1:1/hook" },
    rules: resourceRules,
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    failurePolicy: "Ignore",
    timeoutSeconds: 1,
    objectSelector: { matchLabels: { hooked: "yes" } },
    matchConditions: [{ name: "named", expression: "object.metadata.name != 'x'" }],
  },
]
export const validatingWebhooks = collection({
  ...{ ...admission, plural: "validatingwebhookconfigurations", kind: "ValidatingWebhookConfiguration" },
  rest: { webhooks },
})
export const mutatingWebhooks = collection({
  ...{ ...admission, plural: "mutatingwebhookconfigurations", kind: "MutatingWebhookConfiguration" },
  rest: { webhooks: webhooks.map((hook) => ({ ...hook, reinvocationPolicy: "IfNeeded" })) },
})
export const crds = collection({
  ...{ group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions", namespaced: false },
  kind: "CustomResourceDefinition",
  subresources: ["status"],
  rest: (name) => ({
    spec: customKind(name.slice(name.indexOf(".") + 1), name.split(".")[0] ?? "", widgetSchema),
  }),
})

/** Kinds whose objects do not change how the server treats other requests. */
export const plain: ReadonlyArray<Collection> = [
  ...[widgets, configMaps, secrets, serviceAccounts, services, events, pods, sandboxes, leases],
  ...[endpointSlices, modernEvents, nodes],
]
/** Every stored kind but custom ones' definitions. */
export const all: ReadonlyArray<Collection> = [
  ...[...plain, namespaces, roles, clusterRoles, roleBindings, clusterRoleBindings, flowSchemas],
  ...[priorityLevels, policies, policyBindings, validatingWebhooks, mutatingWebhooks],
]

export const pathOf = ({ group, version, plural, namespaced }: Collection, namespace = "default"): string =>
  [
    group === "" ? `/api/${version}` : `/apis/${group}/${version}`,
    ...(namespaced ? ["namespaces", namespace] : []),
    plural,
  ].join("/")
