/**
 * The roles and bindings that every cluster has. Labels and names are those that clients and operators know; the rules
 * speak of the kinds served here. Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy.
 */
import type { PolicyRule } from "./policy-rule.ts"

export interface DefaultRole {
  readonly name: string
  readonly labels?: { readonly [key: string]: string }
  readonly rules: ReadonlyArray<PolicyRule>
  /** Labels that select the roles it is made of, in place of rules. */
  readonly aggregates?: { readonly [key: string]: string }
}

export interface DefaultBinding {
  readonly name: string
  readonly role: string
  readonly subjects: ReadonlyArray<{ readonly kind: "User" | "Group"; readonly name: string }>
}

const words = (text: string): ReadonlyArray<string> => text.split(" ")

const read = "get list watch"
const write = "create delete deletecollection patch update"

/** `on("get list", "", "pods pods/log")` */
const on = (verbs: string, group: string, resources: string): PolicyRule => ({
  verbs: words(verbs),
  apiGroups: [group],
  resources: words(resources),
  resourceNames: [],
  nonResourceURLs: [],
})

const at = (verbs: string, paths: string): PolicyRule => ({
  verbs: words(verbs),
  apiGroups: [],
  resources: [],
  resourceNames: [],
  nonResourceURLs: words(paths),
})

const aggregateTo = (name: string): { readonly [key: string]: string } => ({
  [`rbac.authorization.k8s.io/aggregate-to-${name}`]: "true",
})

const miren: ReadonlyArray<string> = [
  "compute.miren.dev",
  "apps.miren.dev",
  "network.miren.dev",
  "storage.miren.dev",
]

const onMiren = (verbs: string): ReadonlyArray<PolicyRule> => miren.map((group) => on(verbs, group, "*"))

const rbac = "rbac.authorization.k8s.io"
const reviews = "authorization.k8s.io"

/** Roles for people, added up by label: custom kinds join by carrying the label on a role of their own. */
const userRoles: ReadonlyArray<DefaultRole> = [
  { name: "cluster-admin", rules: [on("*", "*", "*"), at("*", "*")] },
  { name: "admin", rules: [], aggregates: aggregateTo("admin") },
  { name: "edit", labels: aggregateTo("admin"), rules: [], aggregates: aggregateTo("edit") },
  { name: "view", labels: aggregateTo("edit"), rules: [], aggregates: aggregateTo("view") },
  {
    name: "system:aggregate-to-admin",
    labels: aggregateTo("admin"),
    rules: [
      on("create", reviews, "localsubjectaccessreviews"),
      on(`${read} ${write}`, rbac, "roles rolebindings"),
    ],
  },
  {
    name: "system:aggregate-to-edit",
    labels: aggregateTo("edit"),
    rules: [
      on(read, "", "pods/attach pods/exec pods/portforward secrets"),
      on("impersonate", "", "serviceaccounts"),
      on(write, "", "pods pods/attach pods/exec pods/portforward"),
      on(write, "", "configmaps events secrets serviceaccounts services"),
      on("create", "", "serviceaccounts/token"),
      on("create get", "compute.miren.dev", "sandboxes/attach sandboxes/exec sandboxes/portforward"),
      ...onMiren(write),
      on(write, "events.k8s.io", "events"),
      on(`${read} ${write}`, "coordination.k8s.io", "leases"),
    ],
  },
  {
    name: "system:aggregate-to-view",
    labels: aggregateTo("view"),
    rules: [
      on(read, "", "configmaps events pods pods/log pods/status serviceaccounts services services/status"),
      on(read, "", "namespaces namespaces/status"),
      on(read, "discovery.k8s.io", "endpointslices"),
      on(read, "events.k8s.io", "events"),
      on(read, "compute.miren.dev", "sandboxes sandboxes/log sandboxes/status"),
      on(read, "compute.miren.dev", "sandboxpools sandboxpools/status sandboxclaims sandboxclaims/status"),
      ...miren.slice(1).map((group) => on(read, group, "*")),
    ],
  },
]

const infoPaths = "/healthz /livez /readyz /version /version/"

/** What anybody who is known may: look around, and ask about themselves. */
const basicRoles: ReadonlyArray<DefaultRole> = [
  {
    name: "system:basic-user",
    rules: [
      on("create", reviews, "selfsubjectaccessreviews selfsubjectrulesreviews"),
      on("create", "authentication.k8s.io", "selfsubjectreviews"),
      // Gives no right: each object of one is authorized by itself.
      on("create", "meta.miren.dev", "transactions"),
    ],
  },
  {
    name: "system:discovery",
    rules: [at("get", `/api /api/* /apis /apis/* /openapi /openapi/* ${infoPaths}`)],
  },
  { name: "system:public-info-viewer", rules: [at("get", infoPaths)] },
  {
    name: "system:service-account-issuer-discovery",
    rules: [at("get", "/.well-known/openid-configuration /openid/v1/jwks")],
  },
  {
    name: "system:monitoring",
    rules: [at("get", "/healthz /healthz/* /livez /livez/* /metrics /readyz /readyz/*")],
  },
  {
    name: "system:auth-delegator",
    rules: [
      on("create", "authentication.k8s.io", "tokenreviews"),
      on("create", reviews, "subjectaccessreviews"),
    ],
  },
]

const csr = "certificates.k8s.io"

const approver = (name: string): DefaultRole => ({
  name: `system:certificates.k8s.io:${name}-approver`,
  rules: [
    { ...on("approve", csr, "signers"), resourceNames: [`kubernetes.io/${name}`] },
    on("update", csr, "certificatesigningrequests/approval"),
  ],
})

/** The system's own parts. */
const systemRoles: ReadonlyArray<DefaultRole> = [
  /** Bound to nobody: what nodes may is decided in `node-access/`. Kept for who binds it by name. */
  {
    name: "system:node",
    rules: [
      on(`${read} create delete patch update`, "", "nodes"),
      on("patch update", "", "nodes/status"),
      on("create patch update", "", "events"),
      on("create patch update", "events.k8s.io", "events"),
      on(`${read} create patch update delete`, "coordination.k8s.io", "leases"),
      on(`${read} patch update`, "compute.miren.dev", "sandboxes"),
      on("get patch update", "compute.miren.dev", "sandboxes/status"),
      on(read, "", "pods services"),
      on(`${read} create`, csr, "certificatesigningrequests"),
      on("create", "authentication.k8s.io", "tokenreviews"),
      on("create", reviews, "localsubjectaccessreviews subjectaccessreviews"),
    ],
  },
  { name: "system:node-bootstrapper", rules: [on(`${read} create`, csr, "certificatesigningrequests")] },
  {
    name: "system:miren:controllers",
    rules: [on(`${read} ${write}`, "*", "*"), at("get", "/api /api/* /apis /apis/* /metrics")],
  },
  approver("kube-apiserver-client"),
  approver("kube-apiserver-client-kubelet"),
  approver("kubelet-serving"),
]

export const defaultRoles: ReadonlyArray<DefaultRole> = [...userRoles, ...basicRoles, ...systemRoles]

const toGroups = (role: string, ...groups: ReadonlyArray<string>): DefaultBinding => ({
  name: role,
  role,
  subjects: groups.map((name) => ({ kind: "Group", name })),
})

export const defaultBindings: ReadonlyArray<DefaultBinding> = [
  toGroups("cluster-admin", "system:masters"),
  toGroups("system:basic-user", "system:authenticated"),
  toGroups("system:discovery", "system:authenticated"),
  toGroups("system:public-info-viewer", "system:authenticated", "system:unauthenticated"),
  toGroups("system:service-account-issuer-discovery", "system:serviceaccounts"),
  toGroups("system:monitoring", "system:monitoring"),
  {
    name: "system:miren:controllers",
    role: "system:miren:controllers",
    subjects: [{ kind: "User", name: "system:miren:controllers" }],
  },
]
